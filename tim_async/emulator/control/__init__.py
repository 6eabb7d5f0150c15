"""The control API of the emulator, `/_emulator/v1/...`: inspect and steer it from any language."""
