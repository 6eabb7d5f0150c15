"""`tim-async bulk plan`: forecast a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ..._limits import LimitOption, read_limits
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, show_facts
from ..._progress import shown
from ._campaign import find_place, make_campaign, read_message, read_source
from ._options import (
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
from ._timing import read_timing
from ._who import AtMostOption, FirstOption, SampleOption, SeedOption, SuppressOption, read_who

if TYPE_CHECKING:
    from ....bulk import Plan


def plan(
    source: SourceArgument = None,
    *,
    name: NameOption,
    text: TextOption = None,
    message: MessageOption = None,
    plain: PlainOption = False,
    ledger: LedgerOption = None,
    allow_new: NewOption = False,
    sdk_app_id: OptionalAppIdOption = None,
    account_column: ColumnOption = "account",
    file_format: FormatOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
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
    as_json: JsonOption = False,
) -> None:
    """Read the recipients into the ledger and show a forecast of the campaign.

    Nothing is sent. Counts recipients, duplicates and bad rows, measures the largest message, warns of probable
    mistakes, and estimates the duration in each lane. `run` continues from there. Exit code 1 if rows are expected to
    fail, with a line that says which.
    """
    campaign = make_campaign(
        name,
        ledger,
        app=sdk_app_id,
        recipients=read_source(
            source,
            account_column=account_column,
            file_format=file_format,
            encoding=encoding,
            delimiter=delimiter,
        ),
        message=read_message(text, message, plain=plain),
        account_column=account_column,
        lanes=lanes,
        batch_size=batch_size,
        **read_who(suppress=suppress, at_most=at_most, first=first, sample=sample, seed=seed),
        **read_timing(
            not_before=not_before,
            until=until,
            between=between,
            time_zone=time_zone,
            rate=rate,
            share=share,
        ),
    )
    limits = read_limits(limit)

    async def main() -> Plan:
        await find_place(campaign, allow_new=allow_new)
        with shown() as show:
            return await campaign.plan(rate_limits=limits, on_planning=show)

    found = run_async(main())
    show_facts(found, as_json=as_json)
    if found.shortfall:
        stop(f"not every row will be sent: {found.shortfall}", EXIT_FAILED)


command = make_command(
    plan,
    examples=(
        "tim-async bulk plan people.csv --name spring --text 'Hi $name'",
        "tim-async bulk plan people.csv --name spring --message message.json --encoding gb18030",
    ),
)
