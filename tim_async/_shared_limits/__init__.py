"""One cap for many processes: everything but what keeps it, which is Redis or a file."""
