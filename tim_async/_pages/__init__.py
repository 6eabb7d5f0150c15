"""Shared by the pages of the emulator and of the command line; it does not know the client."""
