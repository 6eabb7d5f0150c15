"""When a campaign stops: what an error means for the recipient, the message, or the campaign.

    the recipient   not imported, deleted, no account: this one fails, the others continue
    the sender      not imported: stops it at once if all messages have this sender; see `sender_check`
    the message     refused for its content: this one fails; many in a row are due to the message, and stop it
    too many calls  the limiter holds back; tried again
    the quota       pauses the campaign: it continues when the quota is renewed
    credentials     stop it at once
    trouble         no answer, or an internal error: tried again; stops it after a while of nothing else

90992 is a special case: if every call gets it, the app's own webhook does not answer (I34348), and each further call
makes that worse. So it stops the campaign after a few in a row, however short the time.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, Literal

import msgspec

from ..errors import (
    ApiError,
    AuthError,
    BodyTooLargeError,
    LimiterSetupError,
    LimiterUnavailableError,
    RateLimitedError,
    TimError,
    TransportError,
    UsageError,
    WaitTooLongError,
)

MISSING_CODES: Final = frozenset({20003, 70107, 90012})
"""The account is not imported: importing it helps."""
NO_SUCH_ACCOUNT_CODES: Final = MISSING_CODES | {90003, 90048}
"""The account does not exist: then an earlier attempt did not deliver anything either."""
_WEBHOOK_TIMEOUT: Final = 90992

# In a row, without a success in between.
_MAX_REFUSED: Final = 100
_MAX_WEBHOOK_TIMEOUTS: Final = 10
_MAX_TROUBLE: Final = 10
# A campaign waits this many times its patience while every call is refused as too many.
_RATE_LIMITED_PATIENCE: Final = 10

Status = Literal["done", "stopped", "paused", "interrupted", "cancelled", "ended"]


class Stop(msgspec.Struct, frozen=True):
    """Why a campaign ends before all recipients are settled.

    Attributes:
        status: `stopped` by a fault, `paused` by a quota or a user, `interrupted` from outside, `cancelled` by a user,
            `ended` at its end time.
        reason: in words, with what to do.
        is_own: whether only this process may be affected, such as by a lost connection: others may continue.
        is_rest: whether it continues on its own, at a known time.
        is_asked: whether a user paused it, who may resume it at any moment.
    """

    status: Status
    reason: str
    is_own: bool = False
    is_rest: bool = False
    is_asked: bool = False


class FailureScope(Enum):
    """What a failed call is about."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SLOWER = "too many calls"
    QUOTA = "quota"
    CREDENTIALS = "credentials"
    TROUBLE = "trouble"
    NO_TURN = "no turn in time"
    PROGRAM = "program"


def scope_of(error: TimError) -> FailureScope:
    """Return what an error is about."""
    if isinstance(error, WaitTooLongError):
        return FailureScope.NO_TURN
    if isinstance(error, UsageError):
        if isinstance(error, LimiterSetupError):
            return FailureScope.PROGRAM  # its field belongs to the limiter: no message would succeed
        # A field belongs to the message; without one, the client cannot be used.
        return FailureScope.MESSAGE if error.field or isinstance(error, BodyTooLargeError) else FailureScope.PROGRAM
    if isinstance(error, TransportError | LimiterUnavailableError):
        return FailureScope.TROUBLE
    if not isinstance(error, ApiError):
        return FailureScope.PROGRAM
    if error.code in NO_SUCH_ACCOUNT_CODES:
        return FailureScope.RECIPIENT
    if error.asks_to_slow_down:
        return FailureScope.SLOWER
    if isinstance(error, AuthError):
        return FailureScope.CREDENTIALS
    if isinstance(error, RateLimitedError):
        return FailureScope.QUOTA
    return FailureScope.TROUBLE if error.transient else FailureScope.MESSAGE


class FailureJudge:
    """Watches the results of calls and decides when to stop.

    Args:
        clock: monotonic seconds.
        patience_s: seconds of trouble after which it stops.
    """

    def __init__(self, clock: Callable[[], float], patience_s: float) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._since: float | None = None  # start of the current trouble
        self._trouble = 0
        self._timeouts = 0
        self._too_many_since: float | None = None
        self._refused = 0
        self._refused_with: int | None = None

    def succeed(self) -> None:
        """Record a successful call."""
        self._since = self._too_many_since = None
        self._trouble = self._timeouts = self._refused = 0

    def judge(self, error: TimError, recipients: int = 1) -> Stop | None:
        """Record a failed call for that many recipients; return why to stop, None to continue."""
        match scope_of(error):
            case FailureScope.CREDENTIALS:
                return Stop("stopped", f"{error}; correct this, then run it again")
            case FailureScope.PROGRAM:
                return Stop("stopped", str(error), is_own=True)
            case FailureScope.QUOTA:
                return Stop("paused", f"{error}; run it again when the quota is renewed")
            case FailureScope.SLOWER:
                return self._judge_too_many(error)
            case FailureScope.MESSAGE:
                return self.refuse(error, recipients)
            case FailureScope.TROUBLE:
                return self._judge_trouble(error)
        return None

    def _judge_too_many(self, error: TimError) -> Stop | None:
        now = self._clock()
        if self._too_many_since is None:
            self._too_many_since = now
        if now - self._too_many_since < _RATE_LIMITED_PATIENCE * self._patience_s:
            return None
        return Stop("paused", f"rate limited for {now - self._too_many_since:.0f} s: {error}; run it again later")

    def refuse(self, error: TimError, recipients: int) -> Stop | None:
        """Record a refusal that is not about the recipient; return why to stop, None to continue."""
        # 20006, and codes chosen by the app, are its webhook's decision about each recipient: it may refuse many.
        if not isinstance(error, ApiError) or error.code is None:
            return None
        if error.code == 20006 or 120_001 <= error.code <= 130_000:
            return None
        if error.code != self._refused_with:
            self._refused, self._refused_with = 0, error.code
        self._refused += recipients
        if self._refused < _MAX_REFUSED:
            return None
        return Stop("stopped", f"{self._refused} recipients in a row were refused: {error}")

    def _judge_trouble(self, error: TimError) -> Stop | None:
        now = self._clock()
        if self._since is None:
            self._since = now
        self._trouble += 1
        is_timeout = isinstance(error, ApiError) and error.code == _WEBHOOK_TIMEOUT
        self._timeouts = self._timeouts + 1 if is_timeout else 0
        if self._timeouts >= _MAX_WEBHOOK_TIMEOUTS:
            return Stop(
                "stopped",
                f"{self._timeouts} calls in a row failed: {error}; does the app's own webhook answer in time?",
            )
        if self._trouble >= _MAX_TROUBLE and now - self._since >= self._patience_s:
            return Stop(
                "stopped",
                f"no call has succeeded for {now - self._since:.0f} s, {self._trouble} failed: {error}",
                is_own=True,
            )
        return None
