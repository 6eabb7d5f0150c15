"""Sliding windows, and the log of arrivals."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.emulator.conftest import SEND, message, until
from tim_async._api import endpoint
from tim_async._api.endpoint import Rate
from tim_async._api.wire import Request
from tim_async._clocks import real_monotonic
from tim_async.emulator import Emulator
from tim_async.emulator.server.arrivals import ArrivalLog
from tim_async.emulator.server.limits import Limits, Pace
from tim_async.errors import UsageError
from tim_async.families.account import Account
from tim_async.families.c2c import C2C
from tim_async.models.common import Empty

CHECK = "im_open_login_svc/account_check"


async def accepted(api, calls, command=SEND):
    codes = [
        await api.code(command, message(MsgSeq=n) if command == SEND else {"CheckItem": [{"UserID": "x"}]})
        for n in range(calls)
    ]
    assert set(codes) <= {0, 60007}
    return codes.count(0)


async def test_default_limits_have_5_percent_tolerance(start):
    async with start() as api:
        assert await accepted(api, 215) == 210
        assert await accepted(api, 110, CHECK) == 105


async def test_limit_without_tolerance(start):
    async with start(tolerance=0, rate_limits={SEND: 5}) as api:
        assert await accepted(api, 8) == 5
        assert len(api.emulator.messages()) == 5
        api.clock.now += 0.999
        assert await accepted(api, 1) == 0
        api.clock.now += 0.001
        assert await accepted(api, 8) == 5
        assert await accepted(api, 101, CHECK) == 100


async def test_window_slides(start):
    async with start(tolerance=0, rate_limits={SEND: 4}) as api:
        assert await accepted(api, 2) == 2
        api.clock.now += 0.5
        assert await accepted(api, 3) == 2
        api.clock.now += 0.5
        assert await accepted(api, 3) == 2, "the later two are half a second old and still count"


async def test_refused_calls_do_not_fill_the_window(start):
    async with start(tolerance=0, rate_limits={SEND: 2}) as api:
        await accepted(api, 2)
        api.clock.now += 0.9
        assert await accepted(api, 50) == 0
        api.clock.now += 0.1
        assert await accepted(api, 2) == 2


async def test_star_gives_every_command_a_window_of_its_own(start):
    async with start(tolerance=0, rate_limits={"*": 3, CHECK: Rate(2, per=10)}) as api:
        assert await accepted(api, 5) == 3
        assert await accepted(api, 5, CHECK) == 2
        api.clock.now += 1
        assert await accepted(api, 5) == 3
        assert await accepted(api, 5, CHECK) == 0
        api.clock.now += 9
        assert await accepted(api, 5, CHECK) == 2


async def test_calls_that_fail_later_count(start):
    async with start(tolerance=0, rate_limits={SEND: 2}) as api:
        assert await api.code(SEND, b"x") == 90001
        assert await api.code(SEND, message(To_Account="carol")) == 90012
        assert await api.code(SEND, message()) == 60007


async def test_calls_turned_away_at_the_door_do_not_count(start):
    async with start(tolerance=0, rate_limits={SEND: 1}) as api:
        assert await api.code(SEND, message(), random=None) == 60025
        assert await api.code(SEND, message()) == 0


async def test_limits_count_at_arrival_not_after_a_delay(start):
    """Three early calls that are carried out late leave the later moment's window empty."""
    async with start(tolerance=0, rate_limits={SEND: 3}) as api:
        api.emulator.faults.delay(0.05, times=3)
        late = [asyncio.create_task(api.code(SEND, message(MsgSeq=n))) for n in range(3)]
        await until(lambda: api.emulator.count() == 3)
        api.clock.now += 1
        assert await accepted(api, 3) == 3
        assert await asyncio.gather(*late) == [0, 0, 0]


async def test_limits_have_their_own_clock_when_asked(start):
    seconds = 0.0
    async with start(tolerance=0, rate_limits={SEND: 1}, window_clock=lambda: seconds) as api:
        assert await accepted(api, 2) == 1
        seconds = 1.0
        assert await accepted(api, 2) == 1


def test_limits_go_by_the_monotonic_clock_by_default():
    for emulator in (Emulator(), Emulator(clock=time.time)):
        assert emulator._service._window_clock is real_monotonic


@pytest.mark.parametrize(
    ("limit", "tolerance", "capacity"), [(200, 0.05, 210), (20, 0.15, 23), (1, 0.05, 1), (7, 0, 7)]
)
def test_capacity(limit, tolerance, capacity):
    limits = Limits({"*": limit}, tolerance)
    passed = [limits.admit(C2C.send, {}, 0.0) for _ in range(capacity + 1)]
    assert passed[:-1] == [None] * capacity
    assert passed[-1] is not None


class Batch(Request, kw_only=True):
    to_account: list[str]
    group_id: str


def line(*limits):
    return endpoint.Endpoint("x/y", Batch, Empty, doc="", limits=limits)


