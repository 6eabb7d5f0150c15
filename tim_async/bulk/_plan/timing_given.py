"""The arguments for when and how fast a campaign sends: checked, and merged with the current timing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ..._api.checks import quoted
from ...errors import UsageError
from .._ledger.timing import StoredTiming, Timing
from .schedule import Schedule, minutes_of

_MAX_RATE: Final = 1_000_000.0
# A rate below this is a standstill: one recipient in an hour.
_MIN_RATE: Final = 1 / 3600


class TimingChanges(TypedDict, total=False):
    """The arguments for when and how fast; a missing one keeps its current value, None removes it."""

    not_before: datetime | str | None
    until: datetime | str | None
    between: tuple[str, str] | None
    time_zone: str | None
    rate: float | None
    share: float | None


class TimingGiven:
    """The arguments for when and how fast a campaign sends.

    Args:
        changes: the arguments.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(self, changes: TimingChanges) -> None:
        unknown = set(changes) - TimingChanges.__optional_keys__
        if unknown:
            name = min(unknown)
            raise UsageError(f"{name} is not a timing argument", field=name)
        self._changes = changes
        self._zone = _zone(changes.get("time_zone"))
        for name in ("not_before", "until"):
            _moment_of_text(name, changes.get(name))
        _check_hours(changes.get("between"))
        _check_number("rate", changes.get("rate"), _MIN_RATE, _MAX_RATE, "recipients per second")
        _check_number("share", changes.get("share"), 0.001, 1.0, "part of the limit, such as 0.4")
        if changes.get("rate") is not None and changes.get("share") is not None:
            raise UsageError("rate and share are both given: give one of them", field="rate")

    def __bool__(self) -> bool:
        """Return whether anything was given."""
        return bool(self._changes)

    def at_begin(self, stored: StoredTiming, now: float) -> StoredTiming:
        """Return the timing of a run with these arguments; those that an earlier run was given as well change nothing.

        Args:
            stored: what the ledger has.
            now: unix seconds.

        Raises:
            UsageError: it is not possible; it names the argument.
        """
        given = {name: _text(value) for name, value in self._changes.items()}
        new = {name for name, text in given.items() if stored.given.get(name) != text}
        in_force = self._applied(stored.in_force, new, now)
        return StoredTiming(in_force=in_force, given={**stored.given, **given})

    def changed(self, stored: StoredTiming, now: float) -> StoredTiming:
        """Return the timing with these changes.

        Args:
            stored: what the ledger has.
            now: unix seconds.

        Raises:
            UsageError: it is not possible; it names the argument.
        """
        return msgspec.structs.replace(stored, in_force=self._applied(stored.in_force, set(self._changes), now))

    def _applied(self, timing: Timing, names: set[str], now: float) -> Timing:
        if not names:
            return timing
        changes: dict[str, Any] = {name: self._changes.get(name) for name in names}
        zone = self._zone if "time_zone" in names else _zone(timing.time_zone)
        if changes.get("between") is not None:
            changes["between"] = tuple(changes["between"])
        for name, after in (("not_before", now), ("until", now)):
            if changes.get(name) is not None:
                first = changes.get("not_before", timing.not_before) if name == "until" else None
                changes[name] = _moment(name, changes[name], zone, max(after, first or after))
        for one, other in (("rate", "share"), ("share", "rate")):
            if changes.get(one) is not None:
                changes[other] = None  # the later one counts
        merged = msgspec.structs.replace(timing, **changes)
        _check(merged, names, now)
        return merged


