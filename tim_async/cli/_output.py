"""What commands print, in one place: whatever is printed goes through `echo`, and cannot steer a terminal."""

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

# How long the end of a command waits for lines that are not printed yet.
_LAST_LINES_S: Final = 1.0

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def plain(text: str) -> str:
    """Return lines with spaces in place of everything that could steer a terminal; they keep their spacing."""
    if text.isprintable():
        return text
    return "\n".join(
        "".join(each if is_harmless(each) else " " for each in line) for line in text.replace("\r\n", "\n").split("\n")
    )


def one_line(text: str) -> str:
    """Return a text of others as one line that cannot steer a terminal, its white space drawn together."""
    return plain(" ".join(text.split()))


def echo(text: str = "", *, err: bool = False) -> None:
    """Print lines, on stderr with `err`. Nothing else here prints, except for what rich draws."""
    typer.echo(plain(text), err=err)


def is_terminal() -> bool:
    """Return whether people read what is printed: then it may be drawn, in colours unless NO_COLOR is set."""
    return sys.stdout.isatty()


def console(*, stderr: bool = False) -> Console:
    """Return what draws tables and progress. It steers the terminal: texts of others go through `one_line` first."""
    from rich.console import Console

    return Console(stderr=stderr)


def show_rows(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print a title and rows of a name and a text; on a terminal with texts wrapped beside the names, and colours."""
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
    """Return what gives a text a style (`bold green`) where colours are wanted, and makes it one line everywhere."""
    screen = console()
    name = None if screen.no_color or not screen.is_terminal else screen.color_system
    if name is None:
        return lambda text, style: one_line(text)
    from rich.color import ColorSystem
    from rich.style import Style

    system = ColorSystem[name.upper()] if name.upper() in ColorSystem.__members__ else ColorSystem.STANDARD
    return lambda text, style: Style.parse(style).render(one_line(text), color_system=system)


class LinePrinter:
    """Prints lines from a thread of its own: a terminal that is stopped, or a reader that is slow, holds nothing up.

    Args:
        most: how many lines wait; more are left out, and counted.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue(most)
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="tim_async: lines", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Print a line that a `painter` made, or JSON."""
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._left_out += 1

    def close(self) -> None:
        """Print what waits, for a second at most."""
        try:
            self._waiting.put(None, timeout=_LAST_LINES_S)
        except queue.Full:
            return
        self._thread.join(_LAST_LINES_S)

    def _run(self) -> None:
        while (line := self._waiting.get()) is not None:
            left_out, self._left_out = self._left_out, 0
            text = f"{line}\n... {left_out} lines left out\n" if left_out else f"{line}\n"
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
    """Let stdout go nowhere from now on: what is left in its buffer would fail again when it is closed."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Terminal:
    """A terminal as a file to write data to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, changed where it could steer the terminal."""
        self._stream.write(plain(text))
        return len(text)


def for_data(stream: TextIO) -> TextIO:
    """Return a stream for data: as it is for a file or a pipe, with changed texts for a terminal."""
    return cast("TextIO", _Terminal(stream)) if stream.isatty() else stream


def show_time(seconds: float) -> str:
    """Return a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def show_facts(facts: object, *, as_json: bool) -> None:
    """Print what a command found out: as text for people, or with --json as one JSON object on one line."""
    if as_json:
        print_json(facts)
    else:
        echo(str(facts))


def json_line(value: object) -> str:
    """Return a value as JSON on one line; what could steer a terminal stands there as its escape."""
    import msgspec

    return json_text(msgspec.json.encode(value).decode())


def print_json(value: object, *, indent: int = 0) -> None:
    """Print a value as JSON, on one line or indented; what could steer a terminal stands there as its escape."""
    import msgspec

    data = msgspec.json.encode(value)
    echo(json_text((msgspec.json.format(data, indent=indent) if indent else data).decode()))
