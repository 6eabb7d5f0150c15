"""Counts of a shared limiter."""

from __future__ import annotations

import msgspec


class LimiterStats(msgspec.Struct, kw_only=True):
    """Counts of one limiter.

    Attributes:
        round_trips: questions that Redis answered.
        reserved: turns that were reserved.
        granted: calls that were let through with one.
        expired: turns that nobody used in time, because the loop was busy, the pool full or the process stopped.
        given_back: turns that were given back for others to use.
        outages: times Redis could not be reached.
        fallback_granted: calls that were let through on this process's part of the limits, without Redis.
    """

    round_trips: int = 0
    reserved: int = 0
    granted: int = 0
    expired: int = 0
    given_back: int = 0
    outages: int = 0
    fallback_granted: int = 0
