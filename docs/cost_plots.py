"""The plots of the figures that were measured: `python -m docs.costs` draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from docs.drawing import LINE, OTHER, OURS, REFUSED, canvas, save


def draw(rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw and write the plots, from rows of the benchmarks by their names."""
    save({"cost-call": _of_calls(rows), "cost-cap": _of_cap(rows), "cost-beside": _of_ways(rows)})


def _of_calls(rows: Mapping[str, Mapping[str, Any]]) -> Figure:
    name = "CPU of c2c.send against a bare post"
    times = ("one after the other", "20 at a time", "32 at a time", "200 at a time")
    figure, axis = canvas(2.6)
    for offset, way, colour, label in (
        (-0.2, "", OURS, "connections of the library"), (0.2, " through a proxy", OTHER, "session of aiohttp"),
    ):  # fmt: skip
        ratios = [rows[f"{name}{way}, {each}, asyncio"]["ratio"] for each in times]
        bars = axis.bar([at + offset for at in range(len(times))], ratios, 0.36, color=colour, label=label)
        axis.bar_label(bars, fmt="%.2f", fontsize=8)
    axis.axhline(1, color=LINE, linewidth=0.8, linestyle="--")
    axis.set_xticks(range(len(times)), times)
    axis.set_ylabel("CPU, bare post = 1")
    axis.set_ylim(0, 1.7)
    axis.legend(frameon=False, loc="upper left", ncols=2)
    return figure


def _of_cap(rows: Mapping[str, Mapping[str, Any]]) -> Figure:
    cases = {
        "50 tasks": "50 waiting, asyncio",
        "5,000 tasks": "5,000 waiting, asyncio",
        "64 threads": "5,000 sends from 64 threads",
        "8 processes,\na file": "8 processes of a machine",
        "8 processes,\nRedis": "8 processes",
    }
    figure, axis = canvas(2.6)
    bars = axis.bar(list(cases), [rows[f"{name}: use of the cap"]["value"] for name in cases.values()], 0.6, color=OURS)
    axis.bar_label(bars, fmt="%.1f %%", fontsize=8)
    axis.axhline(100, color=LINE, linewidth=0.8, linestyle="--", zorder=0)
    axis.set_ylabel("% of 200 calls a second")
    axis.set_ylim(0, 115)
    return figure


def _of_ways(rows: Mapping[str, Mapping[str, Any]]) -> Figure:
    ways = {
        "tim_async": "this library",
        "aiohttp by hand": "aiohttp by hand with AsyncLimiter(200, 1)",
        "timsdk": "timsdk in 20 threads",
        "tencentcloud-\nsdk-python-im": "tencentcloud-sdk-python-im in 20 threads",
    }
    figure, axes = canvas(2.4, 3, share_y=True)
    for axis, (what, title, form) in zip(
        axes,
        (("delivered", "delivered per second", "%.0f"), ("refused", "% refused", "%.1f"),
         ("CPU of a delivered message", "CPU per delivered message, µs", "%.0f")),
        strict=True,
    ):  # fmt: skip
        colours = [REFUSED if what == "refused" else OURS if way == "tim_async" else OTHER for way in ways]
        bars = axis.barh(list(ways), [rows[f"{name}: {what}"]["value"] for name in ways.values()], 0.6, color=colours)
        axis.bar_label(bars, fmt=form, fontsize=8, padding=2)
        axis.set_title(title, fontsize=9)
        axis.margins(x=0.3)
        axis.set_xticks([])
    axes[0].invert_yaxis()
    figure.tight_layout()
    return figure
