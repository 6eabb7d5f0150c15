"""The structs of the webhook events, one module for each part of the service."""
