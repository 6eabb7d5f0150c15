"""`tim-async bulk set`: change when and how fast a campaign sends."""

from __future__ import annotations

from ..._errors import stop
from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, one_line, print_json
from ._campaign import make_campaign
from ._options import (
    BetweenOption,
    LedgerOption,
    NameOption,
    NotBeforeOption,
    RateOption,
    ShareOption,
    UntilOption,
    ZoneOption,
)
from ._timing import read_timing


def set_timing(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    not_before: NotBeforeOption = None,
    until: UntilOption = None,
    between: BetweenOption = None,
    time_zone: ZoneOption = None,
    rate: RateOption = None,
    share: ShareOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change when and how fast a campaign sends, also while it runs.

    The change reaches the process or the workers that run it through the ledger, within a second or two. Other settings
    stay; `none` removes one: `--rate none`. Running the original command again does not undo the changes. Prints the
    current settings.
    """
    changes = read_timing(
        not_before=not_before,
        until=until,
        between=between,
        time_zone=time_zone,
        rate=rate,
        share=share,
        may_remove=True,
    )
    if not changes:
        stop("give what to change, such as --rate 50 or --between 09:00-21:00")
    timing = run_async(make_campaign(name, ledger, app=sdk_app_id).set_timing(**changes))
    if as_json:
        print_json({"campaign": name, "timing": timing})
        return
    echo(f"campaign {one_line(name)}: {str(timing) or 'at any time, as fast as the limits allow'}")


command = make_command(
    set_timing,
    name="set",
    examples=(
        "tim-async bulk set --name spring --rate 50",
        "tim-async bulk set --name spring --between 09:00-21:00 --time-zone Asia/Shanghai",
        "tim-async bulk set --name spring --rate none --share 40%",
    ),
)
