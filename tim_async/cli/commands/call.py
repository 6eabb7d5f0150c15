"""`tim-async call`: call any endpoint, with fields as key=value or a JSON body."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._errors import EXIT_FAILED, describe, stop, warn
from .._frame import make_command
from .._items import read_items
from .._loop import run_async
from .._options import (
    DEFAULT_ADMIN,
    DEFAULT_REGION,
    AdminOption,
    AppIdOption,
    BaseUrlOption,
    RegionOption,
    read_region,
)
from .._output import print_json
from .._secrets import secret_key

if TYPE_CHECKING:
    from ..._api.endpoint import Endpoint


def call(
    name: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY.ENDPOINT", show_default=False, help="An endpoint such as c2c.send, or a command."
        ),
    ],
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=TEXT | KEY:=JSON] ...",
            show_default=False,
            help="Fields of the body, named as on the wire or as in Python: to_account=bob max_cnt:=20 "
            "msg_body:=@body.json offline_push_info[title]=Hi. @FILE reads the value from a file.",
        ),
    ] = None,
    *,
    sdk_app_id: AppIdOption,
    json: Annotated[
        str,
        typer.Option(
            "--json",
            metavar="JSON",
            help="The body as a JSON object; @FILE reads it from a file, - from standard input. KEY=TEXT overrides it.",
        ),
    ] = "{}",
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
) -> None:
    """Call an endpoint and print its answer as JSON.

    `tim-async endpoints NAME` shows its fields. They are given in HTTPie's syntax. The body is checked like a call from
    a program before anything is sent; an undocumented field is sent unchanged, with a warning. Exits with 1 if the
    service refuses, or if items of the answer failed.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    from ..._api.wire import PartialResult, decode
    from .. import _registry

    home = read_region(region)
    endpoint = _registry.find(name)
    fields = read_items(items or (), endpoint.fields, _read(json))
    _check(endpoint, fields)
    key = secret_key()

    async def main() -> dict[str, Any]:
        from ..._core.client import TimClient

        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            return await client.request(endpoint.command, fields)

    answer = run_async(main())
    print_json(answer, indent=2)
    result = decode(_encode(answer), endpoint.result)
    failed = len(result.failed) if isinstance(result, PartialResult) else 0
    if failed:
        stop(f"{endpoint.command}: the answer is OK, but {failed} of its items failed", EXIT_FAILED)


def _read(text: str) -> dict[str, Any]:
    """Read the body from the source that the option names."""
    import msgspec

    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        stop(f"--json: cannot read the body: {error}")
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        stop(f"--json is not a JSON object: {error}")


def _encode(fields: dict[str, Any]) -> bytes:
    import msgspec

    return msgspec.json.encode(fields)


def _check(endpoint: Endpoint[..., Any], fields: dict[str, Any]) -> None:
    """Check a body like a typed call; warn about fields that the struct does not have."""
    import msgspec

    from ..._api.checks import nearest
    from ..._api.wire import decode
    from ...errors import UsageError

    known = endpoint.request.__struct_encode_fields__
    older = getattr(endpoint.request, "_older", {})
    unknown = [field for field in fields if field not in known and field not in older]
    names = [name for each in endpoint.fields for name in (each.name, each.wire_name)]
    try:
        request = decode(_encode(fields), endpoint.request)
        endpoint.encode(request.identified())
    except UsageError as error:
        error.command = endpoint.command
        if error.field and error.field not in error.message and error.message.startswith("cannot read "):
            error.message = error.message.replace("cannot read ", f"cannot read {error.field} of ", 1)
        for field in unknown:  # a misspelt field may be the missing one
            warn(f"{field!r} is not a documented field of {endpoint.command}{nearest(field, names)}")
        # The body was typed with wire names, so errors use them for its fields.
        stop(describe(error, {each.name: each.encode_name for each in msgspec.structs.fields(endpoint.request)}))
    for field in unknown:
        hint = nearest(field, names)
        warn(f"warning: {field!r} is not a documented field of {endpoint.command}; it is sent unchanged{hint}")


command = make_command(
    call,
    examples=(
        "tim-async call account.import_account user_id=bob nick=Bob",
        "tim-async call group.create type=Public name=Hiking owner_account=alice max_member_count:=100",
        "tim-async call c2c.send to_account=bob 'msg_body[0][MsgType]=TIMTextElem' 'msg_body[0][MsgContent][Text]=hi'",
        """tim-async call account.check --json '{"CheckItem": [{"UserID": "bob"}]}'""",
        "tim-async call c2c.send --json @message.json",
        "tim-async call openim/sendmsg --json - < message.json",
    ),
)
