"""How an endpoint is described and written: wire form, checks, older names of fields."""
