"""The share of a limit after "too many calls": the script's is the same as that of one process, and all have one."""

from __future__ import annotations

import itertools
import json
import random
import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.profiles import examples
from tests.shared_limits.script import PLAIN, SECOND, START, STEM, Caller, ScriptStore, Store, returned, settled
from tim_async._core import adaptive_share
from tim_async._core.adaptive_share import AdaptiveShare

_SHARE = files("tim_async.cluster._redis_limiter").joinpath("share.lua").read_text(encoding="utf-8")
# Steps of a share, read from JSON: the time, whether the call was refused, its cost or how long ago it was granted.
# Time begins at 0 here, since microseconds of the server's clock are rounded to a quarter of one.
_STEPS = (
    _SHARE
    + """
local request = cjson.decode(ARGV[1])
local share, found = read_share({}, 1, request.unit), {}
share.cut_at, share.since = -math.huge, -math.huge
for index, step in ipairs(request.steps) do
  local now, is_refusal, value = step[1], step[2], step[3]
  if is_refusal then
    count_refusal(share, now, now - value)
  else
    count_grant(share, now, now, value)
  end
  found[index] = string.format('%.17g', share_at(share, now))
end
return '[' .. table.concat(found, ',') .. ']'
"""
)

Steps = list[tuple[float, bool, float]]


def shares_of_script(store: ScriptStore, flow: float, steps: Steps) -> list[float]:
    micros = [
        (round(when * SECOND), is_refusal, round(value * SECOND) if is_refusal else value)
        for when, is_refusal, value in steps
    ]
    found: list[float] = json.loads(store.redis.eval(_STEPS, 0, json.dumps({"unit": SECOND / flow, "steps": micros})))
    return found


def shares_of_process(flow: float, steps: Steps) -> list[float]:
    share, found = AdaptiveShare(flow), []
    for when, is_refusal, value in steps:
        if is_refusal:
            share.refused(when, when - value)
        else:
            share.granted(when, int(value))
        found.append(share.share(when))
    return found


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    flow=st.sampled_from([1.0, 5.0, 38.0, 197.3, 200.0, 3000.0]),
    seed=st.integers(0, 2**32),
    phases=st.lists(
        st.tuples(
            st.integers(1, 300),  # calls
            st.sampled_from([0.0, 0.003, 0.05, 0.2, 0.7, 1.0]),  # part of them that is refused
            st.sampled_from([0.3, 1.0, 3.0, 40.0]),  # how much slower than the flow they come
            st.integers(1, 20),  # highest cost
        ),
        min_size=1,
        max_size=6,
    ),
)
@example(  # what a call costs changes after a cut, and with it the length of the beat
    flow=1.0, seed=261376, phases=[(173, 0.7, 1.0, 7), (47, 0.0, 0.3, 1), (96, 0.0, 0.3, 1), (9, 0.7, 40.0, 8)]
)
def test_script_and_process_come_to_the_same_share(
    script_store: ScriptStore, flow: float, seed: int, phases: list[tuple[int, float, float, int]]
) -> None:
    own, when, steps = random.Random(seed), 0.0, []
    for calls, refused, slower, cost in phases:
        for _ in range(calls):
            # Whole microseconds, as the server's clock has them.
            when = round(when + own.expovariate(flow / slower), 6)
            if own.random() < refused:
                steps.append((when, True, round(own.uniform(0.0, 0.3), 6)))
            steps.append((when, False, own.randint(1, cost)))
    found, expected = shares_of_script(script_store, flow, steps), shares_of_process(flow, steps)
    assert found == pytest.approx(expected, abs=1e-9, rel=0)


def test_the_sequences_have_cuts_tests_and_growth() -> None:
    """The comparison above is meaningful."""
    own, when, steps = random.Random(3), 0.0, []
    for part in (0.02, 0.5, 0.0, 0.02):
        for _ in range(4000):
            when += 1 / 200
            steps.append((when, own.random() < part, 1.0))
    found = shares_of_process(200.0, steps)
    assert min(found) < 0.5
    assert found[0] == found[12_000 - 1] == 1.0
    assert any(later > 1.2 * earlier for earlier, later in itertools.pairwise(found)), "a test failed"


def test_constants_are_the_same() -> None:
    names = dict(re.findall(r"^local ([A-Z_]+) = ([\d./ ]+)$", _SHARE, re.MULTILINE))
    own = {name: eval(value) for name, value in names.items()}
    assert own.pop("BEAT") == adaptive_share.BEAT_S * SECOND
    assert own.pop("KEPT_BEATS") > adaptive_share.GROWTH_BEATS
    assert len(own) == 13
    assert own == {name: getattr(adaptive_share, name) for name in own}


