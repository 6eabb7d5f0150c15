"""What became slower since a table was saved.

The figure compared is the ratio to the row's own baseline if it has one, and otherwise the value. A figure counts as
worse if it is worse by more than the noise: more than its own runs differed, then or now, and more than a twentieth.
With a single run the noise is unknown, and a tenth is allowed.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from .report import Row, columns

MIN_NOISE: Final = 0.05
UNKNOWN_NOISE: Final = 0.10


class Change(NamedTuple):
    """The change of a figure.

    Attributes:
        name: name of the row.
        before: the saved figure, None if there was none.
        now: the current figure, None if there is none.
        worse: how many times worse it is now: above 1 is worse, in whichever direction.
        noise: how much it may differ without a cause.
    """

    name: str
    before: float | None
    now: float | None
    worse: float | None
    noise: float

    @property
    def verdict(self) -> str:
        if self.worse is None:
            return "new" if self.before is None else "gone"
        if self.worse > 1 + self.noise:
            return "WORSE"
        return "better" if self.worse < 1 / (1 + self.noise) else "same"


def compare(before: Sequence[Mapping[str, Any]], now: Sequence[Row]) -> list[Change]:
    """Return the change of each row of this run, saved before or not."""
    saved = {row["name"]: row for row in before}
    return [_change(saved.get(row.name), row) for row in now]


def _change(saved: Mapping[str, Any] | None, row: Row) -> Change:
    then = tuple(saved["runs"]) if saved else ()
    runs = row.runs or (() if row.figure is None else (row.figure,))
    old, new = (statistics.median(each) if each else None for each in (then, runs))
    if old is None or new is None:
        return Change(row.name, old, new, None, 0.0)
    noise = max(MIN_NOISE, *(_spread(each) for each in (then, runs)))
    return Change(row.name, old, new, _times_worse(old, new, less_is_better=row.sense == "<="), noise)


def _spread(runs: Sequence[float]) -> float:
    if len(runs) < 2:
        return UNKNOWN_NOISE
    middle = statistics.median(runs)
    return (max(runs) - min(runs)) / abs(middle) if middle else 0.0


def _times_worse(old: float, new: float, *, less_is_better: bool) -> float:
    worse, better = (new, old) if less_is_better else (old, new)
    if worse == better:
        return 1.0
    return worse / better if better else math.inf


def comparison(changes: Sequence[Change]) -> str:
    """Return the changes as a table, worst first."""
    lines = [("what", "before", "now", "times as bad", "noise", "")]
    lines += [
        (
            change.name,
            "" if change.before is None else f"{change.before:.4g}",
            "" if change.now is None else f"{change.now:.4g}",
            "" if change.worse is None else f"{change.worse:.3f}",
            "" if change.worse is None else f"{change.noise:.3f}",
            change.verdict,
        )
        for change in sorted(changes, key=lambda change: -(change.worse or 0.0))
    ]
    return columns(lines)
