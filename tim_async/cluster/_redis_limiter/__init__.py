"""One cap for all processes of an app, stored in Redis."""
