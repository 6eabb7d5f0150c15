"""`tim-async explain`: what an error code means and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import _codes
from .._core.retry import TRANSIENT_CODES, RetryPolicy
from ..errors import ADVICE, CLASSES
from ._shared import EXIT_FAILED, stop


def explain(
    code: Annotated[int, typer.Argument(metavar="CODE", show_default=False, help="Such as 20004 or -302.")],
) -> None:
    """Explain an error code of the service: its meaning, what to do, whether it is retried, the class it becomes.

    Some numbers mean different things in different parts of the service; all of them are shown.
    """
    rows = _codes.find(code)
    if not rows:
        stop(f"{code} is not in the catalogue; it would be raised as ApiError, and not be retried", EXIT_FAILED)
    for index, row in enumerate(rows):
        if index:
            typer.echo()
        _show(row)


def _show(row: _codes.Code) -> None:
    typer.echo(f"{row.code} {row.name} ({row.scope})")
    typer.echo(f"  meaning    {row.meaning}")
    if row.code == 0:
        return
    typer.echo(f"  what now   {ADVICE[row.hint] or 'nothing by itself: the meaning says how things stand'}")
    typer.echo(f"  retried    {_retried(row)}")
    typer.echo(f"  raised as  {CLASSES[row.hint].__name__}")


def _retried(row: _codes.Code) -> str:
    if row.code in TRANSIENT_CODES:
        return "yes, by default"
    if row.code in _codes.SLOW_DOWN_CODES:
        return "not by default, but the command holds back for a while; RetryPolicy.official() repeats it after that"
    return "not by default; RetryPolicy.official() repeats it" if row.code in RetryPolicy.official().codes else "no"
