"""The script alone, on a clock that is told: turns never overlap, holes are used, nothing is given out twice."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("redis")

from redis import Redis

from tests.services import REDIS_URL, need_port
from tim_async import Rate
from tim_async.cluster._redis_limiter.buckets import unit_s
from tim_async.cluster._redis_limiter.redis_link import _SCRIPT

CLOCK = "redis.call('TIME')"
SCRIPT = _SCRIPT.replace(CLOCK, "{tonumber(ARGV[2]), tonumber(ARGV[3])}")
START = 1_764_000_000_000_000
SECOND = 1_000_000
STEM = f"{{tim-test-{uuid4().hex}:1}}"


class Caller:
    """A process, as the script sees it."""

    def __init__(self, redis: Redis, name: str = "a", units: tuple[float, ...] = (5000.0,)) -> None:
        self.redis = redis
        self.name = name
        self.units = units
        self.epoch = ""
        self.number = 0
        self.tails = [0.0] * len(units)

    def ask(self, at: float, *items: Any, repeat: bool = False, **fields: Any) -> dict[str, Any]:
        self.number += not repeat
        question = {
            "epoch": self.epoch, "number": self.number, "ahead": 250_000, "quiet": 0, "units": self.units,
            "spans": [SECOND] * len(self.units), "tails": self.tails, "items": items, "back": [], "paused": [],
            "pause": SECOND, "longest_pause": 60 * SECOND, **fields,
        }  # fmt: skip
        keys = [f"{STEM}:app", *(f"{STEM}:{index}" for index in range(len(self.units)))]
        if question["back"]:
            keys.append(f"{STEM}:back:{self.name}")
        seconds, micros = divmod(int(at), SECOND)
        answer = json.loads(self.redis.eval(SCRIPT, len(keys), *keys, json.dumps(question), seconds, micros))
        self.epoch = answer["epoch"]
        self.tails = [bucket[0] for bucket in answer["buckets"]]
        return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    redis = Redis.from_url(need_port(REDIS_URL, "Redis"))
    yield redis
    redis.close()


@pytest.fixture
def redis(server: Redis) -> Iterator[Redis]:
    forget(server)
    yield server
    forget(server)


def forget(redis: Redis) -> None:
    keys = list(redis.scan_iter(match=f"{STEM}*"))
    if keys:
        redis.delete(*keys)


def settled(redis: Redis, *args: Any) -> Caller:
    """Return a caller in a state that is no longer new."""
    caller = Caller(redis, *args)
    caller.ask(START - SECOND)
    return caller


PLAIN = [[1, 1]]


def test_the_clock_is_in_the_script_once() -> None:
    assert _SCRIPT.count(CLOCK) == 1


def test_turns_follow_each_other_by_a_unit(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    assert one.ask(START, [3, PLAIN])["turns"] == [[START, START + 5000, START + 10000]]
    assert two.ask(START + 1000, [2, PLAIN])["turns"] == [[START + 15000, START + 20000]]
    assert one.ask(START + SECOND, [1, PLAIN])["turns"] == [[START + SECOND]]


def test_fewer_turns_are_given_when_others_have_reserved_far_ahead(redis: Redis) -> None:
    caller = settled(redis)
    counts = [len(caller.ask(START, [40, PLAIN])["turns"][0]) for _ in range(4)]
    assert counts == [26, 13, 6, 3]
    while len(caller.ask(START, [40, PLAIN])["turns"][0]) > 1:
        pass
    assert caller.ask(START, [40, PLAIN])["turns"][0]  # one is always given


def test_several_windows_on_one_command_are_all_kept(redis: Redis) -> None:
    caller = settled(redis, "a", (5000.0, 5100.0))
    answer = caller.ask(START, [1, [[1, 1], [2, 200]]], [1, [[1, 1], [2, 1]]], [1, [[1, 1], [2, 1]]])
    # The second call has to wait for the 200 units of the first.
    assert answer["turns"][0] == [START]
    assert [len(each) for each in answer["turns"]] == [1, 0, 0]
    assert caller.ask(START, [1, [[1, 1], [2, 1]]])["turns"] == [[START + 200 * 5100]]


def test_time_before_a_far_turn_is_left_to_others(redis: Redis) -> None:
    """A busy group must not take the command's time that lies before its turn."""
    caller = settled(redis, "a", (5000.0, 100_000.0))
    group = [[2, 1], [1, 1]]
    assert caller.ask(START, [1, group])["turns"] == [[START]]
    assert caller.ask(START, [1, group])["turns"] == [[START + 100_000]]
    assert caller.ask(START, [3, PLAIN])["turns"] == [[START + 5000, START + 10000, START + 15000]]
    turns = [at for _ in range(3) for at in caller.ask(START, [9, PLAIN])["turns"][0]]
    assert START + 100_000 not in turns
    assert turns == sorted(set(turns))


