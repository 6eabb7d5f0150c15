"""Rows of the table."""

from __future__ import annotations

import dataclasses
import operator
import statistics
from collections.abc import Callable, Sequence
from typing import Final

_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        name: what was measured.
        value: the figure; None if it could not be measured, and the note says why.
        unit: its unit.
        baseline: the figure's baseline in the same run, None if the budget is absolute.
        limit: the budget, for the ratio to the baseline if there is one and otherwise for the value; None without.
        sense: how the figure relates to the budget, and whether less or more is better without one.
        note: shown beside it.
        runs: the figures of each run, ratios if there is a baseline; empty for a row of a single run.
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    limit: float | None = None
    sense: str = "<="
    note: str = ""
    runs: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None or self.value is None else self.value / self.baseline

    @property
    def figure(self) -> float | None:
        """The figure that the budget applies to: the ratio if there is a baseline, otherwise the value."""
        return self.value if self.ratio is None else self.ratio

    @property
    def is_kept(self) -> bool | None:
        """Whether the budget is kept; None if there is none."""
        if self.limit is None or self.figure is None:
            return None
        return _HOLDS[self.sense](self.figure, self.limit)

    def as_json(self) -> dict[str, object]:
        runs = self.runs or (() if self.figure is None else (self.figure,))
        return {**dataclasses.asdict(self), "runs": runs, "ratio": self.ratio, "is_kept": self.is_kept}


def merge(runs: list[list[Row]]) -> list[Row]:
    """Merge the rows of several runs into one row each: the median run, with the figures of all."""
    merged = []
    for name in dict.fromkeys(row.name for run in runs for row in run):
        rows = [row for run in runs for row in run if row.name == name]
        measured = sorted((row for row in rows if row.figure is not None), key=lambda row: row.figure or 0.0)
        if len(measured) < 2:
            merged.append((measured or rows)[0])
            continue
        figures = tuple(row.figure or 0.0 for row in measured)
        middle = measured[len(measured) // 2]
        spread = f"{len(figures)} runs, {figures[0]:.4g} to {figures[-1]:.4g}"
        merged.append(dataclasses.replace(middle, note=f"{spread}; {middle.note}".rstrip("; "), runs=figures))
    return merged


def columns(lines: Sequence[tuple[str, ...]]) -> str:
    """Return lines of cells with the columns aligned."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a table."""
    lines = [("what", "value", "baseline", "ratio", "budget", "", "note")]
    for row in rows:
        verdict = {True: "kept", False: "MISSED", None: ""}[row.is_kept]
        lines.append(
            (
                row.name,
                "skipped" if row.value is None else f"{row.value:,.4g} {row.unit}",
                "" if row.baseline is None else f"{row.baseline:,.4g}",
                "" if row.ratio is None else f"{row.ratio:.3f}",
                "" if row.limit is None else f"{row.sense} {row.limit:.4g}",
                verdict,
                row.note,
            )
        )
    return columns(lines)


def percentile(values: list[float], part: float) -> float:
    """Return the value that a part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spread_ms(seconds: list[float]) -> str:
    """Format the median, the 99th percentile and the maximum of some times in milliseconds."""
    middle, late, longest = statistics.median(seconds), percentile(seconds, 0.99), max(seconds)
    return f"p50 {1000 * middle:.1f}, p99 {1000 * late:.1f}, longest {1000 * longest:.1f} ms"


def worst_window(times: list[float], per: float = 1.0) -> int:
    """Return the maximum number of events in any window of `per` seconds, both ends included."""
    worst = first = 0
    ordered = sorted(times)
    for index, when in enumerate(ordered):
        while ordered[first] < when - per:
            first += 1
        worst = max(worst, index - first + 1)
    return worst
