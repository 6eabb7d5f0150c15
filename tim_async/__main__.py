"""The command line: `tim-async`, or `python -m tim_async`. Needs the extra `cli`."""

from __future__ import annotations

import sys

_EXTRA = frozenset({"typer", "rich"})


def main() -> None:
    """Run the command line and exit with its code; with 2 when the extra `cli` is not installed."""
    if sys.argv[1:] == ["--version"]:  # asked for by scripts: without typer it takes a fraction of the time
        from ._version import __version__

        sys.stdout.write(f"tim-async {__version__}\n")
        return
    _replace_what_cannot_be_shown()
    try:
        from .cli.app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.stderr.write(f'tim-async needs {missing} for its command line: pip install "tim-async[cli]"\n')
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app(prog_name="tim-async")


def _replace_what_cannot_be_shown() -> None:
    """Let question marks stand where Chinese cannot be shown or read, instead of a traceback."""
    import io

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
