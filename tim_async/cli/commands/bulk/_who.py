"""The options of `bulk` for who is left out and who is sent to first, and their conversion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ..._errors import stop
from ._options import RECIPIENTS_PANEL

_AT_MOST: Final = re.compile(r"(\d+)/(\d*)d")

SuppressOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--suppress",
        metavar="FILE",
        show_default=False,
        help="Accounts not to send to: .csv, .jsonl or .txt, also .gz. Read into a suppression list of the "
        "ledger, which applies to all of its campaigns; may be repeated. See `bulk suppress`.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
AtMostOption = Annotated[
    str | None,
    typer.Option(
        "--at-most",
        metavar="N/DAYSd",
        show_default=False,
        help="The most messages per account in a number of days, over all campaigns of the ledger: 1/7d is one a week. "
        "Kept for later runs.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
FirstOption = Annotated[
    int | None,
    typer.Option(
        "--first",
        metavar="NUMBER",
        show_default=False,
        help="Send to this many of the first recipients, then pause for a check; `bulk resume` sends to the rest.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
SampleOption = Annotated[
    int | None,
    typer.Option(
        "--sample",
        metavar="NUMBER",
        show_default=False,
        help="The same with random recipients.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="NUMBER",
        show_default=False,
        help="Makes the sample reproducible: the same seed and recipients give the same sample.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]


def read_who(
    *,
    suppress: Sequence[Path] | None,
    at_most: str | None,
    first: int | None,
    sample: int | None,
    seed: int | None,
) -> dict[str, Any]:
    """Return the arguments of a campaign."""
    return {
        "suppress": suppress or (),
        "at_most": None if at_most is None else _read_at_most(at_most),
        "first": first,
        "sample": sample,
        "seed": seed,
    }


def _read_at_most(text: str) -> tuple[int, int]:
    found = _AT_MOST.fullmatch(text.replace(" ", ""))
    if found is None:
        stop(f"--at-most {text}: give messages and days, such as 1/7d for one a week")
    return int(found[1]), int(found[2] or 1)
