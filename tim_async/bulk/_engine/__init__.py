"""The run of a campaign: what claims chunks, sends, and enters the outcomes."""
