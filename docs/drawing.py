"""How all plots look, and where they are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.figure import Figure

PLOTS: Final = Path(__file__).parent / "static" / "plots"
OURS, OTHER, REFUSED, LINE = "#2b6cb0", "#8a8f98", "#c53030", "#718096"

mpl.rcParams.update({"svg.hashsalt": "tim_async", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def canvas(height: float, columns: int = 1, *, share_y: bool = False) -> tuple[Figure, Any]:
    """Return a new figure as wide as a page, `height` inches high, and its axes: one, or a list of several."""
    figure: Figure
    figure, axes = pyplot.subplots(1, columns, figsize=(7.6, height), sharey=share_y)
    return figure, axes


def save(figures: Mapping[str, Figure]) -> None:
    """Write plots by their names; the same figure gives the same file each time."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
        pyplot.close(figure)
