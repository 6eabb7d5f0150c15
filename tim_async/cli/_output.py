"""What commands print: text that cannot steer a terminal, moments, JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def one_line(text: str) -> str:
    """Return a text that stays on its line and cannot steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))


def show_text(text: str) -> None:
    """Print lines, none of which can steer a terminal."""
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        typer.echo(indent + one_line(line))


def show_time(seconds: float) -> str:
    """Return a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def show_facts(facts: object, *, as_json: bool) -> None:
    """Print what a command found out: as text for people, or with --json as one JSON object on one line."""
    if as_json:
        print_json(facts)
    else:
        show_text(str(facts))


def print_json(value: object, *, indent: int = 0) -> None:
    """Print a value as JSON: on one line, or indented."""
    import msgspec

    data = msgspec.json.encode(value)
    typer.echo((msgspec.json.format(data, indent=indent) if indent else data).decode())
