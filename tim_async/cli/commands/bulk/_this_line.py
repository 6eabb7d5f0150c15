"""Command lines for users: the current one to repeat, or one to continue with."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Final

from ..._secrets import hide_password
from ..._shells import join

# Options whose value is a URL, which may contain a password.
_ADDRESSES: Final = frozenset({"--ledger", "--broker", "--redis", "--base-url"})


def how_to_carry_on() -> str:
    """Return what to type to continue."""
    return f"to continue, run it again: {this_line()}"


def this_line() -> str:
    """Return the current command line; users must put passwords in URLs back.

    Input from standard input is in the ledger by then, and must not be read again.
    """
    shown = ["tim-async"]
    for option, argument in pairwise(["", *(each for each in sys.argv[1:] if each != "-")]):
        name = argument if argument.startswith("-") else option  # a text may look like a URL, but must stay unchanged
        shown.append(hide_password(argument) if name.partition("=")[0] in _ADDRESSES else argument)
    return join(shown)


def bulk_line(command: str, name: str) -> str:
    """Return the command line for another operation on a campaign, with the options that locate it.

    Values from the environment will be there next time as well.
    """
    given = [*sys.argv[1:]]
    where = ["--ledger", "--sdk-app-id"]
    kept = [part for option, value in pairwise(given) if option in where for part in (option, _shown(option, value))]
    kept += [_shown(each.partition("=")[0], each) for each in given if each.partition("=")[0] in where and "=" in each]
    return join(["tim-async", "bulk", command, "--name", name, *kept])


def _shown(option: str, value: str) -> str:
    return hide_password(value) if option in _ADDRESSES else value
