"""The control API of the emulator, `/_emulator/v1/...`: see what happened and steer what happens, from any language."""
