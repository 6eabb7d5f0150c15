"""How a call is made: client, attempts, limits, retries, the pool."""
