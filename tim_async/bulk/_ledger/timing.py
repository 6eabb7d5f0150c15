"""When and how fast a campaign sends, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec


class Timing(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """When and how fast a campaign sends.

    Attributes:
        not_before: unix seconds before which nothing is sent; None for no limit.
        until: unix seconds after which nothing is sent; None for no limit.
        between: the hours of the day in which messages are sent, such as 09:00 and 21:00; None for all.
        time_zone: the time zone of those hours, such as Asia/Shanghai; None if none was given.
        rate: recipients per second, over all processes; None for what the limits allow.
        share: the part of each command's limit that it uses, over all processes; None for all of it.
    """

    not_before: float | None = None
    until: float | None = None
    between: tuple[str, str] | None = None
    time_zone: str | None = None
    rate: float | None = None
    share: float | None = None

    @property
    def has_hours(self) -> bool:
        """Whether there are times at which it rests or ends."""
        return not (self.not_before is None and self.until is None and self.between is None)

    @property
    def has_pace(self) -> bool:
        """Whether it has a rate of its own."""
        return not (self.rate is None and self.share is None)

    def allows(self, pace: float) -> float:
        """Return the recipients per second that it allows, given what the limits allow."""
        if self.rate is not None:
            return min(self.rate, pace)
        return pace if self.share is None else self.share * pace

    def shown(self, moment: float) -> str:
        """Return a moment in the notation of its time zone; without one, in UTC."""
        zone = UTC if self.time_zone is None else ZoneInfo(self.time_zone)
        return f"{datetime.fromtimestamp(moment, zone).isoformat(' ', 'seconds')} ({self.time_zone or 'UTC'})"

    def __str__(self) -> str:
        """Return it in words; "" for at any time, as fast as the limits allow."""
        parts = [
            "" if self.not_before is None else f"not before {self.shown(self.not_before)}",
            "" if self.between is None else f"between {self.between[0]} and {self.between[1]} ({self.time_zone})",
            "" if self.until is None else f"until {self.shown(self.until)}",
            "" if self.rate is None else f"at most {self.rate:,.10g} recipients per second",
            "" if self.share is None else f"at most {self.share * 100:.10g}% of the limit",
        ]
        return ", ".join(filter(None, parts))


class StoredTiming(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The timing of a campaign in its ledger.

    Attributes:
        in_force: the timing that applies now.
        given: the arguments of the latest run, by name, as text. Giving the same again changes nothing: settings made
            in the meantime stay when the same command continues the campaign.
    """

    in_force: Timing = Timing()
    given: Mapping[str, str] = {}

    @classmethod
    def decoded(cls, stored: str | None) -> StoredTiming:
        """Return what a ledger has stored."""
        return cls() if stored is None else msgspec.json.decode(stored, type=cls)

    def encoded(self) -> str | None:
        """Return its stored form; None if it is empty."""
        return None if self == StoredTiming() else msgspec.json.encode(self).decode()
