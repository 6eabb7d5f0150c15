"""Rows of the table."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import Final

_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        name: what was measured.
        value: the figure.
        unit: what it counts.
        baseline: the figure's baseline in the same run, None where the budget is absolute.
        limit: the budget, for the ratio to the baseline where there is one and for the value elsewhere; None without.
        sense: how the figure relates to the budget.
        note: what stands beside it.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    limit: float | None = None
    sense: str = "<="
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.value / self.baseline

    @property
    def is_kept(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.limit is None:
            return None
        return _HOLDS[self.sense](self.value if self.ratio is None else self.ratio, self.limit)

    def as_json(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "ratio": self.ratio, "is_kept": self.is_kept}


def table(rows: list[Row]) -> str:
    """Return the rows as a table."""
    lines = [("what", "value", "baseline", "ratio", "budget", "", "note")]
    for row in rows:
        verdict = {True: "kept", False: "MISSED", None: ""}[row.is_kept]
        lines.append(
            (
                row.name,
                f"{row.value:,.4g} {row.unit}",
                "" if row.baseline is None else f"{row.baseline:,.4g}",
                "" if row.ratio is None else f"{row.ratio:.3f}",
                "" if row.limit is None else f"{row.sense} {row.limit:g}",
                verdict,
                row.note,
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def worst_window(times: list[float], per: float = 1.0) -> int:
    """Return the most events in any window of `per` seconds, both ends included."""
    worst = first = 0
    ordered = sorted(times)
    for index, when in enumerate(ordered):
        while ordered[first] < when - per:
            first += 1
        worst = max(worst, index - first + 1)
    return worst
