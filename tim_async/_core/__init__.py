"""The way of a call: client, attempts, limits, retries, the pool."""
