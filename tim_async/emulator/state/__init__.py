"""What the emulator keeps: accounts, messages, groups; it knows no HTTP."""
