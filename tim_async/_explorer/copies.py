"""A call for copying: in Python, for curl, and for `tim-async call`.

None of them contains a key or a UserSig: all read the variables that `tim-async emulator` prints. The identity of a
message (MsgSeq, MsgRandom) is omitted where the library generates one, so that the copy is a separate message. Shell
strings escape characters that could control a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .._api.endpoint import Endpoint
from .._api.wire import Request, validator
from .._printable import json_text
from ..errors import UsageError
from .unknown import unknown_fields

_WIDTH: Final = 88
_PROGRAM: Final = """\
import asyncio

from tim_async import {names}


async def main() -> None:
    async with TimClient.from_env() as client:
        answer = await {call}
        print(answer)


asyncio.run(main())
"""
_CURL: Final = (
    'curl -X POST "$TIM_BASE_URL/v4/{command}?sdkappid=$TIM_SDK_APP_ID&identifier=$TIM_IDENTIFIER'
    '&usersig=$(tim-async user-sig "$TIM_IDENTIFIER")&random=$(date +%s)&contenttype=json" \\\n'
    "  -H 'Content-Type: application/json' \\\n"
    "  --data-raw {body}\n"
)


class Copies(msgspec.Struct, kw_only=True):
    """A call for copying; each form reads TIM_BASE_URL, TIM_SDK_APP_ID, TIM_SECRET_KEY and TIM_IDENTIFIER.

    Attributes:
        python: a program, with the typed call if the request is valid; None if the body is not a JSON object.
        curl: a command for curl; None likewise.
        command: a command for `tim-async call`; None likewise.
    """

    python: str | None = None
    curl: str | None = None
    command: str | None = None


def copies_of(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> Copies:
    """Return a request in the forms for copying."""
    own = _without_identity(endpoint, raw)
    return Copies(
        python=_python(endpoint, own),
        curl=_CURL.format(command=endpoint.command, body=_quoted(raw)),
        command=f"tim-async call {endpoint.family}.{endpoint.name} --json {_quoted(own)}\n",
    )


def _quoted(raw: Mapping[str, object]) -> str:
    return shlex.quote(json_text(msgspec.json.encode(raw).decode()))


def _without_identity(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> dict[str, object]:
    """Return a request without what the library generates."""
    made = {endpoint.raw_field(name) for name in endpoint.request._identity}
    if endpoint.app_field is not None:
        made.add(endpoint.raw_field(endpoint.app_field))
    return {name: value for name, value in raw.items() if name not in made}


def _python(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> str:
    names = {"TimClient"}
    unknown = list(unknown_fields(endpoint, raw))
    extra = {name: value for name, value in raw.items() if [name] in unknown}
    request = None
    if len(extra) == len(unknown):
        request = _typed(endpoint, {name: value for name, value in raw.items() if name not in extra})
    indent = 8
    if request is None:
        call = _call("client.request", [("", endpoint.command), ("", dict(raw))], names, indent)
    else:
        client = "client" if not extra else f"client.with_options(extra={_render(extra, names, indent)})"
        given = [(name, value) for name, value in _given(request) if value is not None]
        call = _call(f"{client}.{endpoint.family}.{endpoint.name}", given, names, indent)
    imported = ", ".join(sorted(names, key=str.lower))
    if len(imported) > _WIDTH - len("from tim_async import "):
        imported = _broken("(", sorted(names, key=str.lower), ")", 0)
    return _PROGRAM.format(names=imported, call=call)


def _typed(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> Request | None:
    """Return the request as a struct; None if the typed call would not send it."""
    try:
        request: Request = validator(endpoint.request)(msgspec.json.encode(raw))
        endpoint.encode(request.identified())
    except (msgspec.MsgspecError, UsageError):
        return None
    return request


def _given(struct: msgspec.Struct) -> list[tuple[str, object]]:
    """Return the fields of a struct that differ from their defaults."""
    return [
        (field.name, value)
        for field in msgspec.structs.fields(struct)
        if (value := getattr(struct, field.name)) is not None and value is not msgspec.UNSET
    ]


def _render(value: object, names: set[str], indent: int) -> str:
    """Return a value as Python code, on several lines if one would be too long."""
    if isinstance(value, msgspec.Struct):
        kind = type(value)
        names.add(kind.__name__)
        content = getattr(value, "msg_content", None)  # of an element, except a RawElem
        given = _given(content if isinstance(content, msgspec.Struct) else value)
        return _call(kind.__name__, given, names, indent)
    if isinstance(value, list | tuple):
        return _broken("[", [_render(each, names, indent + 4) for each in value], "]", indent)
    if isinstance(value, Mapping):
        items = [f"{_render(name, names, indent)}: {_render(each, names, indent + 4)}" for name, each in value.items()]
        return _broken("{", items, "}", indent)
    text = repr(value)
    return f'"{text[1:-1]}"' if isinstance(value, str) and text[0] == "'" and '"' not in text else text


def _call(function: str, arguments: list[tuple[str, object]], names: set[str], indent: int) -> str:
    given = [f"{name}={_render(each, names, indent + 4)}" if name else _render(each, names, indent + 4)
             for name, each in arguments]  # fmt: skip
    return _broken(f"{function}(", given, ")", indent)


def _broken(start: str, parts: list[str], end: str, indent: int) -> str:
    line = f"{start}{', '.join(parts)}{end}"
    if "\n" not in line and len(line) + indent <= _WIDTH:
        return line
    space = " " * (indent + 4)
    return f"{start}\n{''.join(f'{space}{part},{chr(10)}' for part in parts)}{' ' * indent}{end}"
