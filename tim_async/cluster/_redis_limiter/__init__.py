"""One cap for all processes of an app, kept in Redis."""
