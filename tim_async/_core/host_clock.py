"""What an answer shows about this host's clock, when the service rejects as expired a UserSig that is still valid here.

A UserSig contains its creation time. One that was signed a moment ago has expired only if two clocks differ by its
whole lifetime. The service's clock is in the answer's Date header, which is read only for such an answer: reading it
from every answer would cost more than it is worth.
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
# Date has whole seconds, and answers take time: differences below this say nothing about the clock.
_SMALLEST_OFFSET_S: Final = 5.0


class DatedAnswer(bytes):
    """An answer with the time at which the service sent it.

    Attributes:
        date: its Date header, "" if it had none.
    """

    date: str


def with_date(data: bytes, headers: Mapping[str, str]) -> bytes:
    """Return an answer, with its Date if it may report an expired UserSig."""
    if _MARK not in data:
        return data
    dated = DatedAnswer(data)
    dated.date = headers.get("Date", "")
    return dated


def blame_clock(error: AuthError, reply: bytes, user_sig: str) -> None:
    """Make an error of code 70001 name this host's clock, if the UserSig is valid by it."""
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
