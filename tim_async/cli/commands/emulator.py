"""`tim-async emulator`: the emulator on a port, until it is stopped."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .._errors import stop
from .._frame import make_command
from .._loop import run_async
from .._options import DEFAULT_ADMIN, AdminOption, AppIdOption
from .._output import JsonOption, echo, one_line, print_json
from .._shells import set_variable
from .._signals import handled

if TYPE_CHECKING:
    from ...emulator import Emulator

DEFAULT_APP: Final = 1_400_000_000


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
    sdk_app_id: AppIdOption = DEFAULT_APP,
    identifier: AdminOption = DEFAULT_ADMIN,
    as_json: JsonOption = False,
) -> None:
    """Run the emulator of the service, until Ctrl-C or SIGTERM.

    Its key is TIM_SECRET_KEY where that is set, and one of its own otherwise; TIM_WEBHOOK_TOKEN signs the webhooks.
    Nothing is kept when it ends.
    """
    own_key = os.environ.get("TIM_SECRET_KEY")

    async def main() -> None:
        import asyncio

        from ..._api.checks import check_account
        from ...emulator import DEFAULT_SECRET_KEY, Emulator
        from ...errors import UsageError

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
                stop(f"--webhook-url {webhook_url}: it must look like http://127.0.0.1:8080/tim/")
            if error.field != "host":
                raise
            stop(f"--host {host}: other machines can reach this address; --allow-remote allows that")
        for name in account or ():
            check_account("--account", name)
        served.add_accounts(*(account or ()))
        stopping = asyncio.Event()
        with handled(lambda _: stopping.set()):
            async with served:
                _introduce(served, None if own_key else DEFAULT_SECRET_KEY, identifier, as_json=as_json)
                await stopping.wait()
        if not as_json:
            echo("stopped")

    with suppress(KeyboardInterrupt):
        run_async(main())


def _introduce(served: Emulator, key: str | None, identifier: str, *, as_json: bool) -> None:
    """Print where the emulator is and what to set; its own key is public, that of the user is not shown."""
    if as_json:
        variables = {"TIM_BASE_URL": served.url, "TIM_SDK_APP_ID": str(served.sdk_app_id), "TIM_IDENTIFIER": identifier}
        print_json({"url": served.url, "variables": variables | ({"TIM_SECRET_KEY": key} if key else {})})
        return
    echo(f"The emulator is listening at {served.url} until Ctrl-C. To use it from another terminal:\n")
    echo(f"  {set_variable('TIM_BASE_URL', served.url)}")
    echo(f"  {set_variable('TIM_SDK_APP_ID', str(served.sdk_app_id))}")
    echo(f"  {set_variable('TIM_SECRET_KEY', key or '...')}{'' if key else '   # the key that is set here'}")
    echo(f"  {set_variable('TIM_IDENTIFIER', one_line(identifier))}")
    echo('  tim-async send bob "hello"\n')


command = make_command(
    emulator,
    examples=(
        "tim-async emulator",
        "tim-async emulator --port 8900 --account alice --account bob",
        "tim-async emulator --webhook-url http://127.0.0.1:8000/tim/",
    ),
)
