"""`tim-async send`: one text to one account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from .._frame import make_command
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


def send(
    to_account: Annotated[str, typer.Argument(metavar="TO", show_default=False, help="The recipient.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", show_default=False, help="The message's text.")],
    sdk_app_id: AppIdOption,
    *,
    from_account: Annotated[
        str | None,
        typer.Option("--from", metavar="ACCOUNT", show_default=False, help="The shown sender; without it, the admin."),
    ] = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a text to an account, and print the message's MsgKey and time.

    The secret key comes from TIM_SECRET_KEY, or is asked for.
    """
    home = read_region(region)
    key = secret_key()

    async def main() -> SendMsgResult:
        from ..._core.client import TimClient

        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            return await client.c2c.send_text(to_account, text, from_account=from_account)

    sent = asyncio.run(main())
    if as_json:
        print_json({"to_account": to_account, "msg_key": sent.msg_key, "msg_time": sent.msg_time})
        return
    echo(f"sent to {one_line(to_account)}: MsgKey {one_line(sent.msg_key)}, {show_time(sent.msg_time)}")


command = make_command(send, examples=('tim-async send bob "hello"', 'tim-async send bob "hello" --from alice'))
