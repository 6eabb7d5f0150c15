"""The run of a campaign: claims chunks, sends messages and records the outcomes."""
