"""The group `tim-async bulk`, whose commands are loaded when they are called."""

from __future__ import annotations

from typing import TypeAlias

from typer.core import TyperCommand, TyperGroup

from ..._frame import Entry, LazyGroup, make_group

_Loaded: TypeAlias = TyperCommand | TyperGroup

_CAMPAIGN = "A campaign"
_LEDGER = "Ledgers"
_WORKERS = "A campaign of workers"

_WATCH = "Show a campaign on a page while it runs: progress, rate, time left, codes, failures and workers."
_SHOW = "Show what became of one recipient, with its message as it was sent, or would be sent now."
_RETRY = "Let the next run try recipients again that failed, are unknown or were given up."
_LIST = "List the campaigns of a ledger, or all of yours, with state, counts and dates."
_DELETE = "Remove a campaign with all that is known of its recipients, and its file where that has no other."


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
        Entry("plan", _CAMPAIGN, "Read the recipients into the ledger and show what the campaign will be.", _plan),
        Entry("run", _CAMPAIGN, "Send to every recipient who is not settled yet.", _run),
        Entry("status", _CAMPAIGN, "Show what the ledger has about a campaign, also while it runs.", _status),
        Entry("watch", _CAMPAIGN, _WATCH, _watch),
        Entry("export", _CAMPAIGN, "Write the outcome of every recipient: state, code, MsgKey, time.", _export),
        Entry("show", _CAMPAIGN, _SHOW, _show),
        Entry("retry", _CAMPAIGN, _RETRY, _retry),
        Entry("suppress", _CAMPAIGN, "Keep lists of accounts who are not sent to.", _suppress),
        Entry("set", _CAMPAIGN, "Change when and how fast a campaign sends, also while it runs.", _set),
        Entry("pause", _CAMPAIGN, "Pause a campaign, wherever it runs; `resume` continues it.", _pause),
        Entry(
            "resume",
            _CAMPAIGN,
            "Continue a campaign that was paused, or one of workers that was stopped by a fault that is fixed.",
            _resume,
        ),
        Entry("cancel", _CAMPAIGN, "End a campaign for good, wherever it runs.", _cancel),
        Entry("list", _LEDGER, _LIST, _list),
        Entry("archive", _LEDGER, "Put a campaign aside: it is not listed, and cannot be run.", _archive),
        Entry("delete", _LEDGER, _DELETE, _delete),
        Entry("adopt", _LEDGER, "Take a ledger whose log is missing for all there is.", _adopt),
        Entry("workers", _WORKERS, "Show which workers are alive, what they have at work, and since when.", _workers),
        Entry("given-up", _WORKERS, "Show the chunks that were given up, or let workers retry them.", _given_up),
    )


command = make_group(
    Bulk,
    name="bulk",
    about="""Send one message, or a personal one, to any number of recipients.

    A campaign is kept in a ledger, a file that does not depend on the folder you are in: run again, it carries on,
    whatever ended it. `plan` shows what it will be,
    `run` sends, `status` shows how far it is, `export` writes the outcome of every recipient. `pause`, `resume` and
    `cancel` reach the process that runs it. `list` shows which campaigns there are.

    With a database for the ledger, `run --workers` leaves the work to `tim-async worker`s on any number of machines;
    any of these can watch (`status`, or `run --workers` again).""",
    examples=(
        "tim-async bulk plan people.csv --name spring --text 'Hi $name'",
        "tim-async bulk run people.csv --name spring --text 'Hi $name' --emulator",
        "tim-async bulk run people.csv --name spring --text 'Hi $name'",
        "tim-async bulk export outcomes.csv --name spring",
    ),
)
