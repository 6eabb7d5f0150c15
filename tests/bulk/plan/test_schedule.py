"""At what times a campaign may begin something, over midnight and over changes of the clock."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tim_async.bulk._ledger.timing import Timing
from tim_async.bulk._plan.schedule import Schedule, minutes_of

BERLIN = "Europe/Berlin"  # 29 March 2026: 02:00 becomes 03:00; 25 October 2026: 03:00 becomes 02:00
SHANGHAI = "Asia/Shanghai"


def at(text: str, zone: str = BERLIN, *, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def hours(begin: str, end: str, zone: str = BERLIN, **others: float) -> Schedule:
    return Schedule(Timing(between=(begin, end), time_zone=zone, **others))


def openings(schedule: Schedule, since: float, until: float) -> list[tuple[float, float]]:
    """Walk through a schedule by its changes; return when it is open."""
    found, moment = [], since
    while moment < until:
        phase = schedule.phase(moment)
        if phase.is_open:
            found.append((moment, phase.changes_at))
        assert phase.changes_at > moment
        moment = phase.changes_at
    return found


@pytest.mark.parametrize(
    ("begin", "end", "since", "until", "opened"),
    [
        ("09:00", "21:00", "2026-06-01 00:00", "2026-06-03 00:00",
         [("2026-06-01 09:00", "2026-06-01 21:00"), ("2026-06-02 09:00", "2026-06-02 21:00")]),
        ("21:00", "02:00", "2026-06-01 12:00", "2026-06-02 12:00", [("2026-06-01 21:00", "2026-06-02 02:00")]),
        ("21:00", "02:00", "2026-06-01 01:00", "2026-06-01 12:00", [("2026-06-01 01:00", "2026-06-01 02:00")]),
        ("18:00", "24:00", "2026-06-01 12:00", "2026-06-02 12:00", [("2026-06-01 18:00", "2026-06-02 00:00")]),
        # The day on which the clock is put forward has 23 hours, and 02:30 is left out: it begins after the jump.
        ("09:00", "21:00", "2026-03-29 00:00", "2026-03-30 00:00", [("2026-03-29 09:00", "2026-03-29 21:00")]),
        ("02:30", "04:00", "2026-03-29 00:00", "2026-03-29 12:00", [("2026-03-29 03:00", "2026-03-29 04:00")]),
        ("23:00", "02:30", "2026-03-28 12:00", "2026-03-29 12:00", [("2026-03-28 23:00", "2026-03-29 03:00")]),
        ("02:10", "02:50", "2026-03-29 00:00", "2026-03-30 12:00", [("2026-03-30 02:10", "2026-03-30 02:50")]),
    ],
    ids=["day", "over midnight", "within the night", "to the end of the day", "day of 23 hours", "begins in the gap",
         "ends in the gap", "all of it in the gap"],
)  # fmt: skip
def test_hours_of_the_day(begin: str, end: str, since: str, until: str, opened: list[tuple[str, str]]) -> None:
    found = openings(hours(begin, end), at(since), at(until))
    assert found == [(at(first), at(last)) for first, last in opened]


@pytest.mark.parametrize(
    ("begin", "end", "seconds"),
    [("02:00", "03:00", 7200), ("02:15", "02:45", 3600), ("22:00", "02:30", 5 * 3600), ("09:00", "21:00", 12 * 3600)],
    ids=["all of it twice", "a part twice", "over midnight into it", "later"],
)
def test_time_that_comes_twice_in_autumn_is_open_twice(begin: str, end: str, seconds: float) -> None:
    found = openings(hours(begin, end), at("2026-10-24 12:00"), at("2026-10-25 21:00"))
    assert sum(last - first for first, last in found if last > at("2026-10-24 21:30")) == seconds
    # 02:20 came twice.
    for fold in (0, 1):
        moment = at("2026-10-25 02:20", fold=fold)
        is_in_hours = begin in ("02:00", "02:15", "22:00")
        assert hours(begin, end).phase(moment).is_open is is_in_hours


def test_every_moment_agrees_with_the_clock_on_the_wall() -> None:
    schedule = hours("22:30", "02:45")
    for change in ("2026-03-28 12:00", "2026-10-24 12:00"):
        spans = openings(schedule, at(change), at(change) + 2 * 86_400)
        for minute in range(2 * 1440):
            moment = at(change) + 60 * minute
            shown = datetime.fromtimestamp(moment, ZoneInfo(BERLIN)).strftime("%H:%M")
            assert any(first <= moment < last for first, last in spans) is (shown >= "22:30" or shown < "02:45")


def test_whole_day_never_ends() -> None:
    phase = hours("00:00", "24:00").phase(at("2026-03-28 12:00"))
    assert (phase.is_open, phase.changes_at) == (True, math.inf)


def test_not_before_and_until() -> None:
    schedule = Schedule(Timing(not_before=100.0, until=200.0))
    assert [(p.is_open, p.is_over, p.changes_at) for p in map(schedule.phase, (99.0, 100.0, 199.0, 200.0))] == [
        (False, False, 100.0), (True, False, 200.0), (True, False, 200.0), (False, True, math.inf),
    ]  # fmt: skip


def test_not_before_outside_of_the_hours_waits_for_them() -> None:
    schedule = hours("09:00", "21:00", SHANGHAI, not_before=at("2026-06-01 22:00", SHANGHAI))
    phase = schedule.phase(at("2026-06-01 10:00", SHANGHAI))
    assert (phase.is_open, phase.changes_at) == (False, at("2026-06-02 09:00", SHANGHAI))


def test_hours_that_begin_only_after_the_end_are_over() -> None:
    schedule = hours("09:00", "21:00", SHANGHAI, until=at("2026-06-01 23:00", SHANGHAI))
    assert schedule.phase(at("2026-06-01 20:59", SHANGHAI)).changes_at == at("2026-06-01 21:00", SHANGHAI)
    assert schedule.phase(at("2026-06-01 21:00", SHANGHAI)).is_over


@pytest.mark.parametrize(
    ("work_s", "since", "end"),
    [
        (3600, "2026-06-01 10:00", "2026-06-01 11:00"),
        (13 * 3600, "2026-06-01 20:00", "2026-06-02 21:00"),
        (13 * 3600 + 60, "2026-06-01 20:00", "2026-06-03 09:01"),
        (60, "2026-06-01 22:00", "2026-06-02 09:01"),
        (3600, "2026-10-24 20:30", "2026-10-25 09:30"),
    ],
)
def test_rests_count_into_the_time_left(work_s: float, since: str, end: str) -> None:
    assert hours("09:00", "21:00").end_of(work_s, at(since)) == at(end)


def test_work_that_is_not_done_ends_with_the_schedule() -> None:
    assert Schedule(Timing(until=200.0)).end_of(1000.0, 100.0) == 200.0
    # Hours that hardly ever come: the forecast has an end as well.
    assert hours("00:00", "00:01").end_of(1e9, at("2026-06-01 00:00")) < at("2031-06-01 00:00")


@pytest.mark.parametrize("text", ["", "9", "9:0", "24:01", "12:60", "-1:00", "\uff11\uff12:00", "12:00:00", "a:bc"])
def test_what_is_no_hour(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text + "$"):
        minutes_of(text)


def test_hours_as_minutes() -> None:
    assert [minutes_of(text) for text in ("0:00", "09:05", "23:59", "24:00")] == [0, 545, 1439, 1440]
