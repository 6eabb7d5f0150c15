"""The command line, one file a command. Imported by `__main__` only: it needs the extra `cli` (typer, rich).

Secrets come from the environment or from a hidden prompt. No option or argument takes one, for those show in the list
of processes; and nothing here prints one but `user-sig`, which was asked for it.
"""
