"""The command line. Only `__main__` imports it: it needs the extra `cli` (typer, rich).

`app` is the root; `commands/` has one module for each command, loaded when the command is called. What commands share:
`_frame` (loading, help, errors that end a command), `_errors` (the one place that prints errors), `_topics` (what to do
about an error), `_options`, `_output`, `_secrets`, `_limits`, `_signals`, `_progress`, `_registry`.

A command's module imports only the standard library, typer and this package at its top, to keep `--help` and completion
fast. The client, the emulator and the rest are imported by the function that needs them.

Secrets come from the environment or from a hidden prompt. No option or argument takes one, because the list of
processes shows those; and only `user-sig` prints one, because that is its purpose.
"""
