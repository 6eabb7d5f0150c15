"""The plots show what the limiter does today."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

FOLDER = Path(__file__).parents[2] / "docs" / "static" / "plots"


def test_plot_of_a_burst_shows_no_refusal_of_ours() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the group `docs`")
    from docs.plots import _LIMIT, _in_last_second, _leaky, _ours

    assert max(_in_last_second(_ours())[1]) <= _LIMIT < 390 < max(_in_last_second(_leaky())[1])


def test_plot_of_a_shared_cap_shows_no_refusal_of_ours() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the group `docs`")
    from docs.plots import _LIMIT, _STOPPED, _counted, _in_last_second, _reserved

    times = _reserved()
    assert max(_in_last_second(times)[1]) <= _LIMIT < 390 < max(_in_last_second(_counted())[1])
    assert len([each for each in times if _STOPPED[0] <= each < _STOPPED[1]]) > 0.9 * _LIMIT * 1.5, "others go on"


def test_every_plot_is_shown_by_both_languages() -> None:
    pages = [path.read_text("utf-8") for path in FOLDER.parents[1].glob("*/explanation/*.md")]
    for plot in FOLDER.glob("*.svg"):
        assert sum(f"plots/{plot.name})" in page for page in pages) == 2
