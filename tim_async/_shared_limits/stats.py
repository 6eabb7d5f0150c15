"""Counts of a shared limiter."""

from __future__ import annotations

import msgspec


class LimiterStats(msgspec.Struct, kw_only=True):
    """Counts of one limiter.

    Attributes:
        round_trips: requests that the store answered.
        reserved: reservations that the store granted.
        granted: calls that used one.
        expired: reservations not used in time because the loop was busy, the pool full or the process stopped.
        given_back: reservations given back for others to use.
        outages: number of times that the store could not be reached, or refused to serve.
        fallback_granted: calls made on this process's part of the limits, without the store.
        tolerance_s: seconds after its moment for which a reservation can currently be used: more than usual while this
            process is late for many of them.
    """

    round_trips: int = 0
    reserved: int = 0
    granted: int = 0
    expired: int = 0
    given_back: int = 0
    outages: int = 0
    fallback_granted: int = 0
    tolerance_s: float = 0.0
