"""The families as clients have them, with the text that editors show.

Made by `python -m tests.calls`; a test keeps it current.
"""
