"""The acts of `tim-async demo`: the promise of the library in three acts, inside an emulator.

`acts` performs them, `stage` shows them: drawn on a terminal, as lines elsewhere. `messages` has the conversation.
"""
