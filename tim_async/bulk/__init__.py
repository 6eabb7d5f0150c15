"""Campaigns: one message to any number of recipients, from a ledger that survives whatever happens. Extra `bulk`."""
