"""The explorer: any endpoint as a form that is checked and sent, the error codes, and the service's limits.

It knows no client and no emulator: what sends a request is handed to it.
"""
