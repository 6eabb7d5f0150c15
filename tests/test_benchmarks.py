"""The parts of the benchmarks that judge: what they call kept, worse or the same."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.adaptive import Scenario, judge_scenario
from benchmarks.comparison import compare, comparison
from benchmarks.counting import Accounts
from benchmarks.planning import Blocks, Kind, Order, growth, planning
from benchmarks.recipient import cost, export, start
from benchmarks.report import Row, merge, percentile, table
from benchmarks.soak import POOL_SIZE, Reported, Transport, Way, judge, soak
from tim_async.bulk import PlanProgress
from tim_async.bulk._plan.reading import PlanStage


def row(value: float | None, *, name: str = "it", sense: str = "<=", limit: float | None = None) -> Row:
    return Row(name=name, value=value, unit="us", sense=sense, limit=limit)


def verdict(before: list[float], now: list[float], sense: str = "<=") -> str:
    saved = merge([[row(value, sense=sense)] for value in before])[0].as_json()
    (change,) = compare([saved], merge([[row(value, sense=sense)] for value in now]))
    return change.verdict


@pytest.mark.parametrize(
    ("before", "now", "sense", "expected"),
    [
        pytest.param([10, 10.1, 10.2], [10.4, 10.3, 10.2], "<=", "same", id="within a twentieth"),
        pytest.param([10, 10.1, 10.2], [11.4, 11.3, 11.2], "<=", "WORSE", id="a tenth more, quiet"),
        pytest.param([10, 9, 11.5], [11.4, 11.3, 11.2], "<=", "same", id="noisy before"),
        pytest.param([10, 10.1, 10.2], [9, 11.3, 13], "<=", "same", id="noisy now"),
        pytest.param([10], [10.9], "<=", "same", id="one run, within a tenth"),
        pytest.param([10], [11.1], "<=", "WORSE", id="one run"),
        pytest.param([10], [8], "<=", "better", id="less is better"),
        pytest.param([10], [8], ">=", "WORSE", id="more is better"),
        pytest.param([0], [0], "<=", "same", id="none, as before"),
        pytest.param([0], [1], "<=", "WORSE", id="one where none was"),
    ],
)
def test_a_figure_is_worse_when_it_differs_by_more_than_the_noise(
    before: list[float], now: list[float], sense: str, expected: str
) -> None:
    assert verdict(before, now, sense) == expected


def test_comparison_shows_the_worst_first_and_names_what_is_new_or_could_not_be_measured() -> None:
    saved = [row(10, name="a").as_json(), row(10, name="b").as_json(), row(10, name="c").as_json()]
    changes = compare(saved, [row(10, name="a"), row(20, name="b"), row(None, name="c"), row(1, name="d")])
    assert [(change.name, change.verdict) for change in changes] == [
        ("a", "same"),
        ("b", "WORSE"),
        ("c", "gone"),
        ("d", "new"),
    ]
    assert comparison(changes).splitlines()[1].split() == ["b", "10", "20", "2.000", "0.100", "WORSE"]


def test_figures_with_a_baseline_are_compared_by_their_ratio() -> None:
    saved = Row(name="it", value=10, unit="us", baseline=10).as_json()
    (change,) = compare([saved], [Row(name="it", value=30, unit="us", baseline=30)])
    assert (change.before, change.now, change.verdict) == (1, 1, "same")
    assert compare([row(0).as_json()], [row(1)])[0].worse == math.inf


def test_several_runs_become_the_one_in_the_middle() -> None:
    (merged,) = merge([[row(value, limit=2)] for value in (3, 1, 2)])
    assert (merged.value, merged.runs, merged.note) == (2, (1, 2, 3), "3 runs, 1 to 3")
    assert merged.is_kept
    assert merge([[row(1), row(None, name="skipped")]])[1].is_kept is None


def test_table_says_what_was_kept_missed_and_skipped() -> None:
    lines = table([row(1, limit=2), row(3, limit=2), row(3, limit=2, sense=">="), row(None, limit=2)]).splitlines()
    assert [line.split()[1:] for line in lines[1:]] == [
        ["1", "us", "<=", "2", "kept"],
        ["3", "us", "<=", "2", "MISSED"],
        ["3", "us", ">=", "2", "kept"],
        ["skipped", "<=", "2"],
    ]


def test_percentile() -> None:
    assert [percentile([3, 1, 2, 4], part) for part in (0, 0.5, 0.99, 1)] == [1, 3, 4, 4]


def test_soak_judges_what_was_reported_by_what_was_accepted() -> None:
    right = [
        (Reported.SENT, "1"),
        (Reported.FAILED, "0"),
        (Reported.MAYBE, "0"),
        (Reported.MAYBE, "1"),
        (Reported.CANCELLED, "0"),
        (Reported.CANCELLED_MAYBE, "0"),
        (Reported.CANCELLED_MAYBE, "1"),
    ]
    assert not judge({n: what for n, (what, _) in enumerate(right)}, "".join(times for _, times in right)).total()
    assert judge({0: Reported.SENT}, "0") == {"lost": 1, "doubled": 0, "wrong": 0}
    assert judge({}, "1")["lost"] == 1
    assert judge({0: Reported.MAYBE}, "2") == {"lost": 0, "doubled": 1, "wrong": 0}
    for what in (Reported.FAILED, Reported.CANCELLED, Reported.OF_ANOTHER, Reported.UNEXPECTED):
        assert judge({0: what}, "1") == {"lost": 0, "doubled": 0, "wrong": 1}
    assert judge({0: Reported.UNEXPECTED}, "0")["wrong"] == 1


@pytest.mark.soak
@pytest.mark.parametrize(
    ("transport", "way"),
    [("never", "connection"), ("connect", "connection"), ("any", "connection"), ("any", "session")],
)
async def test_soak_accounts_for_every_message(transport: Transport, way: Way) -> None:
    rows = await soak(transport, way, messages=3000)
    if way == "session":
        # aiohttp's session closes a connection in the next turn of the loop, and may open another one in this turn.
        rows = [dataclasses.replace(row, limit=1.1 * POOL_SIZE) if row.unit == "connections" else row for row in rows]
    assert all(row.is_kept for row in rows), table(rows)


def test_counting_service_refuses_exactly_what_is_over_the_limit_and_counts_others() -> None:
    accounts = Accounts(limit=3, others_rate=2)
    assert [accounts.arrive(f"p0-{number}", 10.0) for number in range(4)] == [True, True, True, False]
    accounts.let_others(12.0, 13.0)
    assert [accounts.arrive(f"p1-{number}", 12.9) for number in range(2)] == [True, False]
    assert accounts.arrivals["others"] == [(12.0, True), (12.5, True)]
    assert [is_taken for _, is_taken in accounts.arrivals["p1"]] == [True, False]
    assert accounts.delivered.total() == 4


def plan_in_blocks(cost_of_a_batch: Callable[[int], float]) -> list[float]:
    """What the rows of a plan have cost by block, where reading a batch of 1,000 and entering it cost this."""
    now = 0.0
    blocks = Blocks(lambda: now)

    def note(stage: PlanStage, rows: int, entered: int) -> None:
        facts: dict[str, Any] = {"rate": 0.0, "bytes_read": None, "bytes_total": None, "elapsed_s": 0.0}
        blocks.note(PlanProgress(name="plan", stage=stage, rows=rows, entered=entered, **facts))

    for batch in range(21):
        note("reading", batch * 1000, 0)
        now += cost_of_a_batch(batch) if batch < 20 else 0.0
    note("sorting", 20_000, 0)
    now += 0.02
    for batch in range(21):
        note("entering", 20_000, batch * 1000)
        now += cost_of_a_batch(batch) if batch < 20 else 0.0
    return blocks.costs(10)


def test_cost_of_a_plan_by_block_shows_growth() -> None:
    flat = plan_in_blocks(lambda batch: 0.001)
    assert flat == pytest.approx([3.0] * 10)
    assert growth(flat) == pytest.approx(1.0)
    quadratic = plan_in_blocks(lambda batch: 0.001 * (1 + batch))
    assert growth(quadratic) > 5


@pytest.mark.parametrize("kind", ["csv", "list"])
@pytest.mark.parametrize("order", ["random", "sorted", "duplicates"])
async def test_planning_is_measured(kind: Kind, order: Order) -> None:
    rate, grown = await planning(kind, order, "sqlite", count=3000)
    assert rate.value
    assert grown.value
    assert rate.limit == (40_000 if kind == "csv" else 70_000)
    assert len(grown.note.rpartition(": ")[2].split()) == 20


def test_adaptive_scenario_is_judged_by_the_services_count_without_its_beginning() -> None:
    scenario = Scenario(name="it", free=100, use=93, refused=1, shares=2, others_rate=100, others_stop=True)
    early = [(100.0 + index / 10, False) for index in range(200)]
    settled = [(120.0 + index / 95, True) for index in range(95 * 20)]
    back = [(145.0 + index / 190, True) for index in range(190)]
    arrivals = {"p0": early + settled[:1000] + back, "p1": settled[1000:], "others": [(130.0, True)]}
    results = [{"grants": [100.0] * 201}, {"grants": [100.0] * 3}]
    rows = judge_scenario("it", scenario, results, arrivals, 100.0, 140.0, is_shared=False)
    assert [round(row.value or 0, 3) for row in rows] == [95, 0, 201, 1.111, 5.942]
    assert [row.is_kept for row in rows] == [True, True, False, True, True]
    together = judge_scenario("it", scenario, results, arrivals, 100.0, 140.0, is_shared=True)
    assert together[2].value == 204


async def test_cost_of_a_recipient_is_measured() -> None:
    """In small, where its figures mean nothing."""
    rows = [*await cost(100, rounds=1), *await export(3000), *await start(3000)]
    assert [row.name for row in rows if not row.value or row.limit is None] == []
    assert len(rows) == 5
