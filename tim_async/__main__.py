"""The command line: `tim-async`, or `python -m tim_async`. Needs the extra `cli`."""

from __future__ import annotations

import io
import sys
from typing import Final

_EXTRA: Final = frozenset({"typer", "rich"})


def main() -> None:
    """Run the command line and exit with its code; with 2 when the extra `cli` is not installed."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where Chinese cannot be shown or read there are question marks, and no traceback.
            stream.reconfigure(errors="replace")
    try:
        from .cli.app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.stderr.write(f'tim-async needs {missing} for its command line: pip install "tim-async[cli]"\n')
        raise SystemExit(2) from None
    app(prog_name="tim-async")


if __name__ == "__main__":
    main()
