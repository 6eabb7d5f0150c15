"""The families for code without a loop.

Made by `python -m tests.calls`; a test keeps it current.
"""
