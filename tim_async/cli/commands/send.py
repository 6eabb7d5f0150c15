"""`tim-async send`: send one message to one account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .._errors import stop
from .._frame import make_command
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
from .._output import JsonOption, echo, one_line, print_json, show_time
from .._secrets import secret_key

if TYPE_CHECKING:
    from ...models.c2c import SendMsgResult
    from ...models.elements import Element
    from ...models.offline_push import OfflinePushInfo

MESSAGE_PANEL: Final = "Message"
PUSH_PANEL: Final = "Push, if the recipient is offline"


def send(
    to_account: Annotated[str, typer.Argument(metavar="TO", show_default=False, help="The recipient.")],
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", show_default=False, help="The message's text; not needed with --element."),
    ] = None,
    *,
    sdk_app_id: AppIdOption,
    from_account: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ACCOUNT",
            show_default=False,
            help="The shown sender; by default the admin.",
            rich_help_panel=MESSAGE_PANEL,
        ),
    ] = None,
    element: Annotated[
        list[str] | None,
        typer.Option(
            "--element",
            metavar="JSON",
            show_default=False,
            help="An element after the text, in wire form: an object with MsgType and MsgContent; @FILE reads "
            "it from a file. May be repeated.",
            rich_help_panel=MESSAGE_PANEL,
        ),
    ] = None,
    push_title: Annotated[
        str | None,
        typer.Option(
            "--push-title",
            metavar="TEXT",
            show_default=False,
            help="The title of its push.",
            rich_help_panel=PUSH_PANEL,
        ),
    ] = None,
    push_text: Annotated[
        str | None,
        typer.Option(
            "--push-text",
            metavar="TEXT",
            show_default=False,
            help="The text of its push; by default the message's.",
            rich_help_panel=PUSH_PANEL,
        ),
    ] = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a message to an account, and print its MsgKey and time.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    body = _elements(text, element or ())
    push = _push(push_title, push_text)
    home = read_region(region)
    key = secret_key()

    async def main() -> SendMsgResult:
        from ..._core.client import TimClient

        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            return await client.c2c.send(
                to_account=to_account, from_account=from_account, msg_body=body, offline_push_info=push
            )

    sent = run_async(main())
    if as_json:
        print_json({"to_account": to_account, "msg_key": sent.msg_key, "msg_time": sent.msg_time})
        return
    echo(f"sent to {one_line(to_account)}: MsgKey {one_line(sent.msg_key)}, {show_time(sent.msg_time)}")


def _elements(text: str | None, given: Sequence[str]) -> list[Element]:
    if text is None and not given:
        stop("give the message: a TEXT, or --element")
    from ...models.elements import TextElem

    return [*([] if text is None else [TextElem(text=text)]), *map(_element, given)]


def _element(text: str) -> Element:
    """Read one element; its field names may be Python's."""
    import msgspec

    from ...families.c2c import C2C
    from ...models.elements import Element
    from .._items import to_wire

    try:
        if text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        value = msgspec.json.decode(text, type=dict[str, object])
    except (OSError, UnicodeError) as error:
        stop(f"--element: cannot read the element: {error}")
    except (msgspec.MsgspecError, RecursionError) as error:
        stop(f"--element is not a JSON object: {error}")
    body = to_wire({"msg_body": [value]}, C2C.send.fields)["MsgBody"]
    try:
        return Element.from_wire(body[0], strict=True)
    except ValueError as error:
        stop(f"--element: {error}")


def _push(title: str | None, text: str | None) -> OfflinePushInfo | None:
    if title is None and text is None:
        return None
    from ...models.offline_push import OfflinePushInfo

    return OfflinePushInfo(title=title, desc=text)


command = make_command(
    send,
    examples=(
        'tim-async send bob "hello"',
        'tim-async send bob "hello" --from alice --push-title "Alice"',
        """tim-async send bob --element '{"MsgType": "TIMFaceElem", "MsgContent": {"Index": 6}}'""",
    ),
)
