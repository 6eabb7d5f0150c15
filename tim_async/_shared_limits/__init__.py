"""One cap for many processes: everything except the store, which is Redis or a file."""
