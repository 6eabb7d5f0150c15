"""What the emulator does for each command, a module for each family."""
