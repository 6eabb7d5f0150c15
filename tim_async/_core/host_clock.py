"""What an answer shows of this host's clock, when the service takes a UserSig for expired that is valid by that clock.

A UserSig has the time at which it was made, and one that was signed a moment ago has expired only where two clocks
differ by its whole lifetime. The service's clock is in the Date of its answer, which only such an answer is asked for:
to look for it in every one would cost more than it is worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from .._clocks import wall_time
from ..errors import AuthError, TimError
from ..usersig import read_user_sig

EXPIRED: Final = 70001
_MARK: Final = b"70001"
# Below this, Date, which has whole seconds, and the way of the answer say nothing about the clock.
_SMALLEST_OFFSET_S: Final = 5.0


class DatedAnswer(bytes):
    """An answer with the time at which the service gave it.

    Attributes:
        date: the Date of its head, "" where it had none.
    """

    date: str


def with_date(data: bytes, headers: Mapping[str, str]) -> bytes:
    """Return an answer, with its Date if it may say that a UserSig has expired."""
    if _MARK not in data:
        return data
    dated = DatedAnswer(data)
    dated.date = headers.get("Date", "")
    return dated


def blame_clock(error: AuthError, reply: bytes, user_sig: str) -> None:
    """Let an error of code 70001 name this host's clock, if the UserSig is valid by it."""
    now = wall_time()
    try:
        if now > read_user_sig(user_sig).expires_at:
            return
    except TimError:
        return
    offset_s = _offset_s(reply.date, now) if isinstance(reply, DatedAnswer) else None
    if offset_s is None or abs(offset_s) >= _SMALLEST_OFFSET_S:
        error.blame_clock(offset_s)


def _offset_s(date: str, now: float) -> float | None:
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
