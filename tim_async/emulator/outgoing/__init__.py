"""What leaves the emulator: webhooks that ask the app, and webhooks that report to it."""
