"""What `tim-async demo` shows: the promise of the library in three acts, inside an emulator.

`acts` does what is shown, `stage` says how it is shown: drawn on a terminal, as lines elsewhere. `messages` has the
conversation.
"""
