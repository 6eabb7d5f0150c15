"""The tables of endpoints, one module a family."""
