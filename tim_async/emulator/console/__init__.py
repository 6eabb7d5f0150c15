"""The web page for watching an emulator; it uses the control API."""
