"""Whether an attempt is retried, and after how long. Pure: no clock and no loop; the random source is passed in.

By default, only the four codes with which the service reports internal errors are retried (20004, 20005, 91000, 90992).
After a timeout or a lost connection the request may have taken effect: it is retried only if the user allows it and the
endpoint's line says that a repeat is harmless.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from .. import _codes
from .._api.checks import check_whole, quoted
from .._api.endpoint import Repeat
from .._randomness import uniform
from ..errors import ApiError, ConnectError, TimError, TransportError, UsageError

TRANSIENT_CODES: Final = frozenset({20004, 20005, 91000, 90992})

# The service recognises a repeated message for 120 s (c2c, "Duplicates"). A retry must arrive within that time, so none
# starts later than this after the first attempt; the rest is for the transfer and its timeout.
IDENTITY_WINDOW_S: Final = 105.0


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When attempts are retried: exponential backoff with full jitter, bounded by attempts and by time.

    Attributes:
        codes: codes that are retried.
        max_attempts: total number of attempts, at least 1.
        base: seconds; the backoff after attempt n is random in 0..min(cap, base * factor ** (n - 1)).
        factor: growth from one backoff to the next, at least 1.
        cap: the longest backoff in seconds.
        max_elapsed: seconds from the first attempt after which no further attempt starts.
        transport: `never`; `connect` retries when nothing was sent; `any` also after a timeout, a lost connection or
            an unusable answer, for endpoints where a repeat is harmless (`Endpoint.repeat`).
    """

    codes: frozenset[int] = TRANSIENT_CODES
    max_attempts: int = 4
    base: float = 0.2
    factor: float = 2.0
    cap: float = 5.0
    max_elapsed: float = 30.0
    transport: Literal["never", "connect", "any"] = "never"

    def __post_init__(self) -> None:
        check_whole("max_attempts", self.max_attempts, 1)
        for name, low in (("base", 0), ("factor", 1), ("cap", 0), ("max_elapsed", 0)):
            value = getattr(self, name)
            if not value >= low:  # also refuses NaN
                raise UsageError(f"{name} must be at least {low}, not {quoted(value)}", field=name)
        if self.transport not in ("never", "connect", "any"):
            raise UsageError(
                f"transport must be 'never', 'connect' or 'any', not {self.transport!r}", field="transport"
            )

    @classmethod
    def off(cls) -> RetryPolicy:
        """Return the policy that never retries."""
        return cls(codes=frozenset(), max_attempts=1)

    @classmethod
    def official(cls) -> RetryPolicy:
        """Return the policy that follows the service's advice: retry "try again" and, after a while, "slow down"."""
        return cls(codes=_codes.codes_with_hint("retry") | _codes.SLOW_DOWN_CODES, transport="connect")


def is_repeatable(policy: RetryPolicy, error: TimError, repeat: Repeat) -> bool:
    """Return whether the policy retries this error at all."""
    if isinstance(error, ApiError):
        # A gateway's "too many calls" (HTTP 429) is retried if the service's own is.
        return (60007 if error.code is None else error.code) in policy.codes
    if isinstance(error, ConnectError):
        return policy.transport != "never"
    return isinstance(error, TransportError) and policy.transport == "any" and repeat != "never"


def latest_start(policy: RetryPolicy, repeat: Repeat) -> float:
    """Return the seconds from the first attempt after which no retry may start."""
    return min(policy.max_elapsed, IDENTITY_WINDOW_S) if repeat == "identity" else policy.max_elapsed


def next_backoff(
    policy: RetryPolicy,
    error: TimError,
    *,
    attempt: int,
    elapsed: float,
    repeat: Repeat,
    slow_down_s: float = 0.0,
    uniform: Callable[[float, float], float] = uniform,
) -> float | None:
    """Return the seconds until the next attempt, None to raise the error.

    Args:
        policy: the policy.
        error: the error that ended the attempt.
        attempt: attempts made so far, at least 1.
        elapsed: seconds since the first attempt began.
        repeat: whether a repeat is harmless, from the endpoint's line.
        slow_down_s: minimum seconds after the first attempt if the service answered "too many calls"; it grows like
            the backoff, and up to as much again is added at random.
        uniform: returns a random number between two bounds.
    """
    if attempt >= policy.max_attempts or not is_repeatable(policy, error, repeat):
        return None
    try:
        growth = policy.factor ** (attempt - 1)
    except OverflowError:
        growth = sys.float_info.max
    shortest = min(policy.cap, slow_down_s * growth)
    backoff = uniform(shortest, max(min(policy.cap, policy.base * growth), 2 * shortest))
    return backoff if elapsed + backoff <= latest_start(policy, repeat) else None
