"""The state of the emulator: accounts, messages, groups; without HTTP."""
