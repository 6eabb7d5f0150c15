"""One cap for the processes of one machine, stored in a file."""
