"""`tim-async bulk`: plan, run, watch and export a campaign. Needs the extra `bulk` besides `cli`."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from .._api.endpoint import Rate
from .._core.client import TimClient
from .._core.config import Region, check_command
from ..emulator import DEFAULT_SECRET_KEY, Emulator
from ..errors import UsageError
from ..families.c2c import C2C
from ._progress import shown
from ._shared import (
    EXIT_FAILED,
    EXIT_USAGE,
    AdminOption,
    BaseUrlOption,
    RegionOption,
    hide_password,
    read_app_id,
    read_region,
    run,
    secret_key,
    show_text,
    stop,
)

if TYPE_CHECKING:
    from taskiq_aio_pika import AioPikaBroker

    from ..bulk import Campaign, Report
    from ..cluster import ClusterCampaign

bulk_app = typer.Typer(
    name="bulk",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""Send one message, or one for each, to any number of recipients.

A campaign is kept in a ledger, a file: run again, it carries on, whatever ended it. `plan` says what it will be, `run`
does it, `status` looks, `export` tells what became of everybody.

With a database for the ledger, `run --workers` leaves the work to `tim-async worker`s on any number of machines; any of
these can watch (`status`, or `run --workers` again), `pause`, `resume` and `cancel`.""",
)

# Options whose value is an address, which may have a password.
_ADDRESSES = frozenset({"--ledger", "--broker", "--redis", "--base-url"})

SourceArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="The recipients: .csv with a line of column names, or .jsonl. Not needed to carry on.",
    ),
]
NameOption = Annotated[
    str, typer.Option("--name", metavar="NAME", show_default=False, help="The campaign, in its ledger.")
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar="TIM_LEDGER_URL",
        metavar="FILE",
        show_default=False,
        help="The ledger, an SQLite file or the URL of a database; without it, NAME.db here.",
    ),
]
BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        envvar="TIM_BROKER_URL",
        metavar="URL",
        show_default=False,
        help="RabbitMQ: amqp://user:password@host:5672/.",
    ),
]
PrefixOption = Annotated[str, typer.Option("--queue-prefix", metavar="TEXT", help="What names of queues begin with.")]
TextOption = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="TEXT",
        show_default=False,
        help="The message; $name or ${name} is the row's column of that name, $account the recipient, $$ a dollar.",
    ),
]
MessageOption = Annotated[
    Path | None,
    typer.Option(
        "--message",
        metavar="FILE",
        show_default=False,
        help="The message as JSON with the service's field names (MsgBody ...), placeholders as above.",
    ),
]
PlainOption = Annotated[bool, typer.Option("--plain", help="Send every $ as it stands: the message is no template.")]
ColumnOption = Annotated[
    str, typer.Option("--account-column", metavar="COLUMN", help="The column that has the account.")
]
EncodingOption = Annotated[
    str, typer.Option("--encoding", metavar="NAME", help="The file's encoding, such as gb18030.")
]
DelimiterOption = Annotated[str, typer.Option("--delimiter", metavar="CHARACTER", help="Between two cells of a CSV.")]
LanesOption = Annotated[
    str,
    typer.Option(
        "--lanes",
        metavar="WAY",
        help="auto: the same message in batches, personal ones one by one; single, batch; both: side by side.",
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="COMMAND=NUMBER",
        show_default=False,
        help="Calls a second that the app may make, such as openim/sendmsg=300; with /min, deliveries a minute: "
        "openim/batchsendmsg=24000/min. May be repeated.",
    ),
]
AppOption = Annotated[
    str | None,
    typer.Option("--sdk-app-id", envvar="TIM_SDK_APP_ID", metavar="NUMBER", show_default=False, help="The app's id."),
]
BatchOption = Annotated[
    int | None, typer.Option("--batch-size", min=1, max=500, show_default=False, help="Recipients in a batch.")
]


@bulk_app.command("plan")
def plan(
    source: SourceArgument = None,
    *,
    name: NameOption,
    text: TextOption = None,
    message: MessageOption = None,
    plain: PlainOption = False,
    ledger: LedgerOption = None,
    account_column: ColumnOption = "account",
    encoding: EncodingOption = "utf-8-sig",
    delimiter: DelimiterOption = ",",
    lanes: LanesOption = "auto",
    limit: LimitOption = None,
    batch_size: BatchOption = None,
) -> None:
    """Read the recipients into the ledger and say what the campaign will be. Nothing is sent.

    Counts recipients, duplicates and bad rows, weighs the largest message, says what will probably disappoint, and how
    long it takes by each lane. `run` goes on from there.
    """
    campaign = _campaign(
        name,
        _ledger(name, ledger),
        source=_source(source, account_column, encoding, delimiter),
        message=_message(text, message, plain=plain),
        account_column=account_column,
        lanes=lanes,
        batch_size=batch_size,
    )
    show_text(str(run(campaign.plan(rate_limits=read_limits(limit)))))


