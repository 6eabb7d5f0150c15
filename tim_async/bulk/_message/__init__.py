"""The messages of a campaign: identities, templates, rendering."""
