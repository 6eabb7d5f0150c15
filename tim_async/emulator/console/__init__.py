"""The page that people look at an emulator with; it talks to the control API."""
