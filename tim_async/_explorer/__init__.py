"""The explorer: any endpoint as a form that is checked and sent, the error codes, and the service's limits.

It depends on neither client nor emulator: a function for sending requests is passed to it.
"""
