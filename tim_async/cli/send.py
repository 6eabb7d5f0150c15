"""`tim-async send`: one text to one account."""

from __future__ import annotations

from typing import Annotated

import typer

from .._core.client import TimClient
from .._core.config import Region
from ..models.c2c import SendMsgResult
from ._shared import (
    AdminOption,
    AppIdOption,
    BaseUrlOption,
    RegionOption,
    one_line,
    read_region,
    run,
    secret_key,
    show_time,
)


def send(
    to_account: Annotated[str, typer.Argument(metavar="TO", show_default=False, help="The recipient.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", show_default=False, help="What to say.")],
    sdk_app_id: AppIdOption,
    *,
    from_account: Annotated[
        str | None,
        typer.Option("--from", metavar="ACCOUNT", show_default=False, help="The shown sender; without it, the admin."),
    ] = None,
    identifier: AdminOption = "administrator",
    region: RegionOption = Region.CHINA.value,
    base_url: BaseUrlOption = None,
) -> None:
    """Send a text to an account, and print the message's MsgKey and time.

    The secret key comes from TIM_SECRET_KEY, or is asked for.
    """
    home = read_region(region)
    key = secret_key()

    async def main() -> SendMsgResult:
        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            return await client.c2c.send_text(to_account, text, from_account=from_account)

    sent = run(main())
    typer.echo(f"sent to {one_line(to_account)}: MsgKey {one_line(sent.msg_key)}, {show_time(sent.msg_time)}")
