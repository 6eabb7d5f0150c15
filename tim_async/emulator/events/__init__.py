"""The webhook events that the emulator sends, made from changes of its state."""
