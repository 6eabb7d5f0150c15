"""`tim-async emulator`: the emulator on a port, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Annotated

import typer

from .._api.checks import check_account
from ..emulator import DEFAULT_ADMIN, DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, Emulator
from ..errors import UsageError
from ._shared import EXIT_USAGE, AdminOption, AppIdOption, one_line, run, stop


def emulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="NUMBER", help="Port; 0 picks a free one.")] = 8900,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let --host be reachable from other machines.")
    ] = False,
    auto_import: Annotated[
        bool, typer.Option("--auto-import/--no-auto-import", help="Import an account when it is first named.")
    ] = True,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="NAME", show_default=False, help="Import this account; may be repeated."),
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(metavar="URL", show_default=False, help="Send the app's webhooks there.")
    ] = None,
    sdk_app_id: AppIdOption = DEFAULT_SDK_APP_ID,
    identifier: AdminOption = DEFAULT_ADMIN,
) -> None:
    """Run the emulator of the service, until Ctrl-C or SIGTERM.

    Its key is TIM_SECRET_KEY where that is set, and one of its own otherwise; TIM_WEBHOOK_TOKEN signs the webhooks.
    Nothing is kept when it ends.
    """
    own_key = os.environ.get("TIM_SECRET_KEY")

    async def main() -> None:
        try:
            served = Emulator(
                sdk_app_id,
                own_key or DEFAULT_SECRET_KEY,
                admins=(identifier,),
                host=host,
                port=port,
                auto_import=auto_import,
                allow_remote=allow_remote,
                webhook_url=webhook_url,
                webhook_token=os.environ.get("TIM_WEBHOOK_TOKEN") or None,
            )
        except UsageError as error:
            if error.field == "webhook_url":
                stop(f"--webhook-url {webhook_url}: it must look like http://127.0.0.1:8080/tim/", EXIT_USAGE)
            if error.field != "host":
                raise
            stop(f"--host {host}: not an address of this machine alone, add --allow-remote to allow it", EXIT_USAGE)
        for name in account or ():
            check_account("--account", name)
        served.add_accounts(*(account or ()))
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # not on Windows, where Ctrl-C comes as KeyboardInterrupt
                loop.add_signal_handler(number, stopping.set)
        async with served:
            typer.echo(f"The emulator answers at {served.url} until Ctrl-C. To use it from another terminal:\n")
            typer.echo(f"  export TIM_BASE_URL={served.url}")
            typer.echo(f"  export TIM_SDK_APP_ID={served.sdk_app_id}")
            if own_key:
                typer.echo("  export TIM_SECRET_KEY=...   # the key that is set here")
            else:
                typer.echo(f"  export TIM_SECRET_KEY={DEFAULT_SECRET_KEY}")
            typer.echo(f"  export TIM_IDENTIFIER={one_line(identifier)}")
            typer.echo('  tim-async send bob "hello"\n')
            await stopping.wait()
        typer.echo("stopped")

    with suppress(KeyboardInterrupt):
        run(main())
