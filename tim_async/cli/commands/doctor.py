"""`tim-async doctor`: check everything for the first message to a real app, and report what to change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .._errors import EXIT_FAILED, stop
from .._frame import make_command
from .._loop import run_async
from .._options import (
    DEFAULT_ADMIN,
    DEFAULT_REGION,
    AdminOption,
    BaseUrlOption,
    OptionalAppIdOption,
    RegionOption,
    read_app_id,
    read_region,
)
from .._output import JsonOption, console, echo, is_terminal, one_line, print_json
from .._secrets import is_terminal as can_be_asked
from .._secrets import secret_key

if TYPE_CHECKING:
    from ..._core.config import Region
    from .._doctor.finding import Finding
    from .._doctor.recording import Run
    from .._doctor.report import Compared
    from .._doctor.service import MakeClient

RECORD_PANEL: Final = "A run on the app"
_MARKS: Final = {"right": "ok", "doubtful": "look", "wrong": "WRONG", "unknown": "-"}
_STYLES: Final = {"right": "green", "doubtful": "yellow", "wrong": "bold red", "unknown": "dim"}
_QUESTION: Final = (
    "This makes about {calls} calls to app {app}: two temporary accounts, {names}, write to each other and to a "
    "group, and are deleted with it at the end. Nothing else is changed. Continue?"
)


def doctor(
    *,
    webhook_url: Annotated[
        str | None,
        typer.Option(
            "--webhook-url",
            envvar="TIM_WEBHOOK_URL",
            metavar="URL",
            show_default=False,
            help="Also check the receiver of webhooks at this address; TIM_WEBHOOK_TOKEN signs.",
        ),
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="After confirmation, also make a short run on the app, compare each answer with the emulator's, and "
            "write a report without secrets and names.",
            rich_help_panel=RECORD_PANEL,
        ),
    ] = False,
    report: Annotated[
        Path,
        typer.Option("--report", metavar="FILE", help="The file for the report.", rich_help_panel=RECORD_PANEL),
    ] = Path("tim-async-report.json"),
    yes: Annotated[
        bool, typer.Option("--yes", help="Make the run without confirmation.", rich_help_panel=RECORD_PANEL)
    ] = False,
    sdk_app_id: OptionalAppIdOption = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check whether an app can be called, and report what is right and what to change.

    Checks the variables, the clock against the service's, the app's data centre, the key and the admin, by one call
    that changes nothing; then limits and webhooks. Exits with 1 if something is wrong.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    home = read_region(region)
    if record and report.exists():
        stop(f"--report {report} already exists: move it away, or name another file")
    app = None if not sdk_app_id else read_app_id(sdk_app_id)
    key: str = secret_key() if os.environ.get("TIM_SECRET_KEY") or can_be_asked() else ""
    findings = run_async(_examine(app, key, identifier, home, base_url, webhook_url))
    is_wrong = any(each.state == "wrong" for each in findings)
    if not as_json:
        _show(findings)
    facts: dict[str, object] = {"is_right": not is_wrong, "findings": [each._asdict() for each in findings]}
    steps: list[Compared] = []
    if record and not is_wrong and app is not None:
        make_client = _maker(app, key, identifier, base_url)
        _ask(app, is_given=yes)
        run, steps = run_async(_record(make_client(home), app, identifier))
        from .._doctor.report import write_report

        write_report(report, steps, run, region=home.value if base_url is None else "other")
        facts |= {"report": str(report), "differences": sum(len(step.differences) for step in steps), "left": run.left}
        if not as_json:
            _show_run(run, steps, report)
        is_wrong = bool(run.problem or run.left)
    if as_json:
        print_json(facts)
    elif record and not steps:
        echo("no run was made: fix the problems above first", err=True)
    if is_wrong:
        raise typer.Exit(EXIT_FAILED)


def _maker(app: int, key: str, identifier: str, base_url: str | None) -> MakeClient:
    from ..._core.client import TimClient

    def make(region: Region, **options: Any) -> TimClient:  # noqa: ANN401 - settings of any kind
        return TimClient(app, key, identifier, region=region, base_url=base_url, **options)

    return make


async def _examine(
    app: int | None, key: str, identifier: str, region: Region, base_url: str | None, webhook_url: str | None
) -> list[Finding]:
    from .._doctor.service import examine_service
    from .._doctor.variables import examine_variables
    from .._doctor.webhook import examine_webhook

    found = examine_variables(os.environ, app=app, key=key, is_service=base_url is None)
    if app is not None and key:
        make_client = _maker(app, key, identifier, base_url)
        found += [each async for each in examine_service(make_client, region, has_address=base_url is not None)]
    if webhook_url is not None and app is not None:
        found += await examine_webhook(webhook_url, app, os.environ.get("TIM_WEBHOOK_TOKEN"))
    return found


def _show(findings: Sequence[Finding]) -> None:
    if not is_terminal():
        for each in findings:
            echo(f"{_MARKS[each.state]:<6} {each.about:<11} {one_line(each.text)}")
            if each.advice:
                echo(f"{'':<18} -> {each.advice}")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        text = Text(one_line(each.text))
        if each.advice:
            text.append(f"\n-> {each.advice}", style="bold")
        table.add_row(Text(_MARKS[each.state], style=_STYLES[each.state]), each.about, text)
    console().print(table)


def _ask(app: int, *, is_given: bool) -> None:
    """Ask before anything is created on the app; without a terminal, --yes is required."""
    from .._doctor.recording import MAX_CALLS

    if is_given:
        return
    question = _QUESTION.format(calls=MAX_CALLS, app=app, names="tim-doctor-...")
    if not can_be_asked():
        stop(f"{question} There is no terminal for confirmation: use --yes", EXIT_FAILED)
    if not typer.confirm(question, err=True):
        stop("no run was made", EXIT_FAILED)


async def _record(client: Any, app: int, identifier: str) -> tuple[Run, list[Compared]]:  # noqa: ANN401
    from ..._core.client import TimClient
    from ...emulator import DEFAULT_SECRET_KEY, Emulator
    from .._doctor.recording import Run
    from .._doctor.report import compared

    async with client:
        service = Run(client)
        try:
            await service.run()
        finally:
            for each in service.left:
                echo(f"left on the app, please remove it: {each}", err=True)
    async with (
        Emulator(app, DEFAULT_SECRET_KEY, admins=(identifier,)) as emulator,
        TimClient(app, DEFAULT_SECRET_KEY, identifier, base_url=emulator.url) as own,
    ):
        rehearsal = Run(own)
        await rehearsal.run()
    return service, compared(service, rehearsal)


def _show_run(run: Run, steps: Sequence[Compared], report: Path) -> None:
    for step in steps:
        count = len(step.differences)
        result = "as the emulator" if not count else f"{count} fields differ" if count > 1 else "1 field differs"
        code = "no answer" if step.code is None else f"code {step.code}"
        echo(f"{step.name}: {code}, {step.took_ms} ms, {result}")
        for path, there, here in step.differences:
            echo(f"  {one_line(path)}: {one_line(there)}; the emulator has {here}")
    if run.problem is not None:
        echo(f"the run ended early: {one_line(str(run.problem))}", err=True)
    echo(f"report: {report}; it contains no secrets and no names, but check it before you share it")


command = make_command(
    doctor,
    examples=(
        "tim-async doctor",
        "tim-async doctor --webhook-url https://example.com/tim/",
        "tim-async doctor --record",
    ),
)
