"""The output of commands, in one place: all output goes through `echo`, and cannot control a terminal."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, TextIO, cast

import typer

from .._printable import is_harmless, json_text

if TYPE_CHECKING:
    from rich.console import Console

# How long the end of a command waits for unprinted lines.
_LAST_LINES_S: Final = 1.0

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def plain(text: str) -> str:
    """Return lines with spaces in place of everything that could control a terminal; they keep their spacing."""
    if text.isprintable():
        return text
    return "\n".join(
        "".join(each if is_harmless(each) else " " for each in line) for line in text.replace("\r\n", "\n").split("\n")
    )


def one_line(text: str) -> str:
    """Return untrusted text as one line that cannot control a terminal, its white space collapsed."""
    return plain(" ".join(text.split()))


def echo(text: str = "", *, err: bool = False) -> None:
    """Print lines, on stderr with `err`. Nothing else prints, except what rich draws."""
    typer.echo(plain(text), err=err)


def is_terminal() -> bool:
    """Return whether the output goes to a terminal: then it may be drawn, in colours unless NO_COLOR is set."""
    return sys.stdout.isatty()


def console(*, stderr: bool = False) -> Console:
    """Return the console for tables and progress. It controls the terminal: pass untrusted text through `one_line`."""
    from rich.console import Console

    return Console(stderr=stderr)


def show_rows(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print a title and rows of a name and a text; on a terminal with colours, and texts wrapped beside the names."""
    if not is_terminal():
        echo(title)
        for name, text in rows:
            echo(f"  {name:<10} {text}")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(f"  {name}", Text(plain(text)))
    screen = console()
    screen.print(Text(plain(title), style="bold cyan"))
    screen.print(table)


def painter() -> Callable[[str, str], str]:
    """Return the function that styles a text (`bold green`) if colours are enabled, and always makes it one line."""
    screen = console()
    name = None if screen.no_color or not screen.is_terminal else screen.color_system
    if name is None:
        return lambda text, style: one_line(text)
    from rich.color import ColorSystem
    from rich.style import Style

    system = ColorSystem[name.upper()] if name.upper() in ColorSystem.__members__ else ColorSystem.STANDARD
    return lambda text, style: Style.parse(style).render(one_line(text), color_system=system)


class LinePrinter:
    """Prints lines from a separate thread: a stopped terminal or a slow reader blocks nothing.

    Args:
        most: how many lines may wait; more are dropped, and counted.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue(most)
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="tim_async: lines", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Print a line made by a `painter`, or JSON."""
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._left_out += 1

    def close(self) -> None:
        """Print the waiting lines, for at most a second."""
        try:
            self._waiting.put(None, timeout=_LAST_LINES_S)
        except queue.Full:
            return
        self._thread.join(_LAST_LINES_S)

    def _run(self) -> None:
        while (line := self._waiting.get()) is not None:
            left_out, self._left_out = self._left_out, 0
            text = f"{line}\n... {left_out} lines dropped\n" if left_out else f"{line}\n"
            try:
                _write(text)
                if self._waiting.empty():
                    sys.stdout.flush()
            except (OSError, ValueError):  # the reader is gone
                _discard()
        try:
            sys.stdout.flush()
        except (OSError, ValueError):
            _discard()


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.encode("ascii", "backslashreplace").decode())


def _discard() -> None:
    """Redirect stdout to nowhere: flushing its buffer on close would fail again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Terminal:
    """A terminal as a file to write data to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, with characters replaced that could control the terminal."""
        self._stream.write(plain(text))
        return len(text)


def for_data(stream: TextIO) -> TextIO:
    """Return a stream for data: unchanged for a file or a pipe, filtered for a terminal."""
    return cast("TextIO", _Terminal(stream)) if stream.isatty() else stream


def show_time(seconds: float) -> str:
    """Return a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def show_facts(facts: object, *, as_json: bool) -> None:
    """Print the result of a command as text, or with --json as one JSON object on one line."""
    if as_json:
        print_json(facts)
    else:
        echo(str(facts))


def json_line(value: object) -> str:
    """Return a value as JSON on one line; characters that could control a terminal are escaped."""
    import msgspec

    return json_text(msgspec.json.encode(value).decode())


def print_json(value: object, *, indent: int = 0) -> None:
    """Print a value as JSON, on one line or indented; characters that could control a terminal are escaped."""
    import msgspec

    data = msgspec.json.encode(value)
    echo(json_text((msgspec.json.format(data, indent=indent) if indent else data).decode()))
