"""`tim-async call`: any endpoint, with a JSON body."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from .._api.endpoint import Endpoint
from .._api.wire import PartialResult, decode
from .._core.client import TimClient
from .._core.config import Region
from ..errors import UsageError
from . import _registry
from ._shared import (
    EXIT_FAILED,
    EXIT_USAGE,
    AdminOption,
    AppIdOption,
    BaseUrlOption,
    RegionOption,
    describe,
    one_line,
    read_region,
    run,
    secret_key,
    stop,
)


def call(
    name: Annotated[
        str,
        typer.Argument(metavar="FAMILY.ENDPOINT", show_default=False, help="Such as c2c.send, or a command's path."),
    ],
    sdk_app_id: AppIdOption,
    *,
    json: Annotated[
        str,
        typer.Option(
            "--json",
            metavar="JSON",
            help="The body, with its wire names; @FILE reads it from a file, - from standard input.",
        ),
    ] = "{}",
    identifier: AdminOption = "administrator",
    region: RegionOption = Region.CHINA.value,
    base_url: BaseUrlOption = None,
) -> None:
    """Call an endpoint and print its answer as JSON. `tim-async endpoints NAME` shows what it takes.

    The body is checked as a call from a program is, before anything is sent; a field that no document knows is sent
    as it is, with a note. Exits with 1 when the service refuses, or when items of the answer failed.

    The secret key comes from TIM_SECRET_KEY, or is asked for.
    """
    home = read_region(region)
    endpoint = _registry.find(name)
    fields = _read(json)
    _check(endpoint, fields)
    key = secret_key()

    async def main() -> dict[str, Any]:
        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            return await client.request(endpoint.command, fields)

    answer = run(main())
    typer.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    result = decode(msgspec.json.encode(answer), endpoint.result)
    failed = len(result.failed) if isinstance(result, PartialResult) else 0
    if failed:
        stop(f"{endpoint.command}: the answer is OK, but {failed} of its items failed", EXIT_FAILED)


def _read(text: str) -> dict[str, Any]:
    """Read the body from where the option says."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        stop(one_line(f"--json: cannot read the body: {error}"), EXIT_USAGE)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        stop(one_line(f"--json is not a JSON object: {error}"), EXIT_USAGE)


def _check(endpoint: Endpoint[..., Any], fields: dict[str, Any]) -> None:
    """Check a body as a typed call would; a field the struct does not know is told of."""
    try:
        request = decode(msgspec.json.encode(fields), endpoint.request)
        endpoint.encode(request.identified())
    except UsageError as error:
        error.command = endpoint.command
        stop(describe(error), EXIT_USAGE)
    older = getattr(endpoint.request, "_older", {})
    for field in fields:
        if field not in endpoint.request.__struct_encode_fields__ and field not in older:
            note = f"note: the documents know no field {field!r} of {endpoint.command}; it is sent as it is"
            typer.echo(f"tim-async: {one_line(note)}", err=True)
