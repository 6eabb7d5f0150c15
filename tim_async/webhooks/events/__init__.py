"""The structs of the webhook events, a module for each part of the service."""
