"""`tim-async endpoints`: which calls there are, and what one of them takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .._api.endpoint import Endpoint
from . import _registry
from ._shared import EXIT_FAILED, stop


def endpoints(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORD]",
            show_default=False,
            help="A part of a name, a command, a document's number, a purpose or a field, such as c2c, mute or MsgKey.",
        ),
    ] = None,
) -> None:
    """List the endpoints, or those that have to do with a word; one alone is shown with fields, limits and document."""
    found = _registry.search(word or "")
    exact = [each for each in found if word in (_registry.path(each), each.command)]
    found = exact or found
    if not found:
        stop(f"no endpoint has to do with {word!r}", EXIT_FAILED)
    if len(found) == 1:
        _show(found[0])
        return
    name_width = max(len(_registry.path(each)) for each in found)
    command_width = max(len(each.command) for each in found)
    for each in found:
        typer.echo(f"{_registry.path(each):<{name_width}}  {each.command:<{command_width}}  {_registry.purpose(each)}")
    typer.echo(f"{len(found)} endpoints; name one of them to see its fields", err=True)


def _show(endpoint: Endpoint[..., Any]) -> None:
    typer.echo(f"{_registry.path(endpoint)}: {_registry.purpose(endpoint)}")
    typer.echo(
        f"  command    {endpoint.command}{' (experimental: its word is only inferred)' * endpoint.is_experimental}"
    )
    typer.echo(f"  document   {endpoint.doc or f'none: {endpoint.why_no_doc}'}")
    typer.echo(f"  limits     {', '.join(str(rate) for rate in endpoint.limits)}")
    repeat = {"always": "yes", "identity": "yes, within 120 s, with the same identity", "never": "no"}
    typer.echo(f"  harmless to repeat: {repeat[endpoint.repeat]}")
    for title, struct in (("request", endpoint.request), ("answer", endpoint.result)):
        told = _registry.fields(struct)
        typer.echo(
            f"{title}:" if told else f"{title}: nothing but the envelope" if title == "answer" else f"{title}: {{}}"
        )
        for field in told:
            needed = "needed" if field.is_needed and title == "request" else ""
            head = f"  {'  ' * field.depth}{field.wire_name}"
            note = f"  {field.note}" if field.note else ""
            typer.echo(f"{head:<34} {field.kind:<22} {needed:<6}{note}".rstrip())
