"""How an endpoint is described and encoded: wire form, checks, older field names."""