def test_cost_of_a_call_is_its_number_of_recipients():
    endpoint = line(Rate(100), Rate(10, per=60, cost="to_account", max_cost=10))
    limits = Limits(None, 0)
    assert limits.admit(endpoint, {"To_Account": ["a"] * 7}, 0.0) is None
    over = limits.admit(endpoint, {"To_Account": ["a"] * 4}, 1.0)
    assert over is not None
    assert over.code == 90057
    assert limits.admit(endpoint, {"To_Account": ["a"] * 3}, 59.9) is None
    assert limits.admit(endpoint, {"To_Account": ["a"] * 7}, 60.0) is None


def test_a_call_refused_by_one_rate_is_entered_in_none():
    endpoint = line(Rate(2), Rate(1, per=60, cost="to_account"))
    limits = Limits(None, 0)
    assert limits.admit(endpoint, {"To_Account": ["a"]}, 0.0) is None
    for _ in range(5):
        assert limits.admit(endpoint, {"To_Account": ["a"]}, 0.5).code == 90057
    assert limits.admit(endpoint, {"To_Account": []}, 0.5) is None


def test_each_key_has_a_window_of_its_own():
    endpoint = line(Rate(1, key="group_id"), Rate(3))
    limits = Limits(None, 0)
    assert limits.admit(endpoint, {"GroupId": "a"}, 0.0) is None
    assert limits.admit(endpoint, {"GroupId": "a"}, 0.0).code == 10023
    assert limits.admit(endpoint, {"GroupId": "b"}, 0.0) is None
    assert limits.admit(endpoint, {"GroupId": "c"}, 0.0) is None
    assert limits.admit(endpoint, {"GroupId": "d"}, 0.0).code == 60007


def test_windows_of_idle_keys_are_forgotten():
    endpoint = line(Rate(1, key="group_id"))
    limits = Limits(None, 0)
    for number in range(50_000):
        limits.admit(endpoint, {"GroupId": str(number)}, number / 100)
    assert len(limits._windows) <= 10_100


WRONG = {
    "tolerance": {"tolerance": -0.1},
    "rate_limits": {"rate_limits": {"openim/sendmgs": 1}},
    "limit": {"rate_limits": {SEND: 0}},
    "admins": {"admins": "administrator"},
}


@pytest.mark.parametrize(("field", "options"), WRONG.items(), ids=WRONG)
def test_wrong_argument(field, options):
    with pytest.raises(UsageError) as caught:
        Emulator(**options)
    assert caught.value.field == field


# Arrivals


async def test_arrivals(api):
    await api.call(SEND, message(), random=11)
    await api.call(SEND, message(To_Account="carol"), random=12)
    await api.call("no/such", {}, random="x")
    first, second, third = api.emulator.arrivals
    assert (first.command, first.code, first.random, first.identifier) == (SEND, 0, 11, "administrator")
    assert b'"alice"' in first.body
    assert first.time == api.clock.now
    assert (second.code, second.random) == (90012, 12)
    assert (third.command, third.code, third.random) == ("no/such", 60009, None)
    assert 0 <= asyncio.get_running_loop().time() - first.monotonic < 5
    assert first.monotonic <= second.monotonic <= third.monotonic
    assert (api.emulator.count(SEND), api.emulator.count("no/such"), api.emulator.count()) == (2, 1, 3)
    assert api.emulator.worst_window(SEND, per=60) == 2
    assert api.emulator.worst_window(per=60) == 3


async def test_arrivals_are_bounded(start):
    async with start(arrivals_size=3) as api:
        for seq in range(5):
            await api.call(SEND, message(MsgSeq=seq), random=seq)
        assert [arrival.random for arrival in api.emulator.arrivals] == [2, 3, 4]
        assert api.emulator.count(SEND) == 5


def test_worst_window():
    log = ArrivalLog(100, 10)
    for moment in [0.0, 0.5, 0.9, 1.0, 1.4, 5.0]:
        log.enter("a", 0).monotonic = moment
    log.enter("b", 0).monotonic = 5.1
    assert log.worst_window("a", 1.0) == 4, "0.5 to 1.4; 0.0 and 1.0 are a whole second apart"
    assert log.worst_window("a", 0.05) == 1
    assert log.worst_window("a", 10.0) == 6
    assert log.worst_window(None, 10.0) == 7
    assert log.worst_window("c", 1.0) == 0


def test_account_lines_have_their_own_limit():
    assert Limits(None, 0).rates(Account.check) == (Rate(100),)
    assert Limits({"*": 3}, 0).rates(Account.check) == (Rate(3),)


def test_pace_shows_the_last_minute_second_by_second() -> None:
    pace = Pace()
    for now, is_refused in ((100.0, False), (100.9, True), (101.0, False), (101.5, False)):
        pace.count(now, is_refused=is_refused)
    passed, refused = pace.last(101.9)
    assert (passed[-3:], refused[-3:]) == ([0, 1, 2], [0, 1, 0])
    passed, refused = pace.last(160.5)
    assert (passed[0], sum(passed), sum(refused)) == (2, 2, 0)
    assert pace.last(1000.0) == ([0] * 60, [0] * 60)
    pace.count(50.0, is_refused=False)  # a clock that jumped back
    assert sum(pace.last(50.0)[0]) == 1
