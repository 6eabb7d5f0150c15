"""What arguments say of when and how fast a campaign sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from tests.bulk.plan.test_schedule import SHANGHAI, at
from tim_async import UsageError
from tim_async.bulk._ledger.timing import StoredTiming, Timing
from tim_async.bulk._plan.timing_given import TimingChanges, TimingGiven, given_by

NOW = at("2026-06-01 22:00", SHANGHAI)
DAY: Final[TimingChanges] = {"rate": 50, "between": ("09:00", "21:00"), "time_zone": SHANGHAI}
NINE = at("2026-06-02 09:00", SHANGHAI)


def settled(now: float = NOW, **given: Any) -> Timing:
    return TimingGiven(given).at_begin(StoredTiming(), now).in_force  # type: ignore[arg-type]  # wrong ones too


@pytest.mark.parametrize(
    "given",
    [
        {"not_before": "09:00", "time_zone": SHANGHAI},
        {"not_before": "2026-06-02 09:00", "time_zone": SHANGHAI},
        {"not_before": "2026-06-02T09:00+08:00"},
        {"not_before": datetime.fromtimestamp(NINE, UTC)},
        {"not_before": datetime.fromisoformat("2026-06-02 09:00"), "time_zone": SHANGHAI},
    ],
    ids=["hour", "text", "text with offset", "datetime", "datetime without zone"],
)
def test_moment(given: dict[str, Any]) -> None:
    assert settled(**given).not_before == NINE


def test_hour_of_the_end_is_the_first_after_the_begin() -> None:
    timing = settled(not_before="09:00", until="08:00", time_zone=SHANGHAI)
    assert timing.until == NINE + 23 * 3600
    assert settled(until="23:00", time_zone=SHANGHAI).until == NOW + 3600


@pytest.mark.parametrize(
    ("given", "field", "problem"),
    [
        ({"not_before": "09:00", "until": "2026-06-02 08:00", "time_zone": SHANGHAI}, "until",
         r"until \(2026-06-02 08:00:00\+08:00 \(Asia/Shanghai\)\) is before not_before \(2026-06-02 09:00:00\+08:00"),
        ({"until": "2026-06-01 21:00", "time_zone": SHANGHAI}, "until", "has passed"),
        ({"between": ("09:00", "09:00"), "time_zone": SHANGHAI}, "between", "between begins and ends at 09:00"),
        ({"between": ("24:00", "0:00"), "time_zone": SHANGHAI}, "between", "between begins and ends at 24:00"),
        ({"between": ("9", "21:00"), "time_zone": SHANGHAI}, "between", "such as 09:00 and 21:00, not '9'"),
        ({"between": "09:00-21:00", "time_zone": SHANGHAI}, "between", "must be two hours of the day"),
        ({"between": ("09:00", "21:00")}, "between", "between requires time_zone"),
        ({"between": ("09:00", "21:00"), "until": "2026-06-02 08:00", "time_zone": SHANGHAI}, "until",
         "the hours of the day begin after that"),
        ({"time_zone": "Asia/Shangri-La"}, "time_zone", "time_zone is 'Asia/Shangri-La', an unknown time zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone", "an unknown time zone"),
        ({"time_zone": 8}, "time_zone", "must be the name of a time zone"),
        ({"not_before": "09:00"}, "time_zone", "not_before is '09:00', without a time zone"),
        ({"not_before": "tomorrow"}, "not_before", "not_before is 'tomorrow', not a time"),
        ({"until": 1790000000}, "until", "until must be a datetime"),
        ({"rate": 0}, "rate", "rate must be a number from"),
        ({"rate": True}, "rate", "rate must be a number from"),
        ({"rate": float("nan")}, "rate", "rate must be a number from"),
        ({"share": 40}, "share", "share must be a number from 0.001 to 1, part of the limit"),
        ({"rate": 50, "share": 0.4}, "rate", "rate and share are both given"),
        ({"speed": 50}, "speed", "speed is not a timing argument"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_hold(given: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        settled(**given)
    assert caught.value.field == field


def test_same_line_again_keeps_what_was_set_meanwhile() -> None:
    line = given_by({"rate": 50.0, "not_before": "09:00", "time_zone": SHANGHAI, "share": None, "lanes": "auto"})
    first = line.at_begin(StoredTiming(), NOW)
    slower = TimingGiven({"rate": 10}).changed(first, NOW)
    assert slower.in_force.rate == 10
    again = line.at_begin(slower, NINE + 3600)
    assert again == slower  # and the hour is that of the first day
    assert given_by({"rate": 60.0}).at_begin(again, NOW).in_force.rate == 60
    assert given_by({}).at_begin(again, NOW) == again


def test_setting_removes_what_is_none() -> None:
    stored = TimingGiven({"rate": 50, "between": ("09:00", "21:00"), "time_zone": SHANGHAI}).changed(
        StoredTiming(), NOW
    )
    assert stored.in_force.between == ("09:00", "21:00")
    bare = TimingGiven({"between": None, "rate": None}).changed(stored, NOW)
    assert bare.in_force == Timing(time_zone=SHANGHAI)


def test_later_of_rate_and_share_counts() -> None:
    stored = TimingGiven({"rate": 50}).changed(StoredTiming(), NOW)
    stored = TimingGiven({"share": 0.4}).changed(stored, NOW)
    assert (stored.in_force.rate, stored.in_force.share) == (None, 0.4)
    assert TimingGiven({"rate": 5}).changed(stored, NOW).in_force == Timing(rate=5)


def test_what_is_stored_comes_back() -> None:
    stored = TimingGiven({"rate": 50, "between": ("09:00", "21:00"), "time_zone": SHANGHAI}).at_begin(
        StoredTiming(), NOW
    )
    assert StoredTiming.decoded(stored.encoded()) == stored
    assert StoredTiming.decoded(None).encoded() is None
    assert str(stored.in_force) == "between 09:00 and 21:00 (Asia/Shanghai), at most 50 recipients per second"
    whole = Timing(not_before=NINE, until=NINE + 60, share=0.4)
    assert str(whole) == (
        "not before 2026-06-02 01:00:00+00:00 (UTC), until 2026-06-02 01:01:00+00:00 (UTC), at most 40% of the limit"
    )