def test_turn_that_comes_back_goes_to_the_next_who_asks(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    turns = one.ask(START, [5, PLAIN])["turns"][0]
    two.ask(START, [2, PLAIN])
    one.ask(START + 2000, back=[[1, turns[2], turns[2] + 5000], [1, turns[3], turns[3] + 5000]])
    assert two.ask(START + 2000, [3, PLAIN])["turns"] == [[turns[2], turns[3], START + 35000]]


def test_turns_at_the_end_that_come_back_shorten_the_line(redis: Redis) -> None:
    caller = settled(redis)
    turns = caller.ask(START, [5, PLAIN])["turns"][0]
    answer = caller.ask(START + 2000, back=[[1, at, at + 5000] for at in turns[3:]])
    assert answer["buckets"][0][0] == turns[3]


def test_what_is_over_cannot_come_back(redis: Redis) -> None:
    caller = settled(redis)
    turns = caller.ask(START, [3, PLAIN])["turns"][0]
    caller.ask(START + 12_000, back=[[1, at, at + 5000] for at in turns])
    # Of the last turn 3 ms are left, and those are not enough for a call.
    assert caller.ask(START + 12_000, [1, PLAIN])["turns"][0][0] >= START + 12_000
    assert caller.ask(START + 12_000, [1, PLAIN])["turns"][0][0] >= START + 17_000


def test_question_asked_twice_gives_back_once(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    turns = one.ask(START, [4, PLAIN])["turns"][0]
    back = [[1, turns[1], turns[1] + 5000]]
    one.ask(START, back=back)
    assert two.ask(START, [1, PLAIN])["turns"] == [[turns[1]]]
    one.ask(START, back=back, repeat=True)  # its answer was lost, so redis-py asked again
    assert two.ask(START, [1, PLAIN])["turns"] == [[START + 20_000]]


def test_turns_of_an_earlier_life_do_not_come_back(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    turns = one.ask(START, [5, PLAIN])["turns"][0]
    redis.delete(f"{STEM}:app", f"{STEM}:0")
    given = two.ask(START + 1000, [5, PLAIN])["turns"][0]
    one.ask(START + 1000, back=[[1, at, at + 5000] for at in turns])
    later = two.ask(START + 1000, [20, PLAIN])["turns"][0]
    assert not set(given) & set(later)
    assert min(later) > max(given)


def test_lost_state_begins_when_what_was_reserved_is_over(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    reserved = one.ask(START, [100, PLAIN])["turns"][0]
    redis.delete(f"{STEM}:app", f"{STEM}:0")
    answer = two.ask(START + 10_000, [3, PLAIN])
    assert answer["epoch"] != one.epoch
    assert answer["turns"][0][0] == START + 260_000
    assert answer["turns"][0][0] > reserved[-1] + 5000


def test_far_turns_are_told_to_the_new_state_by_those_who_know_of_them(redis: Redis) -> None:
    caller = settled(redis)
    turns = caller.ask(START, [1, [[1, 100]]], [1, [[1, 100]]])["turns"]
    far = caller.ask(START, [1, [[1, 100]]])["turns"][0][0]
    assert turns[0] == [START]
    redis.delete(f"{STEM}:app", f"{STEM}:0")
    assert caller.ask(START + 10_000, [1, PLAIN])["turns"][0][0] >= far + 500_000


def test_clock_that_goes_back_begins_a_new_life_instead_of_waiting_for_the_old_time(redis: Redis) -> None:
    caller = settled(redis)
    epoch = caller.epoch
    caller.ask(START, [3, PLAIN])
    other = Caller(redis, "b")
    answer = other.ask(START - 3600 * SECOND, [1, PLAIN])
    assert answer["epoch"] != epoch
    assert answer["turns"][0] == [START - 3600 * SECOND + 250_000]


def test_clock_that_lags_a_little_changes_nothing(redis: Redis) -> None:
    caller = settled(redis)
    first = caller.ask(START, [1, PLAIN])
    second = caller.ask(START - SECOND / 2, [1, PLAIN])
    assert second["epoch"] == first["epoch"]
    assert second["turns"] == [[START + 5000]]


def test_pause_moves_all_turns_and_doubles_when_repeated(redis: Redis) -> None:
    one, two = settled(redis), settled(redis, "b")
    assert one.ask(START, paused=[1])["buckets"][0][2:] == [START + SECOND, SECOND]
    assert two.ask(START + 1000, paused=[1])["buckets"][0][2:] == [START + SECOND, SECOND]  # of the same burst
    assert two.ask(START + 2000, [1, PLAIN])["turns"] == [[START + SECOND]]
    answer = two.ask(START + SECOND + 1, paused=[1])
    assert answer["buckets"][0][2:] == [START + 3 * SECOND + 1, 2 * SECOND]
    assert one.ask(START + 10 * SECOND, paused=[1])["buckets"][0][3] == SECOND


def test_pause_of_the_app_holds_all_buckets(redis: Redis) -> None:
    caller = settled(redis)
    answer = caller.ask(START, paused=[0])
    assert (answer["pause"], answer["length"]) == (START + SECOND, SECOND)
    assert caller.ask(START, [1, PLAIN])["turns"] == [[START + SECOND]]


def test_quiet_time_moves_all_turns(redis: Redis) -> None:
    caller = settled(redis)
    caller.ask(START, quiet=SECOND)
    assert caller.ask(START + 1000, [1, PLAIN])["turns"] == [[START + SECOND]]


def test_smaller_limit_counts_while_the_process_that_has_it_lives(redis: Redis) -> None:
    strict, loose = settled(redis, "a", (10_000.0,)), settled(redis, "b", (5000.0,))
    strict.ask(START, [1, PLAIN])
    assert loose.ask(START, [2, PLAIN])["turns"] == [[START + 10_000, START + 20_000]]
    assert loose.ask(START, [1, PLAIN])["buckets"][0][1] == 10_000
    for second in range(1, 62):
        answer = loose.ask(START + second * SECOND, [200, PLAIN])
    assert answer["buckets"][0][1] == 5000


def test_keys_are_forgotten_when_they_no_longer_matter(redis: Redis) -> None:
    caller = settled(redis)
    caller.ask(START, [1, PLAIN])
    assert 0 < redis.pttl(f"{STEM}:0") <= 2100
    assert redis.pttl(f"{STEM}:app") > 86_000_000
    caller.ask(START, paused=[1])
    assert redis.pttl(f"{STEM}:0") > 3000


RATE = Rate(20, 1.0, cost="x", max_cost=4)
OPERATIONS = st.lists(
    st.tuples(
        st.integers(0, 2),  # caller
        st.integers(0, 120_000),  # time since the last one
        st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.booleans()), max_size=3),  # count, cost, keyed
        st.lists(st.integers(0, 100), max_size=3),  # turns to give back
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_no_window_holds_more_than_the_limit_whatever_is_asked(redis: Redis, operations: list[Any]) -> None:
    """Each turn is used as late as it may be, or as early, or comes back: the worst is looked for in all windows."""
    forget(redis)
    tolerance = 0.01
    units = (unit_s(RATE, tolerance) * SECOND, unit_s(Rate(5), tolerance) * SECOND)
    callers = [settled(redis, name, units) for name in "abc"]
    at, held, stretches = START, [[], [], []], []
    for who, step, items, returned in operations:
        at += step
        caller = callers[who]
        back = []
        for index in returned:
            mine = [turn for turn in held[who] if turn[0] > at]
            if mine:
                start, cost, keyed = turn = mine[index % len(mine)]
                held[who].remove(turn)
                back.append([1, start, start + cost * units[0]])
                if keyed:
                    back.append([2, start, start + units[1]])
        asked = [[count, [[1, cost], *([[2, 1]] if keyed else [])]] for count, cost, keyed in items]
        answer = caller.ask(at, *asked, back=back)
        for (_, cost, keyed), starts in zip(items, answer["turns"], strict=True):
            assert all(start >= at for start in starts)
            held[who] += [(start, cost, keyed) for start in starts]
        assert not items or answer["turns"][0]
    turns = sorted(turn for mine in held for turn in mine)
    for index, width in ((0, units[0]), (1, units[1])):
        stretches = [
            (start, start + (cost if index == 0 else 1) * width) for start, cost, keyed in turns if keyed or not index
        ]
        assert all(one[1] <= two[0] + 1 for one, two in itertools.pairwise(stretches))
    for start, _, _ in turns:
        # Used late at the window's beginning, in time at its end.
        window = [turn for turn in turns if start <= turn[0] <= start + (RATE.per + tolerance) * SECOND]
        assert sum(cost for _, cost, _ in window) <= RATE.limit
        assert sum(keyed for _, _, keyed in window) <= 5


def test_script_is_told_by_its_own_digest() -> None:
    from tim_async.cluster._redis_limiter import redis_link

    assert hashlib.sha1(_SCRIPT.encode()).hexdigest() == redis_link._SHA
