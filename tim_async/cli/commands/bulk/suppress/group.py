"""The group `tim-async bulk suppress`, whose commands are loaded when they are called."""

from __future__ import annotations

from typing import TypeAlias

from typer.core import TyperCommand, TyperGroup

from ...._frame import Entry, LazyGroup, make_group

_Loaded: TypeAlias = TyperCommand | TyperGroup

_PANEL = "Suppression lists"


def _add() -> _Loaded:
    from .add import command

    return command


def _remove() -> _Loaded:
    from .remove import command

    return command


def _list() -> _Loaded:
    from .show import command

    return command


class Suppress(LazyGroup):
    """The commands of `tim-async bulk suppress`."""

    entries = (
        Entry("add", _PANEL, "Add accounts to a suppression list; no campaign of the ledger sends to them.", _add),
        Entry("remove", _PANEL, "Remove accounts from a suppression list, or from all lists without --list.", _remove),
        Entry("list", _PANEL, "Show the suppression lists of a ledger, or the accounts of one.", _list),
    )


command = make_group(
    Suppress,
    name="suppress",
    about="""Keep lists of accounts not to send to.

    The lists are in the ledger and apply to all of its campaigns, including running ones. `run --suppress FILE` adds a
    file before it sends.""",
    examples=(
        "tim-async bulk suppress add unsubscribed.csv --ledger spring.db",
        "tim-async bulk suppress list --ledger spring.db",
    ),
)
