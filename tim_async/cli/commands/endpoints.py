"""`tim-async endpoints`: list the endpoints, or show what one of them takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._errors import EXIT_FAILED, stop
from .._frame import make_command
from .._output import JsonOption, print_json

if TYPE_CHECKING:
    from ..._api.endpoint import Endpoint


def endpoints(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORD] ...",
            show_default=False,
            help="Parts of a name, a command, a document's number, a title in English or Chinese, a purpose, or the "
            "name or description of a field, such as c2c, mute, 单发单聊消息 or MsgKey. All of them must match.",
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the endpoints, or those that match some words.

    A single match is shown with its fields, limits and official pages.
    """
    from .. import _listing, _registry

    asked = words or []
    found = _registry.search(asked)
    exact = [each for each in found if asked in ([_registry.path(each[0])], [each[0].command])]
    exact = exact or [each for each in found if asked in [[title] for title in _registry.titles(each[0])]]
    found = exact or found
    if not found:
        stop(f"no endpoint matches {' '.join(asked)!r}; `tim-async endpoints` lists them all", EXIT_FAILED)
    if as_json:
        print_json({"endpoints": [_facts(endpoint, is_whole=len(found) == 1) for endpoint, _ in found]})
    elif len(found) == 1:
        _listing.show_one(found[0][0])
    else:
        _listing.show_list(found)


def _facts(endpoint: Endpoint[..., Any], *, is_whole: bool) -> dict[str, object]:
    """Return an endpoint as JSON, with its fields if it is the only one."""
    from ..._explorer.purposes import purpose
    from .. import _registry

    facts: dict[str, object] = {
        "name": _registry.path(endpoint),
        "command": endpoint.command,
        "purpose": purpose(endpoint),
        "title": endpoint.title,
        "title_zh": endpoint.title_zh,
        "document": endpoint.doc,
        "urls": [address for address in (endpoint.url, endpoint.url_zh) if address],
        "limits": [str(rate) for rate in endpoint.limits],
        "repeat": endpoint.repeat,
    }
    if is_whole:
        for title, struct in (("request", endpoint.request), ("answer", endpoint.result)):
            facts[title] = [field._asdict() for field in _registry.fields(struct)]
    return facts


command = make_command(
    endpoints,
    examples=(
        "tim-async endpoints",
        "tim-async endpoints mute",
        "tim-async endpoints 单发单聊消息",
        "tim-async endpoints c2c.send",
    ),
)