@bulk_app.command("run")
def run_campaign(
    source: SourceArgument = None,
    *,
    name: NameOption,
    text: TextOption = None,
    message: MessageOption = None,
    plain: PlainOption = False,
    ledger: LedgerOption = None,
    account_column: ColumnOption = "account",
    encoding: EncodingOption = "utf-8-sig",
    delimiter: DelimiterOption = ",",
    lanes: LanesOption = "auto",
    on_unknown: Annotated[
        str,
        typer.Option(
            "--on-unknown",
            metavar="WHAT",
            help="Of those who may have the message when a repeat is not safe any more: verify reads the conversation "
            "back, skip reports them, send sends again, perhaps twice.",
        ),
    ] = "verify",
    import_missing: Annotated[
        bool, typer.Option("--import-missing", help="Import recipients that are not, and try them again.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again those who failed in earlier runs.")
    ] = False,
    change_message: Annotated[
        bool, typer.Option("--change-message", help="Another message than before is meant: those who are left get it.")
    ] = False,
    add_recipients: Annotated[
        bool, typer.Option("--add-recipients", help="Another file than before is meant: the new ones are added.")
    ] = False,
    limit: LimitOption = None,
    batch_size: BatchOption = None,
    rehearse: Annotated[
        bool,
        typer.Option("--emulator", help="Rehearse against an emulator, with a ledger that is thrown away afterwards."),
    ] = False,
    workers: Annotated[
        bool,
        typer.Option("--workers", help="Let `tim-async worker`s do it, and watch; Ctrl-C ends the watching alone."),
    ] = False,
    parallel: Annotated[
        int, typer.Option(min=1, metavar="NUMBER", help="With --workers: chunks at work at a time, over all of them.")
    ] = 16,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: AppOption = None,
    identifier: AdminOption = "administrator",
    region: RegionOption = Region.CHINA.value,
    base_url: BaseUrlOption = None,
) -> None:
    """Send to everybody who was not settled before; run the same line again to carry on.

    The first Ctrl-C or SIGTERM finishes what is in flight; a second one does not wait for it. Exit code 0 when every
    recipient was sent to, 1 when not, 2 when something is wrong with the line or there are no recipients.

    The secret key comes from TIM_SECRET_KEY, or is asked for.
    """
    limits = read_limits(limit)
    made = _message(text, message, plain=plain)
    rows = _source(source, account_column, encoding, delimiter)
    if workers and rehearse:
        stop("--workers and --emulator do not go together", EXIT_USAGE)
    if workers and broker is None:
        stop("--broker is missing; see tim-async bulk run --help", EXIT_USAGE)

    async def main() -> Report:
        async with AsyncExitStack() as stack:
            if rehearse:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tim-async-"))
                served = await stack.enter_async_context(Emulator(auto_import=True, rate_limits=_widest(limits)))
                place: Path | str = Path(folder) / "rehearsal.db"
                client = _client(served, limits)
                typer.echo(f"rehearsing at {served.url}: nothing goes to the service", err=True)
            else:
                place = _ledger(name, ledger)
                client = TimClient(app, key, identifier, region=home, base_url=base_url, rate_limits=limits)
            campaign = _campaign(
                name,
                place,
                kind=_cluster().ClusterCampaign if workers else None,
                source=rows,
                message=made,
                account_column=account_column,
                lanes=lanes,
                batch_size=batch_size,
                on_unknown=on_unknown,
                import_missing=import_missing,
                retry_failed=retry_failed,
                change_message=change_message,
                add_recipients=add_recipients,
            )
            await stack.enter_async_context(client)
            if workers:
                return await _submit(campaign, client, _broker(broker, client, queue_prefix), parallel)
            async with _stopped_by_signals(campaign):
                with shown() as show:
                    return await campaign.run(client, on_progress=show)

    if not rehearse:
        home = read_region(region)
        if sdk_app_id is None:
            stop("TIM_SDK_APP_ID (or --sdk-app-id) is missing; --emulator needs none", EXIT_USAGE)
        app, key = read_app_id(sdk_app_id), secret_key()
    try:
        report = run(main())
    except asyncio.CancelledError:
        stop(f"given up; {_resume()}", EXIT_FAILED)
    except KeyboardInterrupt:
        if not workers:
            raise
        stop(f"the workers go on; to watch again: {_this_line()}", EXIT_FAILED)
    show_text(str(report))
    if not report.is_complete:
        if report.left or report.unknown:
            typer.echo(_resume(), err=True)
        raise typer.Exit(EXIT_FAILED)


