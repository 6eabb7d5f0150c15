"""The ledger of campaigns: schema, database, and what is read from it and written to it."""
