"""`tim-async endpoints`: which calls there are, and what one of them takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._errors import EXIT_FAILED, stop
from .._frame import make_command
from .._output import JsonOption, echo, print_json

if TYPE_CHECKING:
    from ..._api.endpoint import Endpoint


def endpoints(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORD]",
            show_default=False,
            help="Part of a name, a command, a document's number, a purpose or a field, such as c2c, mute or MsgKey.",
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the endpoints, or those that match a word.

    A single match is shown with its fields, limits and document.
    """
    from .. import _registry

    found = _registry.search(word or "")
    exact = [each for each in found if word in (_registry.path(each), each.command)]
    found = exact or found
    if not found:
        stop(f"no endpoint matches {word!r}; `tim-async endpoints` lists them all", EXIT_FAILED)
    if as_json:
        print_json({"endpoints": [_facts(each, is_whole=len(found) == 1) for each in found]})
        return
    if len(found) == 1:
        _show(found[0])
        return
    name_width = max(len(_registry.path(each)) for each in found)
    command_width = max(len(each.command) for each in found)
    for each in found:
        echo(f"{_registry.path(each):<{name_width}}  {each.command:<{command_width}}  {_registry.purpose(each)}")
    echo(f"{len(found)} endpoints; name one of them to see its fields", err=True)


def _facts(endpoint: Endpoint[..., Any], *, is_whole: bool) -> dict[str, object]:
    """Return what is known of an endpoint; its fields where it is the only one."""
    from .. import _registry

    facts: dict[str, object] = {
        "name": _registry.path(endpoint),
        "command": endpoint.command,
        "purpose": _registry.purpose(endpoint),
        "document": endpoint.doc,
        "urls": [address for address in (endpoint.url, endpoint.url_zh) if address],
        "limits": [str(rate) for rate in endpoint.limits],
        "repeat": endpoint.repeat,
    }
    if is_whole:
        for title, struct in (("request", endpoint.request), ("answer", endpoint.result)):
            facts[title] = [field._asdict() for field in _registry.fields(struct)]
    return facts


def _show(endpoint: Endpoint[..., Any]) -> None:
    from .. import _registry

    echo(f"{_registry.path(endpoint)}: {_registry.purpose(endpoint)}")
    echo(f"  command    {endpoint.command}")
    document = endpoint.doc or f"none: {endpoint.why_no_doc}"
    echo(f"  document   {document}{f' (not read: {endpoint.not_read})' * bool(endpoint.not_read)}")
    for address in filter(None, (endpoint.url, endpoint.url_zh)):
        echo(f"             {address}")
    echo(f"  limits     {', '.join(str(rate) for rate in endpoint.limits)}")
    repeat = {"always": "yes", "identity": "yes, within 120 s, with the same identity", "never": "no"}
    echo(f"  harmless to repeat: {repeat[endpoint.repeat]}")
    for title, struct, empty in (
        ("request", endpoint.request, "{}"),
        ("answer", endpoint.result, "only the envelope"),
    ):
        fields = _registry.fields(struct)
        echo(f"{title}:" if fields else f"{title}: {empty}")
        for field in fields:
            required = "required" if field.is_required and title == "request" else ""
            head = f"  {'  ' * field.depth}{field.wire_name}"
            note = f"  {field.note}" if field.note else ""
            echo(f"{head:<34} {field.kind:<22} {required:<8}{note}".rstrip())


command = make_command(
    endpoints, examples=("tim-async endpoints", "tim-async endpoints mute", "tim-async endpoints c2c.send")
)
