"""The window of a limit alone: what it holds, and when there is room."""

from __future__ import annotations

import pytest

from tim_async._core.grant_window import GrantWindow


def test_room_comes_when_enough_grants_have_left() -> None:
    window = GrantWindow(10, 1.0)
    for index in range(10):
        window.add(1, index / 10, is_burst=False)
    assert window.held(0.95) == 10
    assert window.due(1, 0.95) == pytest.approx(0.0525)
    assert window.due(4, 0.95) == pytest.approx(0.3525), "when the fourth has left"


def test_what_never_fits_is_due_when_the_window_is_empty() -> None:
    window = GrantWindow(10, 1.0)
    window.add(3, 0.0, is_burst=False)
    window.add(3, 0.5, is_burst=False)
    assert window.due(11, 0.6) == pytest.approx(0.9025)


def test_paced_grants_just_before_a_burst_leave_with_it() -> None:
    window = GrantWindow(10, 1.0)
    window.add(1, 0.90, is_burst=False)
    window.add(1, 0.98, is_burst=False)
    window.add(5, 1.00, is_burst=True)
    assert window.held_bursts(1.0) == 6
    assert window.held(1.9026) == 6
    assert window.held(2.0299) == 6
    assert window.held(2.0501) == window.held_bursts(2.0501) == 0


def test_large_windows_keep_grants_in_slices() -> None:
    window = GrantWindow(12_000, 60.0)
    for index in range(12_000):
        window.add(1, index * 0.005, is_burst=False)
    assert len(window._paced) <= 1001
    assert window.due(1, 60.0) <= 0.07, "no longer than a slice after the first grant leaves"
