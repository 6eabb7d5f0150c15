"""Lists of endpoints: grouped and wrapped on a terminal, one per line otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from .._explorer.purposes import purpose
from . import _registry
from ._output import console, echo, is_terminal, one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from .._api.endpoint import Endpoint

# The smallest width for three columns.
_WIDE: Final = 100
_MAX_SHOWN_FIELDS: Final = 3
_REPEAT: Final = {"always": "yes", "identity": "yes, within 120 s, with the same identity", "never": "no"}


def show_list(found: Sequence[_registry.Match]) -> None:
    """Print some endpoints."""
    if is_terminal():
        _draw_list(console(), found)
    else:
        width = max(len(_registry.path(endpoint)) for endpoint, _ in found)
        command_width = max(len(endpoint.command) for endpoint, _ in found)
        for endpoint, fields in found:
            by = f"  ({_names(fields)})" if fields else ""
            title = endpoint.title or purpose(endpoint)
            echo(f"{_registry.path(endpoint):<{width}}  {endpoint.command:<{command_width}}  {title}{by}")
    echo(f"{len(found)} endpoints; name one of them to see its fields", err=True)


def _names(fields: Sequence[_registry.Field]) -> str:
    shown = ", ".join(dict.fromkeys(field.wire_name for field in fields[:_MAX_SHOWN_FIELDS]))
    return shown + (", ..." if len(fields) > _MAX_SHOWN_FIELDS else "")


def _draw_list(screen: Console, found: Sequence[_registry.Match]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    width = max(len(_registry.path(endpoint)) for endpoint, _ in found)
    for heading, group in groupby(found, key=_heading):
        screen.print(Text(heading, style="bold"))
        for endpoint, fields in group:
            name = Text(_registry.path(endpoint), style="cyan")
            command = Text(endpoint.command, style="dim")
            about = [Text(endpoint.title or ""), Text(endpoint.title_zh or "", style="dim")]
            about += [Text(f"{field.wire_name}: {field.note}") for field in fields[:_MAX_SHOWN_FIELDS]]
            if screen.width >= _WIDE:
                titles = about[0].append("  ").append_text(about[1])
                screen.print(_columns(name, width, Text("\n").join([titles, command, *about[2:]])))
            else:
                screen.print(Padding(Text("  ").join((name, command)), (0, 0, 0, 2)))
                screen.print(Padding(Text("\n").join(filter(None, about)), (0, 0, 0, 4)))
        screen.print()


def _heading(match: _registry.Match) -> str:
    endpoint, fields = match
    return f"client.{endpoint.family}, by fields" if fields else f"client.{endpoint.family}"


def _columns(first: Text, width: int, second: Text) -> RenderableType:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=width + 2, no_wrap=True)
    table.add_column(ratio=1)
    table.add_row(first, second)
    return table


def show_one(endpoint: Endpoint[..., Any]) -> None:
    """Print an endpoint with its fields."""
    if is_terminal():
        _draw_one(console(), endpoint)
    else:
        _print_one(endpoint)


def _facts(endpoint: Endpoint[..., Any]) -> list[tuple[str, str]]:
    document = endpoint.doc or f"none: {endpoint.why_no_doc}"
    return [
        ("command", endpoint.command),
        ("titles", " / ".join(_registry.titles(endpoint))),
        ("document", f"{document}{f' (not read: {endpoint.not_read})' * bool(endpoint.not_read)}"),
        *(("", address) for address in (endpoint.url, endpoint.url_zh) if address),
        ("limits", ", ".join(str(rate) for rate in endpoint.limits)),
    ]


def _print_one(endpoint: Endpoint[..., Any]) -> None:
    echo(f"{_registry.path(endpoint)}: {purpose(endpoint)}")
    for name, text in _facts(endpoint):
        echo(f"  {name:<10} {text}")
    echo(f"  harmless to repeat: {_REPEAT[endpoint.repeat]}")
    for title, fields, empty in _parts(endpoint):
        echo(f"{title}:" if fields else f"{title}: {empty}")
        for field in fields:
            required = "required" if field.is_required and title == "request" else ""
            head = f"  {'  ' * field.depth}{field.wire_name}"
            note = f"  {field.note}" if field.note else ""
            echo(f"{head:<34} {field.kind:<22} {required:<8}{note}".rstrip())


def _parts(endpoint: Endpoint[..., Any]) -> list[tuple[str, Sequence[_registry.Field], str]]:
    return [
        ("request", _registry.fields(endpoint.request), "{}"),
        ("answer", _registry.fields(endpoint.result), "only the envelope"),
    ]


def _draw_one(screen: Console, endpoint: Endpoint[..., Any]) -> None:
    from rich.style import Style
    from rich.table import Table
    from rich.text import Text

    head = Text(_registry.path(endpoint), style="bold cyan")
    screen.print(head.append(f": {purpose(endpoint)}", style="not bold default"))
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for name, text in [*_facts(endpoint), ("repeat", f"harmless: {_REPEAT[endpoint.repeat]}")]:
        is_address = text.startswith("https://")
        facts.add_row(name, Text(one_line(text), style=Style(link=text, underline=True) if is_address else ""))
    screen.print(facts)
    for title, fields, empty in _parts(endpoint):
        screen.print(Text(f"\n{title}", style="bold"), Text("" if fields else empty))
        if fields:
            screen.print(_field_table(fields, is_request=title == "request", is_wide=screen.width >= _WIDE))


def _field_table(fields: Sequence[_registry.Field], *, is_request: bool, is_wide: bool) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    table.add_column("field", overflow="fold", ratio=3)
    if is_wide:
        table.add_column("in Python", overflow="fold", ratio=3)
    table.add_column("holds", overflow="fold", ratio=2)
    table.add_column("meaning", overflow="fold", ratio=6 if is_wide else 4)
    for field in fields:
        required = field.is_required and is_request
        name = Text("  " * field.depth).append(field.wire_name, style="cyan bold" if required else "cyan")
        holds = Text(field.kind).append(", required" if required else "", style="yellow")
        cells = [name, Text("  " * field.depth + field.python_name), holds, Text(field.note)]
        table.add_row(*(cells if is_wide else [cells[0], *cells[2:]]))
    return table
