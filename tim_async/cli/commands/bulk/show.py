"""`tim-async bulk show`: show the outcome of one recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, one_line, print_json, show_time
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption

if TYPE_CHECKING:
    from ....bulk import RecipientDetails

_MESSAGES = {
    "sent": "as it was sent",
    "written_ahead": "as it was written ahead",
    "to_be_sent": "as it would be sent now",
}


def show(
    *,
    name: NameOption,
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", show_default=False, help="The recipient.")],
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the outcome of one recipient, with its message as it was sent, or would be sent now."""
    found = run_async(make_campaign(name, ledger, app=sdk_app_id).show(account))
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: RecipientDetails) -> None:
    import msgspec

    code = "" if found.code is None else f" with {found.code} {found.name or ''}".rstrip()
    lines = [("state", f"{found.state.replace('_', ' ')}{code}"), ("why", found.info)]
    lines.append(("MsgKey", found.msg_key))
    lines.append(("taken", None if found.msg_time is None else show_time(found.msg_time)))
    if found.since is not None:
        lines.append(("written", f"ahead at {show_time(found.since)}, chunk {found.chunk}, lane {found.lane}"))
    if found.msg_seq is not None:
        lines.append(("identity", f"MsgSeq {found.msg_seq}, MsgRandom {found.msg_random}"))
    if found.tries or found.round:
        lines.append(("tries", f"repeated {found.tries} times, retried by a user {found.round} times"))
    columns = ", ".join(f"{key}={value}" for key, value in found.columns.items())
    lines.append(("row", f"line {found.line}" + (f": {columns}" if columns else "")))
    if found.message is not None:
        text = msgspec.json.encode(found.message).decode()
        lines.append(("message", f"{_MESSAGES[found.message_is]}: {text}"))
    else:
        lines.append(("message", f"unknown: {found.message_problem}"))
    lines.append(("ledger", found.ledger))
    echo(f"account {one_line(found.account)}")
    for title, value in lines:
        if value:
            echo(f"  {title:<10} {one_line(value)}")


command = make_command(
    show,
    examples=(
        "tim-async bulk show --name spring --account bob",
        "tim-async bulk show --name spring --account bob --json",
    ),
)
