"""Whether and how long: pure."""

from __future__ import annotations

import random

import pytest

from tim_async import (
    TRANSIENT_CODES,
    ConnectError,
    ConnectionLostError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TimError,
    UsageError,
)
from tim_async._codes import SLOW_DOWN_CODES
from tim_async._codes.table import ROWS
from tim_async._core.retry import IDENTITY_WINDOW_S, latest_start, next_backoff
from tim_async.errors import from_reply

LOST = ConnectionLostError("lost")
TIMEOUT = ReplyTimeoutError("late", timeout=10)
GARBAGE = ReplyDecodeError("HTML", status=502)
UNCONNECTED = ConnectError("refused")


def backoff(policy: RetryPolicy, error: TimError, *, attempt: int = 1, elapsed: float = 0.0, repeat: str = "identity"):
    return next_backoff(policy, error, attempt=attempt, elapsed=elapsed, repeat=repeat, uniform=lambda low, high: high)


def api(code: int, service: str = "openim") -> TimError:
    return from_reply(service, code, "")


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_the_four_codes_are_repeated(code: int) -> None:
    assert backoff(RetryPolicy(), api(code)) == 0.2


def test_the_four_codes_are_the_documented_ones() -> None:
    assert {20004, 20005, 91000, 90992} == TRANSIENT_CODES


def test_no_other_code_of_the_catalogue_is_repeated() -> None:
    others = {row[1] for row in ROWS} - TRANSIENT_CODES - {0}
    assert len(others) > 300
    assert [code for code in others if backoff(RetryPolicy(), api(code)) is not None] == []


# The codes whose every row says "try again" or "slow down" in the reference. A new row of that kind is retried for all
# who use the official policy: look it up, and add it here.
OFFICIAL = {
    -10114, -302, -200, -199, 1003, 2001, 10002, 10006, 10023, 20004, 20005, 20018, 20028, 22002, 30006, 30007,
    40006, 50004, 50005, 60007, 60008, 60011, 60014, 60018, 60019, 70169, 70202, 70500,
    90024, 90051, 90057, 90992, 90994, 90995, 91000, 93001, 93006, 110007, 130011, 130012, 130014,
}  # fmt: skip


def test_official_policy_retries_the_reviewed_codes_and_no_others() -> None:
    assert RetryPolicy.official().codes == OFFICIAL


@pytest.mark.parametrize(
    ("transport", "error", "repeat", "repeated"),
    [
        ("never", UNCONNECTED, "always", False),
        ("never", TIMEOUT, "always", False),
        ("never", LOST, "identity", False),
        ("never", GARBAGE, "identity", False),
        ("connect", UNCONNECTED, "never", True),
        ("connect", TIMEOUT, "always", False),
        ("connect", LOST, "identity", False),
        ("any", UNCONNECTED, "never", True),
        ("any", TIMEOUT, "identity", True),
        ("any", LOST, "identity", True),
        ("any", GARBAGE, "always", True),
        ("any", TIMEOUT, "never", False),
        ("any", LOST, "never", False),
        ("any", UsageError("closed"), "always", False),
    ],
)
def test_transport_errors_are_repeated_only_where_allowed(
    transport: str, error: TimError, repeat: str, repeated: bool
) -> None:
    assert (backoff(RetryPolicy(transport=transport), error, repeat=repeat) is not None) is repeated


def test_backoff_doubles_up_to_the_cap() -> None:
    policy = RetryPolicy(max_attempts=100, max_elapsed=1000)
    steps = [backoff(policy, api(91000), attempt=attempt) for attempt in range(1, 8)]
    assert steps == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_backoff_of_the_ten_thousandth_attempt_does_not_overflow() -> None:
    policy = RetryPolicy(max_attempts=100_000, factor=1e6, max_elapsed=1000)
    assert backoff(policy, api(91000), attempt=10_000) == 5.0


def test_jitter_is_full() -> None:
    rng = random.Random(1)
    values = [
        next_backoff(RetryPolicy(), api(91000), attempt=2, elapsed=0, repeat="identity", uniform=rng.uniform)
        for _ in range(2000)
    ]
    assert min(values) < 0.004
    assert max(values) > 0.396
    assert sum(values) / len(values) == pytest.approx(0.2, abs=0.01)


def test_attempts_are_bounded() -> None:
    policy = RetryPolicy(max_attempts=3)
    assert backoff(policy, api(91000), attempt=2) is not None
    assert backoff(policy, api(91000), attempt=3) is None


def test_max_elapsed_holds_to_the_millisecond() -> None:
    policy = RetryPolicy(max_elapsed=30)
    assert backoff(policy, api(91000), elapsed=29.799) is not None
    assert backoff(policy, api(91000), elapsed=29.801) is None


def test_message_is_not_repeated_beyond_the_window_in_which_repeats_are_recognised() -> None:
    policy = RetryPolicy(max_elapsed=1000)
    assert latest_start(policy, "identity") == IDENTITY_WINDOW_S < 120 - 10
    assert backoff(policy, api(91000), elapsed=IDENTITY_WINDOW_S - 0.1, repeat="identity") is None
    assert backoff(policy, api(91000), elapsed=IDENTITY_WINDOW_S - 0.1, repeat="always") is not None


def test_off_repeats_nothing() -> None:
    assert all(backoff(RetryPolicy.off(), error) is None for error in (api(20004), UNCONNECTED, TIMEOUT))


def test_official_repeats_what_the_texts_advise() -> None:
    policy = RetryPolicy.official()
    for code in (20004, 20005, 20018, 20028, 60008, 70169, 70500, 90992, 90994, 90995, 91000):
        assert backoff(policy, api(code)) is not None, code
    assert policy.codes >= SLOW_DOWN_CODES
    for code in (20003, 90012, 70001, 60010, 80001, 130009):
        assert backoff(policy, api(code)) is None, code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_attempts", 0),
        ("base", -0.1),
        ("factor", 0.5),
        ("cap", float("nan")),
        ("max_elapsed", -1),
        ("transport", "sometimes"),
    ],
)
def test_policy_is_checked(field: str, value: object) -> None:
    with pytest.raises(UsageError) as caught:
        RetryPolicy(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("attempt", "bounds"), [(1, (0.5, 1.0)), (2, (1.0, 2.0)), (5, (5.0, 10.0)), (10_000, (5.0, 10.0))]
)
def test_backoff_after_too_many_calls_begins_at_what_the_limiter_says(
    attempt: int, bounds: tuple[float, float]
) -> None:
    policy = RetryPolicy(codes=frozenset({60007}), max_attempts=20_000)
    seen: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        seen.append((low, high))
        return low

    backoff = next_backoff(
        policy, api(60007), attempt=attempt, elapsed=0, repeat="never", slow_down_s=0.5, uniform=uniform
    )
    assert backoff == bounds[0]
    assert seen == [bounds]
