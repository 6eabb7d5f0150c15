"""`tim-async bulk run`: send, continue, rehearse, or submit to workers."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from ..._errors import stop
from ..._frame import make_command
from ..._limits import LimitOption, read_limits
from ..._loop import run_async
from ..._options import (
    DEFAULT_ADMIN,
    DEFAULT_REGION,
    AdminOption,
    BaseUrlOption,
    OptionalAppIdOption,
    RegionOption,
    read_app_id,
    read_region,
    require,
)
from ..._output import JsonOption
from ..._queues import WORKERS_PANEL, BrokerOption, PrefixOption, make_queue
from ..._secrets import secret_key
from ._campaign import make_campaign, make_cluster_campaign, read_message, read_source
from ._options import (
    CAMPAIGN_PANEL,
    MESSAGE_PANEL,
    RECIPIENTS_PANEL,
    BatchOption,
    BetweenOption,
    ColumnOption,
    DelimiterOption,
    EncodingOption,
    FormatOption,
    LanesOption,
    LedgerOption,
    MessageOption,
    NameOption,
    NewOption,
    NotBeforeOption,
    PlainOption,
    RateOption,
    ShareOption,
    SourceArgument,
    TextOption,
    UntilOption,
    ZoneOption,
)
from ._running import rehearse, run_here, run_watching, send, send_trial, show_report, show_trial, submit
from ._timing import read_timing
from ._who import AtMostOption, FirstOption, SampleOption, SeedOption, SuppressOption, read_who


def run(
    source: SourceArgument = None,
    *,
    name: NameOption,
    text: TextOption = None,
    message: MessageOption = None,
    plain: PlainOption = False,
    change_message: Annotated[
        bool,
        typer.Option(
            "--change-message",
            help="Send a different message to the remaining recipients.",
            rich_help_panel=CAMPAIGN_PANEL,
        ),
    ] = False,
    ledger: LedgerOption = None,
    allow_new: NewOption = False,
    account_column: ColumnOption = "account",
    file_format: FormatOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    add_recipients: Annotated[
        bool,
        typer.Option(
            "--add-recipients",
            help="Read another file and add its new recipients.",
            rich_help_panel=RECIPIENTS_PANEL,
        ),
    ] = False,
    import_missing: Annotated[
        bool,
        typer.Option(
            "--import-missing",
            help="Import accounts that the app does not have, and retry them.",
            rich_help_panel=RECIPIENTS_PANEL,
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", help="Retry recipients that failed in earlier runs.", rich_help_panel=RECIPIENTS_PANEL
        ),
    ] = False,
    on_unknown: Annotated[
        str,
        typer.Option(
            "--on-unknown",
            metavar="WHAT",
            help="What to do about recipients who may have the message when a repeat is no longer safe: verify reads "
            "the conversation back, skip reports them, send sends again, perhaps twice.",
            rich_help_panel=CAMPAIGN_PANEL,
        ),
    ] = "verify",
    suppress: SuppressOption = None,
    at_most: AtMostOption = None,
    first: FirstOption = None,
    sample: SampleOption = None,
    seed: SeedOption = None,
    lanes: LanesOption = "auto",
    limit: LimitOption = None,
    batch_size: BatchOption = None,
    not_before: NotBeforeOption = None,
    until: UntilOption = None,
    between: BetweenOption = None,
    time_zone: ZoneOption = None,
    rate: RateOption = None,
    share: ShareOption = None,
    to_me: Annotated[
        str | None,
        typer.Option(
            "--to-me",
            metavar="ACCOUNT",
            show_default=False,
            help="Only send the first recipient's message to this account, outside the campaign, for a check.",
            rich_help_panel=MESSAGE_PANEL,
        ),
    ] = None,
    in_emulator: Annotated[
        bool,
        typer.Option(
            "--emulator",
            help="Rehearse against an emulator, with a temporary ledger.",
            rich_help_panel=CAMPAIGN_PANEL,
        ),
    ] = False,
    workers: Annotated[
        bool,
        typer.Option(
            "--workers",
            help="Submit it to `tim-async worker`s, and watch; Ctrl-C ends only the watching.",
            rich_help_panel=WORKERS_PANEL,
        ),
    ] = False,
    parallel: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="The most chunks that all workers together work on concurrently.",
            rich_help_panel=WORKERS_PANEL,
        ),
    ] = 16,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: OptionalAppIdOption = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send to every recipient who is not done yet.

    Run the same line again to continue, from any folder: the ledger is printed. The first Ctrl-C or SIGTERM finishes
    what is in flight; a second one stops immediately. Exit code 0 if every recipient was sent to, 1 if not, 2 if the
    command line is wrong or there are no recipients.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    limits = read_limits(limit)
    options: dict[str, Any] = {
        "message": read_message(text, message, plain=plain),
        "recipients": read_source(
            source,
            account_column=account_column,
            file_format=file_format,
            encoding=encoding,
            delimiter=delimiter,
        ),
        "account_column": account_column,
        "lanes": lanes,
        "batch_size": batch_size,
        "on_unknown": on_unknown,
        "import_missing": import_missing,
        "retry_failed": retry_failed,
        "change_message": change_message,
        "add_recipients": add_recipients,
        **read_who(suppress=suppress, at_most=at_most, first=first, sample=sample, seed=seed),
        **read_timing(
            not_before=not_before,
            until=until,
            between=between,
            time_zone=time_zone,
            rate=rate,
            share=share,
        ),
    }
    if in_emulator and (workers or to_me is not None):
        stop(f"{'--workers' if workers else '--to-me'} and --emulator cannot be combined")
    if in_emulator:
        whole = {**options, "first": None, "sample": None, "seed": None}  # a rehearsal does not pause
        report = run_here(rehearse(partial(make_campaign, name, **whole), limits))
        show_report(report, as_json=as_json, is_rehearsal=True)
        return
    queue_url = require(broker, "--broker", "bulk run") if workers else ""
    home = read_region(region)
    if sdk_app_id is None:
        stop("TIM_SDK_APP_ID (or --sdk-app-id) is missing; --emulator needs none")
    app, key = read_app_id(sdk_app_id), secret_key()
    from ...._core.client import TimClient

    make_client = partial(TimClient, app, key, identifier, region=home, base_url=base_url, rate_limits=limits)
    if to_me is not None:
        show_trial(run_async(send_trial(make_campaign(name, ledger, **options), make_client(), to_me)), to_me)
        return
    if workers:
        shared = make_cluster_campaign(name, ledger, **options)
        queue = partial(make_queue, queue_url, app, queue_prefix)
        show_report(
            run_watching(submit(shared, make_client(), queue, parallel, as_json=as_json)),
            as_json=as_json,
        )
    else:
        own = make_campaign(name, ledger, **options)
        show_report(run_here(send(own, make_client(), allow_new=allow_new)), as_json=as_json)


command = make_command(
    run,
    examples=(
        "tim-async bulk run people.csv --name spring --text 'Hi $name'",
        "tim-async bulk run people.csv --name spring --text 'Hi $name' --emulator",
        "tim-async bulk run --name spring   # continue",
        "tim-async bulk run people.csv --name spring --text 'Hi $name' --workers",
    ),
)
