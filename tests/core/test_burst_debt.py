"""The debt of bursts by itself; what it is for: tests/core/test_rate_limits.py."""

from __future__ import annotations

from tim_async._core.burst_debt import BurstDebt


def test_debt_is_full_after_a_wait_and_leaves_at_the_pace() -> None:
    debt = BurstDebt(200)
    assert debt.left(1.0, 100.0) == 0.0
    debt.count(50, 1.0, 100.0)
    assert debt.left(1.0, 100.0) == 0.0, "without a wait, grants leave none"
    debt.fill(1.0)
    assert debt.left(1.5, 100.0) == 150.0
    debt.count(20, 1.5, 100.0)
    assert debt.left(1.6, 100.0) == 160.0
    debt.count(100, 1.6, 100.0)
    assert debt.left(1.6, 100.0) == 200.0, "never more than full"
    assert debt.left(9.0, 100.0) == 0.0


def test_debt_leaves_as_before_when_the_clock_was_set_back() -> None:
    debt = BurstDebt(200)
    debt.fill(1000.0)
    debt.shift(-999.0)
    assert debt.left(1.5, 100.0) == 150.0
