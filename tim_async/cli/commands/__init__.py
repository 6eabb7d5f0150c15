"""The commands, one module or folder for each; the module's `command` is what the root loads."""
