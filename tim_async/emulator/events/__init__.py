"""The webhook events that the emulator sends, made from what happened in its state."""
