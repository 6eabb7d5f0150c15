"""The group `tim-async bulk`, whose commands are loaded when they are called."""

from __future__ import annotations

from typing import TypeAlias

from typer.core import TyperCommand, TyperGroup

from ..._frame import Entry, LazyGroup, make_group

_Loaded: TypeAlias = TyperCommand | TyperGroup

_CAMPAIGN = "A campaign"
_LEDGER = "Ledgers"
_WORKERS = "A campaign of workers"

_WATCH = "Show a running campaign on a web page: progress, rate, time left, codes, failures and workers."
_SHOW = "Show the outcome of one recipient, with its message as it was sent, or would be sent now."
_RETRY = "Make the next run retry recipients that failed, are unknown or were given up."
_LIST = "List the campaigns of a ledger, or all of yours, with state, counts and dates."
_DELETE = "Delete a campaign with all data of its recipients, and its file if that has no other campaign."


def _plan() -> _Loaded:
    from .plan import command

    return command


def _run() -> _Loaded:
    from .run import command

    return command


def _status() -> _Loaded:
    from .status import command

    return command


def _export() -> _Loaded:
    from .export import command

    return command


def _set() -> _Loaded:
    from .set import command

    return command


def _suppress() -> _Loaded:
    from .suppress.group import command

    return command


def _pause() -> _Loaded:
    from .pause import command

    return command


def _resume() -> _Loaded:
    from .resume import command

    return command


def _cancel() -> _Loaded:
    from .cancel import command

    return command


def _adopt() -> _Loaded:
    from .adopt import command

    return command


def _workers() -> _Loaded:
    from .workers import command

    return command


def _given_up() -> _Loaded:
    from .given_up import command

    return command


def _list() -> _Loaded:
    from .list import command

    return command


def _show() -> _Loaded:
    from .show import command

    return command


def _retry() -> _Loaded:
    from .retry import command

    return command


def _watch() -> _Loaded:
    from .watch import command

    return command


def _archive() -> _Loaded:
    from .archive import command

    return command


def _delete() -> _Loaded:
    from .delete import command

    return command


class Bulk(LazyGroup):
    """The commands of `tim-async bulk`."""

    entries = (
        Entry("plan", _CAMPAIGN, "Read the recipients into the ledger and show a forecast of the campaign.", _plan),
        Entry("run", _CAMPAIGN, "Send to every recipient who is not done yet.", _run),
        Entry("status", _CAMPAIGN, "Show the status of a campaign, also while it runs.", _status),
        Entry("watch", _CAMPAIGN, _WATCH, _watch),
        Entry("export", _CAMPAIGN, "Write the outcome of every recipient: state, code, MsgKey, time.", _export),
        Entry("show", _CAMPAIGN, _SHOW, _show),
        Entry("retry", _CAMPAIGN, _RETRY, _retry),
        Entry("suppress", _CAMPAIGN, "Keep lists of accounts not to send to.", _suppress),
        Entry("set", _CAMPAIGN, "Change when and how fast a campaign sends, also while it runs.", _set),
        Entry("pause", _CAMPAIGN, "Pause a campaign, wherever it runs; `resume` continues it.", _pause),
        Entry(
            "resume",
            _CAMPAIGN,
            "Resume a paused campaign, or one of workers that was stopped by a fault which is fixed.",
            _resume,
        ),
        Entry("cancel", _CAMPAIGN, "End a campaign permanently, wherever it runs.", _cancel),
        Entry("list", _LEDGER, _LIST, _list),
        Entry("archive", _LEDGER, "Archive a campaign: it is no longer listed, and cannot be run.", _archive),
        Entry("delete", _LEDGER, _DELETE, _delete),
        Entry("adopt", _LEDGER, "Accept a ledger whose log is missing as complete.", _adopt),
        Entry("workers", _WORKERS, "Show the workers, what each has in flight, and since when.", _workers),
        Entry("given-up", _WORKERS, "Show the chunks that were given up, or let workers retry them.", _given_up),
    )


command = make_group(
    Bulk,
    name="bulk",
    about="""Send one message, or a personal one, to any number of recipients.

    A campaign is kept in a ledger, a file that does not depend on the working folder: run it again, and it continues,
    whatever interrupted it. `plan` shows a forecast, `run` sends, `status` shows the progress, `export` writes the
    outcome of every recipient. `pause`, `resume` and `cancel` reach the process that runs it. `list` lists the
    campaigns.

    If the ledger is a database, `run --workers` leaves the work to `tim-async worker`s on any number of machines;
    any machine can watch (`status`, or `run --workers` again).""",
    examples=(
        "tim-async bulk plan people.csv --name spring --text 'Hi $name'",
        "tim-async bulk run people.csv --name spring --text 'Hi $name' --emulator",
        "tim-async bulk run people.csv --name spring --text 'Hi $name'",
        "tim-async bulk export outcomes.csv --name spring",
    ),
)
