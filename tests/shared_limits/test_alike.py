"""The file answers like the Redis script to every request: one rule, in two languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.profiles import examples
from tests.shared_limits.script import SECOND, START, Caller, FileStore, ScriptStore, Store
from tests.shared_limits.test_reserve import OPERATIONS

DAY = 86_400 * SECOND
# Limits of a command: the length of a unit, units in a window, the window, whether it is only counted.
LIMITS = (
    (58_000.0, 20, 1_063_000.0, False),
    (213_000.0, 5, 1_063_000.0, False),
    (5_000.0, 12_000, 60_083_000.0, False),
    (DAY / 40, 40, float(DAY), True),
)


class Both:
    """The same process, over a store of each kind."""

    def __init__(self, stores: list[Any], name: str) -> None:
        self._callers = [Caller(store, name, tuple(unit for unit, _, _, _ in LIMITS)) for store in stores]

    def reserve(self, at: float, *batches: Any, **fields: Any) -> dict[str, Any]:
        first, second = (caller.reserve(at, *batches, **self._of_limits(), **fields) for caller in self._callers)
        for answer in (first, second):
            answer.pop("epoch")
        assert numbers(second) == pytest.approx(numbers(first), abs=1.0, rel=1e-9)
        return first

    @staticmethod
    def _of_limits() -> dict[str, Any]:
        return {
            "limits": [limit for _, limit, _, _ in LIMITS],
            "burst_limits": [0.75 * limit if window > 3 * SECOND else limit for _, limit, window, _ in LIMITS],
            "windows": [window for _, _, window, _ in LIMITS],
            "counted": [is_counted for _, _, _, is_counted in LIMITS],
        }


def numbers(value: Any) -> list[float]:
    """Return all numbers of an answer in order, and the lengths of its lists."""
    if isinstance(value, dict):
        return [each for key in sorted(value) for each in numbers(value[key])]
    if isinstance(value, list):
        return [len(value), *(each for part in value for each in numbers(part))]
    # A share that was never cut was cut long ago.
    return [max(float(value), 0.0)]


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_file_answers_as_the_script_does(
    script_store: ScriptStore, file_store: FileStore, operations: list[Any]
) -> None:
    stores: list[Store] = [script_store, file_store]
    for store in stores:
        store.lose()
    callers = [Both(stores, name) for name in "abc"]
    callers[0].reserve(START - 120 * SECOND)
    at, held = float(START), list[Any]()
    for who, step, wanted, given_up, refusals in operations:
        at += step
        back, refused = [], []
        back += [held.pop(index % len(held)) for index in given_up if held]
        for moment, parts in held[len(held) - refusals :]:
            refused += [[part[0], moment] for part in parts[:1]] + ([[0, moment]] if refusals == 3 else [])
        batches = [
            [count, [[1, cost], *([[2, 1], [4, 1]] if keyed else [[3, cost]])], bursts]
            for count, cost, keyed, bursts in wanted
        ]
        answer = callers[who].reserve(at, *batches, back=back, refused=refused)
        lengths = [bucket[2] for bucket in answer["buckets"]]
        for (_, costs, _), moments, bursts in zip(batches, answer["batches"], answer["bursts"], strict=True):
            held += [[each, [[b, units, units * lengths[b - 1]] for b, units in costs]] for each in moments]
            held += [[at, [[b, units, 0.0] for b, units in costs]]] * bursts
