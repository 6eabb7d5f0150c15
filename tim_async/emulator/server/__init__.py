"""The emulator's HTTP side: authentication, limits, faults, the connection itself."""