def _check(timing: Timing, names: set[str], now: float) -> None:
    """Raise `UsageError` for an impossible timing."""
    if timing.between is not None and timing.time_zone is None:
        raise UsageError("between requires time_zone, such as Asia/Shanghai", field="between")
    not_before, until = timing.not_before, timing.until
    if not_before is not None and until is not None and not_before >= until:
        raise UsageError(
            f"until ({timing.shown(until)}) is before not_before ({timing.shown(not_before)}): nothing could be sent",
            field="until",
        )
    if until is not None and until <= now and "until" in names:
        raise UsageError(f"until is {timing.shown(until)}, which has passed", field="until")
    if until is not None and names & {"until", "not_before", "between"} and Schedule(timing).phase(now).is_over:
        raise UsageError(
            f"nothing could be sent until {timing.shown(until)}: the hours of the day begin after that", field="until"
        )


def _zone(name: object) -> tzinfo | None:
    if name is None:
        return None
    problem = f"time_zone must be the name of a time zone, such as Asia/Shanghai, not {quoted(name)}"
    if isinstance(name, str):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problem = (
                f"time_zone is {name!r}, an unknown time zone; give a name such as Asia/Shanghai (names come from this "
                "machine's tzdata)"
            )
    raise UsageError(problem, field="time_zone")


def _check_hours(between: object) -> None:
    if between is None:
        return
    problem = "between must be two hours of the day, such as 09:00 and 21:00"
    if isinstance(between, tuple | list) and len(between) == 2 and all(isinstance(each, str) for each in between):
        try:
            begin, end = (minutes_of(each) for each in between)
        except ValueError as error:
            problem = f"{problem}, not {str(error)!r}"
        else:
            day = minutes_of("24:00")
            if begin % day != end % day or (begin, end) == (0, day):
                return
            problem = f"between begins and ends at {between[0]}: give two hours of the day that differ"
    raise UsageError(problem, field="between")


def _check_number(name: str, value: object, low: float, high: float, what: str) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(
            f"{name} must be a number from {low:.4g} to {high:,.10g}, {what}, not {quoted(value)}", field=name
        )


def _moment_of_text(name: str, value: object) -> datetime | time | None:
    """Return a given time: a moment, or a time of the day.

    Raises:
        UsageError: it is neither.
    """
    if value is None or isinstance(value, datetime):
        return value
    problem = f"{name} must be a datetime, or a text such as '2026-12-01 09:00' or '09:00', not {quoted(value)}"
    if isinstance(value, str):
        text = value.strip()
        try:
            if len(text) <= len("09:00"):
                minutes = minutes_of(text)
                return time(minutes // 60, minutes % 60)
            return datetime.fromisoformat(text)
        except ValueError:
            problem = f"{name} is {value!r}, not a time; give a time such as '2026-12-01 09:00' or '09:00'"
    elif isinstance(value, date):
        problem = f"{name} is a day without a time: give a datetime"
    raise UsageError(problem, field=name)


def _moment(name: str, value: object, zone: tzinfo | None, after: float) -> float:
    """Return unix seconds of a given time; for a time of the day, the first that is not before `after`."""
    given = _moment_of_text(name, value)
    if isinstance(given, datetime) and given.tzinfo is not None:
        return given.timestamp()
    if zone is None:
        raise UsageError(
            f"{name} is {str(value)!r}, without a time zone: give time_zone, such as Asia/Shanghai", field="time_zone"
        )
    if isinstance(given, datetime):
        return given.replace(tzinfo=zone).timestamp()
    assert given is not None  # noqa: S101 - the caller looked
    today = datetime.fromtimestamp(after, zone).date()
    found = (datetime.combine(today + timedelta(days=day), given, zone).timestamp() for day in (0, 1, 2))
    return next(moment for moment in found if moment >= after)


def _text(value: object) -> str:
    """Return a value in the form in which it is compared with earlier ones."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return "-".join(map(str, value))
    return str(float(value)) if isinstance(value, int | float) else str(value)


def given_by(arguments: Mapping[str, Any]) -> TimingGiven:
    """Return the timing arguments of a campaign, where None means not given."""
    names = TimingChanges.__optional_keys__
    changes: Any = {name: arguments[name] for name in sorted(names) if arguments.get(name) is not None}
    return TimingGiven(changes)