@bulk_app.command("status")
def status(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what the ledger knows of a campaign, also while it runs."""
    report = run(_campaign(name, _ledger(name, ledger)).status())
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(report).decode())
    else:
        show_text(str(report))


@bulk_app.command("pause")
def pause(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Shown with its status.")] = "it was paused",
) -> None:
    """Let the workers of a campaign stop; `resume` lets them go on. The limits are free for others meanwhile."""
    if not run(_steered(name, ledger).pause(reason)):
        stop(f"no worker is at work on {name}", EXIT_FAILED)


@bulk_app.command("resume")
def resume(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: AppOption = None,
) -> None:
    """Let workers go on with a campaign that was paused, or stopped by a fault that is put right."""
    if broker is None or sdk_app_id is None:
        stop(f"{'--broker' if broker is None else '--sdk-app-id'} is missing", EXIT_USAGE)
    app = read_app_id(sdk_app_id)
    campaign = _steered(name, ledger)

    async def main() -> None:
        async with _started(_cluster().make_broker(broker, app, prefix=queue_prefix)) as started:
            await campaign.resume(broker=started)

    run(main())


@bulk_app.command("cancel")
def cancel(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Shown with its status.")
    ] = "it was cancelled",
) -> None:
    """Stop a campaign of workers for good: whoever was not sent to is not sent to."""
    if not run(_steered(name, ledger).cancel(reason)):
        stop(f"{name} has ended already", EXIT_FAILED)


@bulk_app.command("export")
def export(
    target: Annotated[
        str, typer.Argument(metavar="FILE", show_default=False, help="Where to: .csv or .jsonl; - is standard output.")
    ],
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    file_format: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", show_default=False, help="csv or jsonl, where no ending tells."),
    ] = None,
) -> None:
    """Write what became of every recipient: state, code, MsgKey, time; then the rows that name nobody."""
    campaign = _campaign(name, _ledger(name, ledger))
    from ..bulk.export import format_of, write

    async def main() -> int:
        if target == "-":
            return await write(campaign.outcomes(), sys.stdout, format_of("", file_format or "csv"))
        return await campaign.export(target, file_format=format_of(target, file_format))

    count = run(main())
    typer.echo(f"{count:,} rows in {target}", err=True)


@asynccontextmanager
async def _stopped_by_signals(campaign: Campaign) -> AsyncIterator[None]:
    """Let the first signal end the run in order, and the next one at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = False

    def tell(word: str) -> None:
        nonlocal told
        if not told:
            told = True
            if campaign.stop(f"interrupted by {word}"):
                typer.echo(f"{word}: finishing what is in flight; once more to end at once", err=True)
                return
        if task is not None:
            task.cancel()

    numbers = ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"))
    for number, word in numbers:
        with suppress(NotImplementedError):  # not on Windows, where Ctrl-C comes as KeyboardInterrupt
            loop.add_signal_handler(number, tell, word)
    try:
        yield
    finally:
        for number, _ in numbers:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def _resume() -> str:
    return f"to carry on, run it again: {_this_line()}"


def _this_line() -> str:
    """Return the line that was given; passwords in URLs are for the user to put back."""
    shown = ["tim-async"]
    for option, argument in pairwise(["", *sys.argv[1:]]):
        name = argument if argument.startswith("-") else option  # a text may be a URL, too, and is to stay as it is
        shown.append(hide_password(argument) if name.partition("=")[0] in _ADDRESSES else argument)
    return shlex.join(shown)


def _campaign(
    name: str,
    ledger: Path | str,
    *,
    kind: Callable[..., Any] | None = None,
    source: object = None,
    **options: Any,  # noqa: ANN401 - those of Campaign
) -> Campaign:
    make = kind or _bulk().Campaign
    try:
        return cast("Campaign", make(name, ledger=ledger, recipients=source, **options))
    except UsageError as error:
        stop(str(error), EXIT_USAGE)


def _steered(name: str, ledger: str | None) -> ClusterCampaign:
    if ledger is None:
        stop("--ledger is missing: the URL of the workers' database", EXIT_USAGE)
    return cast("ClusterCampaign", _campaign(name, ledger, kind=_cluster().ClusterCampaign))


async def _submit(campaign: Campaign, client: TimClient, broker: AioPikaBroker, parallel: int) -> Report:
    """Let workers do a campaign, and watch it."""
    shared = cast("ClusterCampaign", campaign)
    async with _started(broker) as started:
        show_text(str(await shared.submit(client, broker=started, parallel=parallel)))
    if shared.is_left_alone:
        typer.echo(
            "it was begun already and is left as it is; to let a paused one go on: tim-async bulk resume", err=True
        )
    with shown() as show:
        return await shared.watch(on_progress=show)


def _broker(url: str | None, client: TimClient, prefix: str) -> AioPikaBroker:
    return cast("AioPikaBroker", _cluster().make_broker(url, client.sdk_app_id, prefix=prefix))


@asynccontextmanager
async def _started(broker: AioPikaBroker) -> AsyncIterator[AioPikaBroker]:
    from ..cluster._workers.broker import shut, start

    await start(broker)
    try:
        yield broker
    finally:
        await shut(broker)


def _cluster() -> Any:  # noqa: ANN401 - a module that may not be there
    from .. import cluster

    try:
        cluster.ClusterCampaign  # noqa: B018 - whether it can be had
    except ModuleNotFoundError as error:
        if "tim-async[" not in str(error):
            raise
        stop(str(error), EXIT_USAGE)
    return cluster


def _bulk() -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        from .. import bulk
    except ModuleNotFoundError as error:
        if "tim-async[bulk]" not in str(error):
            raise
        stop(str(error), EXIT_USAGE)
    return bulk


def _source(path: Path | None, account_column: str, encoding: str, delimiter: str) -> object:
    if path is None:
        return None
    bulk = _bulk()
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return bulk.JsonLinesFile(path=path, account_column=account_column, encoding=encoding)
    if path.suffix.lower() != ".csv":
        stop(f"{path}: the ending must be .csv, .jsonl or .ndjson", EXIT_USAGE)
    if len(delimiter) != 1:
        stop("--delimiter must be one character", EXIT_USAGE)
    return bulk.CsvFile(path=path, account_column=account_column, encoding=encoding, delimiter=delimiter)


def _message(text: str | None, path: Path | None, *, plain: bool) -> object:
    """Return the message of --text or --message; None to carry on with the ledger's."""
    if text is not None and path is not None:
        stop("give --text or --message, one of the two", EXIT_USAGE)
    bulk = _bulk()
    content: object = text
    try:
        if path is not None:
            from .._api.wire import decode

            content = decode(path.read_bytes(), bulk.Message)
        return content if plain or content is None else bulk.Template(content)
    except OSError as error:
        stop(f"--message {path}: {error.strerror}", EXIT_USAGE)
    except UsageError as error:
        stop(f"{'--text' if path is None else f'--message {path}'}: {error}", EXIT_USAGE)


def _ledger(name: str, given: str | None) -> Path | str:
    if given is not None:
        return given
    if os.sep in name or name.startswith("."):
        stop(f"--name {name!r} makes no file name: give --ledger", EXIT_USAGE)
    return Path(f"{name}.db")


def read_limits(given: Sequence[str] | None) -> dict[str, tuple[Rate, ...]]:
    """Read COMMAND=NUMBER and COMMAND=NUMBER/min."""
    limits: dict[str, tuple[Rate, ...]] = {}
    for each in given or ():
        command, _, number = each.partition("=")
        number, slash, span = number.partition("/")
        if not (number.isascii() and number.isdigit() and int(number)) or (slash and span != "min"):
            stop(f"--limit {each}: it looks like openim/sendmsg=300 or openim/batchsendmsg=24000/min", EXIT_USAGE)
        try:
            check_command(command)
        except UsageError as error:
            stop(f"--limit {each}: {error}", EXIT_USAGE)
        count = int(number)
        usual = limits.get(command) or (C2C.send_batch.limits if command == C2C.send_batch.command else (Rate(200),))
        if slash and not any(rate.cost for rate in usual):
            stop(f"--limit {each}: only {C2C.send_batch.command} has a limit of deliveries a minute", EXIT_USAGE)
        new = Rate(count, 60, cost="to_account", max_cost=min(500, count)) if slash else Rate(count)
        limits[command] = tuple(new if bool(rate.cost) == bool(slash) else rate for rate in usual)
    return limits


def _widest(limits: Mapping[str, tuple[Rate, ...]]) -> dict[str, Rate]:
    """Return one limit of each command for the emulator, which takes one: the deliveries where there are any."""
    return {command: next((rate for rate in rates if rate.cost), rates[-1]) for command, rates in limits.items()}


def _client(served: Emulator, limits: Mapping[str, tuple[Rate, ...]]) -> TimClient:
    return TimClient(served.sdk_app_id, DEFAULT_SECRET_KEY, base_url=served.url, rate_limits=limits)
