"""The times at which a campaign may send: from a start time on, within hours of the day, until its end.

Hours of the day follow the local clock, so a change to or from daylight saving time needs no rule of its own: a time
that occurs twice in autumn is within the hours twice, and hours that would begin at a time that is skipped in spring
begin when the clock has jumped over it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from .._ledger.timing import Timing

_DAY_S: Final = 86_400.0
# Hours of the day that never occur within this many days never come.
_MAX_DAYS: Final = 9
_MINUTES_OF_A_DAY: Final = 24 * 60
# The most rests that a forecast goes through.
_MAX_RESTS: Final = 1000


class Phase(msgspec.Struct, frozen=True):
    """What a campaign may do at a moment.

    Attributes:
        is_open: whether it may send.
        is_over: whether it may never send again.
        changes_at: unix seconds of the next change; infinite if there is none.
    """

    is_open: bool
    is_over: bool
    changes_at: float


class Hours:
    """Hours of the day; they span midnight if they end before they begin.

    Args:
        begin: minutes after midnight.
        end: minutes after midnight, other than `begin`; 1440 for the end of the day.
        zone: the time zone of the hours.
    """

    def __init__(self, begin: int, end: int, zone: tzinfo) -> None:
        self._begin = begin
        self._end = end
        self._zone = zone

    def has(self, moment: float) -> bool:
        """Return whether a moment is within the hours."""
        local = datetime.fromtimestamp(moment, self._zone)
        minute = 60 * local.hour + local.minute
        if self._begin < self._end:
            return self._begin <= minute < self._end
        return minute >= self._begin or minute < self._end

    def changes_at(self, moment: float) -> float:
        """Return when they next begin or end; infinite if never."""
        is_within = self.has(moment)
        for day in range(_MAX_DAYS):
            later = moment + day * _DAY_S
            for candidate in sorted(self._candidates(later)):
                if moment < candidate and self.has(candidate) is not is_within:
                    return candidate
        return math.inf

    def _candidates(self, moment: float) -> Iterator[float]:
        """Yield the moments of about two days at which they may begin or end."""
        today = datetime.fromtimestamp(moment, self._zone).date()
        for day in (-1, 0, 1):
            for minutes in (self._begin, self._end):
                date = today + timedelta(days=day + minutes // _MINUTES_OF_A_DAY)
                minute = minutes % _MINUTES_OF_A_DAY
                for fold in (0, 1):
                    local = datetime.combine(date, time(minute // 60, minute % 60, fold=fold), self._zone)
                    yield float(math.ceil(local.timestamp()))
        yield from self._jumps(moment - _DAY_S, moment + _DAY_S)

    def _jumps(self, since: float, until: float) -> Iterator[float]:
        """Yield the moments between two moments at which the zone's clock is put forward or back."""
        step = 3600
        for begin in range(int(since), int(until), step):
            low, high = begin, begin + step
            before = self._offset(low)
            if before == self._offset(high):
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._offset(middle) == before else (low, middle)
            yield float(high)

    def _offset(self, moment: int) -> timedelta | None:
        return datetime.fromtimestamp(moment, self._zone).utcoffset()


class Schedule:
    """The times at which a campaign may send.

    Args:
        timing: when it is to send.
    """

    def __init__(self, timing: Timing) -> None:
        self._not_before = -math.inf if timing.not_before is None else timing.not_before
        self._until = math.inf if timing.until is None else timing.until
        self._hours: Hours | None = None
        if timing.between is not None and timing.time_zone is not None:
            begin, end = map(minutes_of, timing.between)
            self._hours = Hours(begin, end, ZoneInfo(timing.time_zone))

    def phase(self, moment: float) -> Phase:
        """Return the phase at a moment."""
        opens_at = self._opens_at(moment)
        if moment >= self._until or opens_at >= self._until:
            # Ignore hours that begin only after the end.
            return Phase(is_open=False, is_over=True, changes_at=math.inf)
        if opens_at > moment:
            return Phase(is_open=False, is_over=False, changes_at=opens_at)
        closes_at = math.inf if self._hours is None else self._hours.changes_at(moment)
        return Phase(is_open=True, is_over=False, changes_at=min(closes_at, self._until))

    def _opens_at(self, moment: float) -> float:
        first = max(moment, self._not_before)
        return first if self._hours is None or self._hours.has(first) else self._hours.changes_at(first)

    def end_of(self, work_s: float, moment: float) -> float:
        """Return when this many seconds of work, started at a moment, are done, including the rests in between.

        Work that is not done at the end of the schedule counts as ending then.
        """
        for _ in range(_MAX_RESTS):
            phase = self.phase(moment)
            if phase.is_over:
                break
            if phase.is_open:
                if moment + work_s <= phase.changes_at:
                    return moment + work_s
                work_s -= phase.changes_at - moment
            moment = phase.changes_at
        return moment


def minutes_of(hours: str) -> int:
    """Return the minutes after midnight of a text such as 09:00; 24:00 is the end of a day.

    Raises:
        ValueError: it is not a time of the day.
    """
    hour, colon, minute = hours.partition(":")
    if not (colon and len(hour) in (1, 2) and len(minute) == 2 and (hour + minute).isascii()):
        raise ValueError(hours)
    if not (hour + minute).isdecimal():
        raise ValueError(hours)
    found = 60 * int(hour) + int(minute)
    if int(minute) > 59 or found > _MINUTES_OF_A_DAY:
        raise ValueError(hours)
    return found
