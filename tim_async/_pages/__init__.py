"""What the pages of the emulator and of the command line share; it knows no client."""
