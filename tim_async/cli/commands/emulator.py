"""`tim-async emulator`: run the emulator on a port until it is stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .._call_lines import call_lines
from .._emulated import (
    ClockOption,
    FaultOption,
    KeepOption,
    LimitsOption,
    LinesOption,
    QuietOption,
    StateOption,
    StopClockOption,
    ToleranceOption,
    WebhookCommandOption,
    WebhookOnFailureOption,
    WebhookRetriesOption,
    WebhookTimeoutOption,
    WebhookUrlOption,
    read_clock,
    read_emulated_limits,
    read_fault,
    read_keep,
    read_on_failure,
)
from .._errors import stop
from .._frame import make_command
from .._loop import run_async
from .._options import DEFAULT_ADMIN, AdminOption, AppIdOption
from .._output import LinePrinter, echo, one_line, print_json
from .._shells import set_variable
from .._signals import handled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...emulator import Emulator
    from ...emulator.control.faults import PlanFault

DEFAULT_APP: Final = 1_400_000_000
# Options whose names differ from those in the library's errors, with the text to use instead.
_OPTIONS: Final = {
    "host": "--host",
    "state_file": "--state",
    "webhook_commands": "--webhook-command",
    "webhook_timeout_s": "--webhook-timeout",
    "webhook_url": "--webhook-url",
}
_WORDS: Final = {
    "--host": "other machines can reach this address; --allow-remote allows that",
    "--webhook-timeout": "it must be a number of seconds greater than 0",
    "--webhook-url": "it must look like http://127.0.0.1:8080/tim/",
}


def emulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="NUMBER", help="Port; 0 picks a free one.")] = 8900,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a --host that other machines can reach.")
    ] = False,
    auto_import: Annotated[
        bool, typer.Option("--auto-import/--no-auto-import", help="Import unknown accounts when they are first named.")
    ] = True,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="NAME", show_default=False, help="Import this account; may be repeated."),
    ] = None,
    limit: LimitsOption = None,
    tolerance: ToleranceOption = 0.05,
    fault: FaultOption = None,
    clock: ClockOption = None,
    stop_clock: StopClockOption = False,
    state: StateOption = None,
    keep: KeepOption = None,
    webhook_url: WebhookUrlOption = None,
    webhook_command: WebhookCommandOption = None,
    webhook_timeout: WebhookTimeoutOption = 2.0,
    webhook_retries: WebhookRetriesOption = 0,
    webhook_on_failure: WebhookOnFailureOption = "allow",
    sdk_app_id: AppIdOption = DEFAULT_APP,
    identifier: AdminOption = DEFAULT_ADMIN,
    quiet: QuietOption = False,
    as_json: LinesOption = False,
) -> None:
    """Run the emulator of the service, until Ctrl-C or SIGTERM.

    It prints a line for every call, and shows more at its address in a browser. Its key is TIM_SECRET_KEY if set, and
    its own otherwise; TIM_WEBHOOK_TOKEN signs the webhooks. The state is lost when it ends, unless --state names a
    file.
    """
    own_key = os.environ.get("TIM_SECRET_KEY")
    planned = [read_fault(each) for each in fault or ()]
    limits, kept = read_emulated_limits(limit), read_keep(keep)
    moment = None if clock is None else read_clock(clock)
    on_failure = read_on_failure(webhook_on_failure)

    async def main() -> None:
        import asyncio

        from ..._api.checks import check_account
        from ...emulator import DEFAULT_SECRET_KEY, Emulator

        lines = None if quiet else LinePrinter()
        served = Emulator(
            sdk_app_id,
            own_key or DEFAULT_SECRET_KEY,
            admins=(identifier,),
            host=host,
            port=port,
            auto_import=auto_import,
            rate_limits=limits,
            tolerance=tolerance,
            keep=kept,
            allow_remote=allow_remote,
            webhook_url=webhook_url,
            webhook_token=os.environ.get("TIM_WEBHOOK_TOKEN") or None,
            webhook_commands=webhook_command,
            webhook_timeout_s=webhook_timeout,
            webhook_retries=webhook_retries,
            webhook_on_failure=on_failure,
            on_call=None if lines is None else call_lines(lines, as_json=as_json),
            state_file=state,
        )
        for name in account or ():
            check_account("--account", name)
        served.add_accounts(*(account or ()))
        _steer(served, planned, fault or (), moment, stop_clock=stop_clock)
        stopping = asyncio.Event()
        with handled(lambda _: stopping.set()):
            async with served:
                _introduce(served, None if own_key else DEFAULT_SECRET_KEY, identifier, as_json=as_json)
                await stopping.wait()
        if lines is not None:
            lines.close()
        if not as_json:
            echo("stopped")

    try:
        run_async(main())
    except KeyboardInterrupt:
        pass
    except Exception as error:
        _explain(error, {"host": host, "webhook_url": webhook_url})
        raise


def _explain(error: Exception, given: Mapping[str, object]) -> None:
    """End the command with a message about its options, if the library's error uses other names."""
    field = str(getattr(error, "field", None))
    option = _OPTIONS.get(field)
    if option is not None:
        value = f" {given[field]}" if field in given else ""
        stop(f"{option}{value}: {_WORDS.get(option) or getattr(error, 'message', error)}")


def _steer(
    served: Emulator, planned: Sequence[PlanFault], given: Sequence[str], moment: float | None, *, stop_clock: bool
) -> None:
    """Plan the faults, and set the clock."""
    from ...emulator.control.faults import plan_fault
    from ...errors import UsageError

    for each, text in zip(planned, given, strict=True):
        try:
            plan_fault(served.faults, each)
        except UsageError as error:
            stop(f"--fault {text}: {error.message}")
    if moment is not None or stop_clock:
        try:
            served.set_clock(moment, stopped=stop_clock)
        except UsageError as error:
            stop(f"--clock: {error.message}")


def _introduce(served: Emulator, key: str | None, identifier: str, *, as_json: bool) -> None:
    """Print the emulator's address and what to set; its own key is public, the user's key is not shown."""
    if as_json:
        variables = {"TIM_BASE_URL": served.url, "TIM_SDK_APP_ID": str(served.sdk_app_id), "TIM_IDENTIFIER": identifier}
        print_json({"url": served.url, "variables": variables | ({"TIM_SECRET_KEY": key} if key else {})})
        return
    echo(f"The emulator is listening at {served.url} until Ctrl-C; open it in a browser to see what it does.")
    echo("To use it from another terminal:\n")
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
        "tim-async emulator --fault answer=20004,times=2 --limit openim/sendmsg=50 --state state.json",
    ),
)
