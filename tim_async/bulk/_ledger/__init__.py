"""The ledger of campaigns: schema, database, reads and writes."""
