"""The command line: `tim-async`, or `python -m tim_async`. Needs the extra `cli`."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time

_EXTRA = frozenset({"typer", "rich"})
_EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code, or with 2 when the extra `cli` is not installed."""
    try:
        _run()
    except KeyboardInterrupt:
        raise SystemExit(_EXIT_INTERRUPTED) from None
    finally:
        _end_silently_on_ctrl_c()


def _run() -> None:
    if sys.argv[1:] == ["--version"]:  # asked for by scripts: without typer it takes a fraction of the time
        from ._version import __version__

        sys.stdout.write(f"tim-async {__version__}\n")
        return
    sys.unraisablehook = _raise_ctrl_c_later
    _replace_what_cannot_be_shown()
    try:
        if "_TIM_ASYNC_COMPLETE" in os.environ:
            from .cli._completion import answer

            answer()
            return
        from .cli.app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.stderr.write(f'tim-async needs {missing} for its command line: pip install "tim-async[cli]"\n')
        raise SystemExit(2) from None
    app(prog_name="tim-async")


def _raise_ctrl_c_later(unraisable: sys.UnraisableHookArgs) -> None:
    """Re-raise a Ctrl-C that arrived while a destructor ran; Python would print it there and drop it.

    A thread raises it a moment later, because this hook must not raise either.
    """
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_raise_ctrl_c, (_thread.get_ident(),))
    else:
        sys.__unraisablehook__(unraisable)


def _raise_ctrl_c(thread: int) -> None:
    """Raise Ctrl-C in a thread, even while it waits; on Windows only once the wait is over."""
    time.sleep(0.01)
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)


def _end_silently_on_ctrl_c() -> None:
    """Let a Ctrl-C during interpreter shutdown end the process without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _replace_what_cannot_be_shown() -> None:
    """Print question marks for characters the terminal cannot encode, instead of raising."""
    import io

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
