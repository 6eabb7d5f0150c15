"""Bursts, by the script and the file alone, on a clock that the test sets: who may go at once, and what follows."""

from __future__ import annotations

import itertools
from typing import Any

from tests.shared_limits.script import PLAIN, SECOND, START, WINDOW, Caller, Store, settled

SLICE = 50_000
MINUTE = 60 * SECOND


def taken(answer: dict[str, Any]) -> int:
    """Return how many reservations an answer has for now, or at the pace."""
    return sum(map(int, answer["bursts"])) + sum(map(len, answer["batches"]))


def test_idle_limit_is_granted_at_once(store: Store) -> None:
    answer = settled(store).reserve(START, [10, PLAIN, 100])
    assert answer["batches"] == [[START]]
    assert answer["bursts"] == [99]


def test_processes_share_the_window(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    assert taken(one.reserve(START, [10, PLAIN, 120])) == 120
    answer = two.reserve(START + 1000, [10, PLAIN, 120])
    assert answer["bursts"] == [80]
    # The others are paced, when the first slice has left.
    assert answer["batches"] == [[START + SLICE + WINDOW]]


def test_burst_that_was_is_followed_at_the_pace(store: Store) -> None:
    caller = settled(store)
    caller.reserve(START, [10, PLAIN, 200])
    end = START + SLICE + WINDOW
    moments = [at for _ in range(4) for at in caller.reserve(end - 10_000, [9, PLAIN, 9])["batches"][0]]
    assert len(moments) > 10
    assert moments[0] == end
    assert {later - earlier for earlier, later in itertools.pairwise(moments)} == {5000}


def test_nothing_bursts_while_others_wait(store: Store) -> None:
    caller = settled(store)
    caller.reserve(START, [10, PLAIN])
    answer = caller.reserve(START + 1000, [10, PLAIN, 50])
    assert answer["bursts"] == [0]
    assert answer["batches"][0][0] == START + 50_000
    # The last reservation is over, though its time is not.
    assert caller.reserve(START + 200_000, [1, PLAIN])["batches"] == [[START + 200_000]]
    assert caller.reserve(START + 201_000, [10, PLAIN, 50])["bursts"] == [50]


def test_background_is_paced(store: Store) -> None:
    answer = settled(store).reserve(START, [10, PLAIN, 0], [10, PLAIN, 0])
    assert answer["bursts"] == [0, 0]
    assert len(answer["batches"][0]) == 10


def test_class_that_asks_only_for_bursts_gets_no_others(store: Store) -> None:
    caller = settled(store)
    answer = caller.reserve(START, [1, PLAIN], [0, PLAIN, 3])
    assert (answer["batches"], answer["bursts"]) == ([[START], []], [0, 3])
    caller.reserve(START, [10, PLAIN])
    answer = caller.reserve(START, [0, PLAIN, 3])
    assert (answer["batches"], answer["bursts"]) == ([[]], [0])


def test_caller_that_cannot_use_more_now_bursts_later(store: Store) -> None:
    """A pool that is full must not turn the rest of a burst into a queue."""
    caller = settled(store)
    for _ in range(3):
        assert taken(caller.reserve(START, [10, PLAIN, 2])) == 2
    assert caller.reserve(START, [10, PLAIN, 200])["bursts"] == [194]


def test_nothing_bursts_where_most_of_the_window_is_in_use(store: Store) -> None:
    caller = settled(store)
    caller.reserve(START, [10, PLAIN, 151])
    assert caller.reserve(START + 100_000, [10, PLAIN, 20])["bursts"] == [0]


def test_all_windows_need_room(store: Store) -> None:
    """A group may have 40 a second, the command 200."""
    caller = settled(store, "a", (5000.0, 25_000.0))
    group = [[2, 1], [1, 1]]
    answer = caller.reserve(START, [1, group, 60], [1, PLAIN, 300])
    assert (answer["bursts"], [len(each) for each in answer["batches"]]) == ([39, 160], [1, 0])


def test_weighted_costs_count(store: Store) -> None:
    caller = settled(store, "a", (5000.0,), (200,))
    answer = caller.reserve(START, [1, [[1, 30]], 20])
    assert taken(answer) == 6  # 180 of 200
    assert answer["buckets"][0][3] == 20


def test_what_is_given_back_makes_room(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    one.reserve(START, [1, PLAIN, 200])
    back = [[START, [[1, 1, 0]]]] * 150
    assert two.reserve(START + 1000, [0, PLAIN, 100])["bursts"] == [0]
    one.reserve(START + 2000, back=back)
    assert two.reserve(START + 3000, [0, PLAIN, 200])["bursts"] == [150]


def test_slowed_limit_has_less_room(store: Store) -> None:
    caller = settled(store)
    moments = caller.reserve(START, [20, PLAIN])["batches"][0]
    part = caller.reserve(START + 200_000, refused=[[1, at] for at in moments])["buckets"][0][5][0]
    assert part < 0.7
    later = START + 2 * SECOND
    bursts = caller.reserve(later, [1, PLAIN, 200])
    assert part * 200 <= taken(bursts) <= (part + 0.02) * 200
    # What follows uses no more of the window than the slower rate does.
    assert caller.reserve(later + 1000, [1, PLAIN, 0])["batches"] == [[later + WINDOW + SLICE]]


def minute(store: Store, name: str = "a") -> Caller:
    return settled(store, name, (5000.0,), (12_000,), window=MINUTE)


def test_burst_leaves_a_part_of_a_long_window(store: Store) -> None:
    caller = minute(store)
    batch = [[1, 500]]
    answer = caller.reserve(START, [1, batch, 40])
    assert taken(answer) == 18  # 9,000 of 12,000
    # What follows goes slower from the beginning, or nothing would be left at the end.
    made = [at for step in range(6) for at in caller.reserve(START + step * 10 * SECOND, [1, batch])["batches"][0]]
    assert made[0] <= START + 3 * SECOND
    gaps = [later - earlier for earlier, later in itertools.pairwise(made)]
    assert all(8 * SECOND <= gap <= 12 * SECOND for gap in gaps)


def test_lost_state_waits_until_bursts_before_it_are_over(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    one.reserve(START, [1, PLAIN, 200])
    store.lose()
    again = START + 10_000
    assert two.reserve(again, [10, PLAIN, 10])["batches"][0][0] == again + WINDOW
    # Reservations of the old state may have been used for a quarter of a second: nothing bursts for as long.
    answer = one.reserve(again + WINDOW + 240_000, [10, PLAIN, 10])
    assert (len(answer["batches"][0]), answer["bursts"]) == (10, [0])
    assert taken(one.reserve(again + WINDOW + 800_000, [1, PLAIN, 40])) == 40


def test_nothing_bursts_before_a_reservation_of_a_lost_state(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    far = [one.reserve(START, [1, [[1, 100]]])["batches"][0][0] for _ in range(4)][-1]
    store.lose()
    two.reserve(START + 10_000)
    later = START + 1_350_000
    assert later < far
    assert one.reserve(later, [0, PLAIN, 10])["bursts"] == [0]
    assert two.reserve(later + 3 * SECOND, [0, PLAIN, 10])["bursts"] == [10]


def test_lost_state_of_a_long_window_goes_on_slower(store: Store) -> None:
    one = minute(store)
    one.reserve(START, [1, [[1, 500]], 18])
    store.lose()
    two = Caller(store, "b", (5000.0,), (12_000,), window=MINUTE)
    answer = two.reserve(START + SECOND, [1, [[1, 500]], 10])
    assert answer["batches"] == [[START + SECOND + 250_000]]
    assert answer["buckets"][0][2] == 4 * 5000


def test_limit_of_another_process_applies_to_bursts(store: Store) -> None:
    strict, loose = settled(store, "a", (20_000.0,)), settled(store, "b", (5000.0,))
    strict.reserve(START - SECOND, [1, PLAIN])
    assert taken(loose.reserve(START + SECOND, [1, PLAIN, 100])) == 50


def test_quiet_time_has_no_bursts_until_its_window_is_over(store: Store) -> None:
    """Processes used their parts of the limits, without Redis, until it began."""
    caller = settled(store)
    caller.reserve(START, quiet=SECOND)
    answer = caller.reserve(START + 1_100_000, [10, PLAIN, 20])
    assert (len(answer["batches"][0]), answer["bursts"]) == (10, [0])
    assert taken(caller.reserve(START + 3 * SECOND, [1, PLAIN, 20])) == 20
