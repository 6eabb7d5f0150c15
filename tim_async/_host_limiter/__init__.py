"""One cap for the processes of one machine, kept in a file."""
