"""The plan of a campaign: sources of recipients, lints, pacing."""
