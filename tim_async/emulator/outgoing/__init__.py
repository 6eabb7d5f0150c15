"""Webhooks to the app: before-events, which ask it, and after-events, which notify it."""
