"""The tables of endpoints, one module per family."""
