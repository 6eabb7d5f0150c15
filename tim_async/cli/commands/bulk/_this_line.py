"""Lines to be typed: the one that was typed again, or one that goes on from there."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Final

from ..._secrets import hide_password
from ..._shells import join

# Options whose value is an address, which may have a password.
_ADDRESSES: Final = frozenset({"--ledger", "--broker", "--redis", "--base-url"})


def how_to_carry_on() -> str:
    """Return what to type to carry on."""
    return f"to carry on, run it again: {this_line()}"


def this_line() -> str:
    """Return the line that was typed; passwords in URLs are for the user to put back.

    What came from standard input is in the ledger by then, and would be waited for.
    """
    shown = ["tim-async"]
    for option, argument in pairwise(["", *(each for each in sys.argv[1:] if each != "-")]):
        name = argument if argument.startswith("-") else option  # a text may be a URL, too, and is to stay as it is
        shown.append(hide_password(argument) if name.partition("=")[0] in _ADDRESSES else argument)
    return join(shown)


def bulk_line(command: str, name: str) -> str:
    """Return what to type to do something else with a campaign, with the options that say where it is kept.

    What came from the environment is there next time as well.
    """
    given = [*sys.argv[1:]]
    where = ["--ledger", "--sdk-app-id"]
    kept = [part for option, value in pairwise(given) if option in where for part in (option, _shown(option, value))]
    kept += [_shown(each.partition("=")[0], each) for each in given if each.partition("=")[0] in where and "=" in each]
    return join(["tim-async", "bulk", command, "--name", name, *kept])


def _shown(option: str, value: str) -> str:
    return hide_password(value) if option in _ADDRESSES else value
