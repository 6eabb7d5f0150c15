"""The script and the file alone, on a clock that the test sets: nothing overlaps, gaps are used, and used once."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.profiles import examples
from tests.shared_limits.script import (
    CLOCK,
    PLAIN,
    SECOND,
    START,
    STEM,
    WINDOW,
    Caller,
    ScriptStore,
    Store,
    returned,
    settled,
)
from tim_async import Rate
from tim_async._shared_limits.shared_bucket import unit_s, window_s


def test_the_clock_is_in_the_script_once() -> None:
    pytest.importorskip("redis")
    from tim_async.cluster._redis_limiter.redis_link import _SCRIPT

    assert _SCRIPT.count(CLOCK) == 1


def test_reservations_follow_each_other_by_a_unit(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    assert one.reserve(START, [3, PLAIN])["batches"] == [[START, START + 5000, START + 10000]]
    assert two.reserve(START + 1000, [2, PLAIN])["batches"] == [[START + 15000, START + 20000]]
    assert one.reserve(START + SECOND, [1, PLAIN])["batches"] == [[START + SECOND]]


def test_fewer_reservations_are_made_when_others_have_reserved_far_ahead(store: Store) -> None:
    caller = settled(store)
    counts = [len(caller.reserve(START, [40, PLAIN])["batches"][0]) for _ in range(4)]
    assert counts == [26, 13, 6, 3]
    while len(caller.reserve(START, [40, PLAIN])["batches"][0]) > 1:
        pass
    assert caller.reserve(START, [40, PLAIN])["batches"][0]  # one is always made


def test_several_windows_on_one_command_are_all_kept(store: Store) -> None:
    caller = settled(store, "a", (5000.0, 5100.0))
    answer = caller.reserve(START, [1, [[1, 1], [2, 200]]], [1, [[1, 1], [2, 1]]], [1, [[1, 1], [2, 1]]])
    # The second call has to wait for the 200 units of the first.
    assert answer["batches"][0] == [START]
    assert [len(each) for each in answer["batches"]] == [1, 0, 0]
    assert caller.reserve(START, [1, [[1, 1], [2, 1]]])["batches"] == [[START + 200 * 5100]]


def test_time_before_a_far_reservation_is_left_to_others(store: Store) -> None:
    """A busy group must not take the time of the command before its own reservation."""
    caller = settled(store, "a", (5000.0, 100_000.0))
    group = [[2, 1], [1, 1]]
    assert caller.reserve(START, [1, group])["batches"] == [[START]]
    assert caller.reserve(START, [1, group])["batches"] == [[START + 100_000]]
    assert caller.reserve(START, [3, PLAIN])["batches"] == [[START + 5000, START + 10000, START + 15000]]
    moments = [at for _ in range(3) for at in caller.reserve(START, [9, PLAIN])["batches"][0]]
    assert START + 100_000 not in moments
    assert moments == sorted(set(moments))


def test_reservation_given_back_goes_to_the_next_request(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    moments = one.reserve(START, [5, PLAIN])["batches"][0]
    two.reserve(START, [2, PLAIN])
    one.reserve(START + 2000, back=[returned(at) for at in moments[2:4]])
    assert two.reserve(START + 2000, [3, PLAIN])["batches"] == [[moments[2], moments[3], START + 35000]]


def test_last_reservations_given_back_shorten_the_timeline(store: Store) -> None:
    caller = settled(store)
    moments = caller.reserve(START, [5, PLAIN])["batches"][0]
    answer = caller.reserve(START + 2000, back=[returned(at) for at in moments[3:]])
    assert answer["buckets"][0][0] == moments[3]


def test_expired_reservations_cannot_be_given_back(store: Store) -> None:
    caller = settled(store)
    moments = caller.reserve(START, [3, PLAIN])["batches"][0]
    caller.reserve(START + 12_000, back=[returned(at) for at in moments])
    # Of the last one 3 ms are left, which are not enough for a call.
    assert caller.reserve(START + 12_000, [1, PLAIN])["batches"][0][0] >= START + 12_000
    assert caller.reserve(START + 12_000, [1, PLAIN])["batches"][0][0] >= START + 17_000


def test_request_sent_twice_gives_back_once(script_store: ScriptStore) -> None:
    one, two = settled(script_store), settled(script_store, "b")
    moments = one.reserve(START, [4, PLAIN])["batches"][0]
    back = [returned(moments[1])]
    one.reserve(START, back=back)
    assert two.reserve(START, [1, PLAIN])["batches"] == [[moments[1]]]
    one.reserve(START, back=back, repeat=True)  # its reply was lost, so redis-py sent it again
    assert two.reserve(START, [1, PLAIN])["batches"] == [[START + 20_000]]


def test_reservations_of_an_earlier_epoch_are_not_given_back(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    moments = one.reserve(START, [5, PLAIN])["batches"][0]
    store.lose()
    given = two.reserve(START + 1000, [5, PLAIN])["batches"][0]
    one.reserve(START + 1000, back=[returned(at) for at in moments])
    later = two.reserve(START + 1000, [20, PLAIN])["batches"][0]
    assert not set(given) & set(later)
    assert min(later) > max(given)


def test_new_state_begins_when_the_reservations_of_the_old_one_are_over(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    reserved = one.reserve(START, [100, PLAIN])["batches"][0]
    store.lose()
    answer = two.reserve(START + 10_000, [3, PLAIN])
    assert answer["epoch"] != one.epoch
    assert answer["batches"][0][0] == START + 10_000 + WINDOW
    assert answer["batches"][0][0] > reserved[-1] + 5000


def test_far_reservations_are_reported_to_the_new_state(store: Store) -> None:
    caller = settled(store)
    moments = caller.reserve(START, [1, [[1, 100]]], [1, [[1, 100]]])["batches"]
    far = caller.reserve(START, [1, [[1, 100]]])["batches"][0][0]
    assert moments[0] == [START]
    store.lose()
    assert caller.reserve(START + 10_000, [1, PLAIN])["batches"][0][0] >= far + 500_000


def test_clock_that_goes_back_begins_a_new_epoch_instead_of_waiting_for_the_old_time(store: Store) -> None:
    caller = settled(store)
    epoch = caller.epoch
    caller.reserve(START, [3, PLAIN])
    other = Caller(store, "b")
    answer = other.reserve(START - 3600 * SECOND, [1, PLAIN])
    assert answer["epoch"] != epoch
    assert answer["batches"][0] == [START - 3600 * SECOND + WINDOW]


def test_clock_that_lags_a_little_changes_nothing(store: Store) -> None:
    caller = settled(store)
    first = caller.reserve(START, [1, PLAIN])
    second = caller.reserve(START - SECOND / 2, [1, PLAIN])
    assert second["epoch"] == first["epoch"]
    assert second["batches"] == [[START + 5000]]


def test_quiet_time_moves_all_reservations(store: Store) -> None:
    caller = settled(store)
    caller.reserve(START, quiet=SECOND)
    assert caller.reserve(START + 1000, [1, PLAIN])["batches"] == [[START + SECOND]]


def test_smaller_limit_counts_while_the_process_that_has_it_lives(store: Store) -> None:
    strict, loose = settled(store, "a", (10_000.0,)), settled(store, "b", (5000.0,))
    strict.reserve(START, [1, PLAIN])
    assert loose.reserve(START, [2, PLAIN])["batches"] == [[START + 10_000, START + 20_000]]
    assert loose.reserve(START, [1, PLAIN])["buckets"][0][1] == 10_000
    for second in range(1, 62):
        answer = loose.reserve(START + second * SECOND, [200, PLAIN])
    assert answer["buckets"][0][1] == 5000


def test_keys_are_forgotten_when_they_no_longer_matter(store: Store) -> None:
    caller = settled(store)
    caller.reserve(START, [1, PLAIN])
    assert WINDOW / 1000 < store.kept_for_ms(f"{STEM}:0") <= WINDOW / 1000 + 2100
    assert store.kept_for_ms(f"{STEM}:app") > 86_000_000
    caller.reserve(START, refused=[[1, START]])
    assert store.kept_for_ms(f"{STEM}:0") > 40 * 500


RATE = Rate(20, 1.0, cost="x", max_cost=4)
KEYED = Rate(5)
# Count, cost, whether keyed, how many may be bursts.
WANTED = st.tuples(st.integers(0, 5), st.integers(1, 4), st.booleans(), st.sampled_from([0, 0, 1, 6, 30]))
OPERATIONS = st.lists(
    st.tuples(
        st.integers(0, 2),  # caller
        st.one_of(st.integers(0, 120_000), st.just(1_200_000)),  # time since the last one
        # count, cost, whether keyed, how many may be bursts
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(1, 4), st.booleans(), st.sampled_from([0, 0, 1, 6, 30])),
            max_size=3,
        ),
        st.lists(st.integers(0, 100), max_size=3),  # reservations to give back
        st.integers(0, 4),  # refused calls
    ),
    min_size=1,
    max_size=25,
)


class Held(NamedTuple):
    """A reservation of the test below."""

    at: float
    cost: int
    keyed: bool
    lengths: tuple[float, float]


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_no_window_holds_more_than_the_limit_whatever_is_requested(store: Store, operations: list[Any]) -> None:
    """Each reservation is used as late or as early as possible, or given back; all windows are searched."""
    store.lose()
    tolerance = 0.01
    units = (unit_s(RATE, tolerance) * SECOND, unit_s(KEYED, tolerance) * SECOND)
    window = window_s(RATE, tolerance) * SECOND
    callers = [settled(store, name, units, (RATE.limit, KEYED.limit), window=window) for name in "abc"]
    at = START
    held: list[list[Held]] = [[], [], []]
    for who, step, wanted, given_up, refusals in operations:
        at += step
        caller, back = callers[who], []
        for index in given_up:
            mine = [each for each in held[who] if each.at > at or not any(each.lengths)]
            if mine:
                start, cost, keyed, lengths = each = mine[index % len(mine)]
                held[who].remove(each)
                parts = [[1, cost, lengths[0]], [2, 1, lengths[1]]]
                back.append([start, parts if keyed else parts[:1]])
        refused = [[1 + keyed, start] for start, _, keyed, _ in held[who][-refusals:]] if refusals else []
        batches = [[count, [[1, cost], *([[2, 1]] if keyed else [])], bursts] for count, cost, keyed, bursts in wanted]
        answer = caller.reserve(at, *batches, back=back, refused=refused)
        slowed = [bucket[2] for bucket in answer["buckets"]]
        for (_, cost, keyed, _), starts, bursts in zip(wanted, answer["batches"], answer["bursts"], strict=True):
            assert all(start >= at for start in starts)
            held[who] += [Held(start, cost, keyed, (cost * slowed[0], slowed[1])) for start in starts]
            held[who] += [Held(at, cost, keyed, (0.0, 0.0))] * bursts
        if any(count for count, _, _, _ in wanted):
            assert any(answer["batches"]) or any(answer["bursts"])
    moments = sorted(each for mine in held for each in mine)
    for index in (0, 1):
        stretches = [
            (start, start + lengths[index])
            for start, _, keyed, lengths in moments
            if (keyed or not index) and any(lengths)
        ]
        assert all(one[1] <= two[0] + 1 for one, two in itertools.pairwise(stretches))
    for start, *_ in moments:
        # Used late at the window's beginning, in time at its end.
        inside = [each for each in moments if start <= each.at <= start + (RATE.per + tolerance) * SECOND]
        assert sum(each.cost for each in inside) <= RATE.limit
        assert sum(each.keyed for each in inside) <= KEYED.limit


def test_script_is_named_by_its_own_digest() -> None:
    pytest.importorskip("redis")
    from tim_async.cluster._redis_limiter.redis_link import _SCRIPT, _SCRIPT_SHA

    assert hashlib.sha1(_SCRIPT.encode()).hexdigest() == _SCRIPT_SHA
