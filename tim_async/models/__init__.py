"""Request, result and message structs: data only."""