def test_refusals_make_reservations_longer_and_the_share_grows_back(store: Store) -> None:
    one, two = settled(store), settled(store, "b")
    moments = one.reserve(START, [20, PLAIN])["batches"][0]
    cut_at = START + 200_000
    answer = one.reserve(cut_at, refused=[[1, at] for at in moments])
    tail, unit, length, _, _, (base, when, beat, was_cut) = answer["buckets"][0]
    assert (unit, beat, was_cut) == (5000, SECOND / 2, True)
    assert 0.5 <= base < 0.7
    assert length == pytest.approx(5000 / base, abs=1)
    assert tail == START + 100_000
    assert when == cut_at
    answer = two.reserve(cut_at + 1000, [2, PLAIN])
    assert answer["buckets"][0][5][3] is False, "only the process that reports the last refusal logs the cut"
    first, second = answer["batches"][0]
    assert second - first == pytest.approx(5000 / base, rel=0.001)
    first, second = two.reserve(cut_at + 16 * SECOND, [2, PLAIN])["batches"][0]
    assert second - first == 5000


def test_refusals_are_counted_once_and_by_the_moment_of_their_reservation(store: Store) -> None:
    one = settled(store)
    moments = one.reserve(START, [20, PLAIN])["batches"][0]
    refused = [[1, at] for at in moments]
    cut = one.reserve(START + 200_000, refused=refused)["buckets"][0][5][0]
    assert cut < 0.7
    later = START + 900_000
    # Those that were granted before the cut are not counted.
    assert one.reserve(later, refused=refused)["buckets"][0][5][0] == cut
    again = one.reserve(later, [20, PLAIN])["batches"][0]
    assert one.reserve(later + 300_000, refused=[[1, at] for at in again])["buckets"][0][5][0] < 0.95 * cut


def test_request_sent_twice_reports_its_refusals_once(script_store: ScriptStore) -> None:
    one = settled(script_store)
    moments = one.reserve(START, [20, PLAIN])["batches"][0]
    refused = [[1, at] for at in moments]
    cut = one.reserve(START + 200_000, refused=refused)["buckets"][0][5][0]
    assert one.reserve(START + 900_000, refused=refused, repeat=True)["buckets"][0][5][0] == cut


def counted(store: Store) -> int:
    return store.calls(f"{STEM}:0")


def test_reservations_count_as_granted_unless_they_come_back(store: Store) -> None:
    one = settled(store)
    moments = one.reserve(START, [20, PLAIN])["batches"][0]
    assert counted(store) == 20
    one.reserve(START, back=[returned(at) for at in moments[5:]])
    assert counted(store) == 5


def test_app_has_one_share_for_all_its_commands(store: Store) -> None:
    one = settled(store, "a", (5000.0, 20_000.0))
    moments = [at for step in range(10) for at in one.reserve(START + step * SECOND / 10, [20, PLAIN])["batches"][0]]
    answer = one.reserve(START + SECOND, refused=[[0, at] for at in moments])
    assert answer["flow"] == pytest.approx(len(moments), rel=0.1)
    part = answer["app"][0]
    assert part < 0.7
    assert answer["app"][3] is True
    for (_, unit, length, _, _, share), configured in zip(answer["buckets"], (5000, 20_000), strict=True):
        assert unit == configured
        assert length == pytest.approx(configured / part, rel=0.001)
        assert share[0] == 1
    # An app that is a little slowed is judged by what it was when that began.
    assert one.reserve(START + 5 * SECOND, refused=[[0, START + 5 * SECOND]])["flow"] == answer["flow"]


def test_share_outlives_the_calls(store: Store) -> None:
    one = settled(store)
    one.reserve(START, [1, PLAIN], refused=[[1, START]])
    assert store.kept_for_ms(f"{STEM}:0") > 40 * 500


def test_share_of_a_lost_state_is_the_whole(store: Store) -> None:
    one = settled(store)
    moments = one.reserve(START, [20, PLAIN])["batches"][0]
    one.reserve(START + 200_000, refused=[[1, at] for at in moments])
    store.lose()
    answer: dict[str, Any] = Caller(store, "b").reserve(START + 300_000, [2, PLAIN])
    assert answer["buckets"][0][2] == 5000
