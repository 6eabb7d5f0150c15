"""Count calls as the service does, and refuse calls over the limit.

Every rate of an endpoint has its own window; a rate with a key has one for each value of the key. A call passes if all
windows have room for its cost within the last `per` seconds; then it is counted in all of them. A refused call is
counted in none, so hammering a full window does not keep it full. (Whether the service counts refused calls, and where
its seconds begin, is not documented.)

At 80 % of a limit the service alerts the app by webhook (I60256). The alert counts arrivals, refused ones included, for
plain limits per second, and is emitted once a second while arrivals stay that high. Limits per group and limits of
deliveries per minute have no alert here: the alert names no group and counts calls per second, and no document says
that such limits have one.

A limit per hour or day counts the time before the call, because no document says when a day begins; the emulator's
clock for limits may differ from that for MsgTime. A call over it is 90047 for pushes.

A call is counted when it arrives. Calls that a planned fault answers or drops before they take effect are not counted;
`Emulator.worst_window` counts every arrival.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ..._api.checks import check_number
from ..._api.endpoint import Endpoint, Rate
from ..state.codes import CommonCode, GroupCode, MessageCode, PushCode

EVERY: Final = "*"
# Commands that answer with a code of their own instead of 60007 (rest-overview, "over the limit"; I67553).
_OWN_CODES: Final = {
    "all_member_push/im_push": PushCode.TOO_FREQUENT,
    "timpush/batch": MessageCode.BATCH_MESSAGE_RATE_LIMITED,
    "timpush/push": PushCode.TOO_FREQUENT,
    "timpush/revoke": PushCode.RECALL_RATE_LIMITED,
}
# Pushes per day, and messages per hour: a dropped repeat does not count.
_COUNTED_BY_HANDLERS: Final = frozenset(
    {"all_member_push/im_push", "official_account_open_http_svc/send_official_account_msg"}
)
_PUSHES: Final = frozenset({"all_member_push", "timpush"})
ALERT_AT: Final = 0.8
Alert = Callable[[Endpoint[..., Any], int, int], None]
# Rates of one group have codes of their own; the documents name none for other rates with a key.
_GROUP_KEY: Final = "group_id"
# Writing attributes of a group: commands that share one count (I44188).
_ATTRIBUTE_WRITES: Final = frozenset(
    f"group_open_http_svc/{word}_group_attr" for word in ("modify", "set", "clear", "delete")
)
# Windows of unused keys are removed when there are this many.
_SWEEP_AT: Final = 10_000
HISTORY_S: Final = 60


class Window:
    """A sliding window: at most `capacity` in any `per` seconds."""

    __slots__ = ("_entries", "_sum", "capacity", "per", "worst")

    def __init__(self, capacity: int, per: float) -> None:
        self.capacity: int = capacity
        self.per: float = per
        self.worst: int = 0  # the most that it ever held
        self._entries: deque[tuple[float, int]] = deque()
        self._sum = 0

    def held(self, now: float) -> int:
        """Return what it currently holds."""
        entries = self._entries
        while entries and now - entries[0][0] >= self.per:
            self._sum -= entries.popleft()[1]
        return self._sum

    def has_room(self, now: float, cost: int = 1) -> bool:
        """Return whether there is room for a call of this cost now."""
        return self.held(now) + cost <= self.capacity

    def enter(self, now: float, cost: int = 1) -> None:
        """Count a call that had room."""
        self._entries.append((now, cost))
        self._sum += cost
        self.worst = max(self.worst, self._sum)

    def is_idle(self, now: float) -> bool:
        """Return whether the window is empty now."""
        return not self._entries or now - self._entries[-1][0] >= self.per


class _Alarm:
    """The arrivals of a command in the last second, and the time of its last alert."""

    __slots__ = ("_times", "alerted_at")

    def __init__(self) -> None:
        self.alerted_at = -math.inf
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        """Count an arrival; return how many there were in the last second."""
        times = self._times
        while times and now - times[0] >= 1.0:
            times.popleft()
        times.append(now)
        return len(times)


class Pace:
    """The calls of a command in each of the last seconds, and how many of them were refused."""

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque(maxlen=HISTORY_S)

    def count(self, now: float, *, is_refused: bool) -> None:
        """Count a call."""
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0])
        self._seconds[-1][1 + is_refused] += 1

    def last(self, now: float) -> tuple[list[int], list[int]]:
        """Return how many passed and how many were refused in each of the last seconds, the current one last."""
        passed, refused = [0] * HISTORY_S, [0] * HISTORY_S
        for second, *counts in self._seconds:
            place = HISTORY_S - 1 - (int(now) - second)
            if 0 <= place < HISTORY_S:
                passed[place], refused[place] = counts
        return passed, refused


class LimitState(NamedTuple):
    """The use of a limit.

    Attributes:
        held: what its fullest window currently holds.
        capacity: the most a window may hold, with the tolerance.
        worst: the most that any of its remaining windows ever held.
        refused: the calls that it refused.
    """

    held: int
    capacity: int
    worst: int
    refused: int


class OverLimit(NamedTuple):
    """Why a call is refused.

    Attributes:
        code: the ErrorCode: 60007 for calls of most commands, 90057 for deliveries, 10023 for messages of a group,
            10049 for changes of its attributes.
        info: the ErrorInfo.
    """

    code: int
    info: str


class Limits:
    """The windows of all commands.

    Args:
        rate_limits: rates by command that replace those of the endpoint's line; a number is calls per second. The key
            `*` stands for every other command, each with its own window.
        tolerance: the share of a limit that is allowed on top of it: 0.05 allows 210 instead of 200.
        alert: called with the endpoint, the arrivals and the limit per second when a command approaches its limit.
    """

    def __init__(
        self, rate_limits: Mapping[str, int | Rate] | None, tolerance: float, alert: Alert | None = None
    ) -> None:
        check_number("tolerance", tolerance, 0)
        self._given = {
            command: (rate if isinstance(rate, Rate) else Rate(rate),) for command, rate in (rate_limits or {}).items()
        }
        self._tolerance = tolerance
        self._alert = alert
        self._alarms: dict[str, _Alarm] = {}
        self._windows: dict[tuple[str, int, str], Window] = {}
        self._refused: Counter[tuple[str, int]] = Counter()
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        self._sweep_at = _SWEEP_AT
        self._began_with = dict(self._given)

    def rates(self, endpoint: Endpoint[..., Any]) -> tuple[Rate, ...]:
        """Return the rates of an endpoint."""
        given = self._given.get(endpoint.command)
        return given or self._given.get(EVERY) or endpoint.limits

    @property
    def called(self) -> set[str]:
        """The commands that were called, and those with limits of their own here."""
        return self._paces.keys() | (self._given.keys() - {EVERY})

    def look(self, endpoint: Endpoint[..., Any], now: float) -> list[tuple[Rate, LimitState]]:
        """Return the rates of an endpoint, and the use of each."""
        states = []
        for number, rate in enumerate(self.rates(endpoint)):
            counted_as = _counted_as(endpoint.command, rate)
            windows = [each for key, each in self._windows.items() if key[:2] == (counted_as, number)]
            held = max((each.held(now) for each in windows), default=0)
            worst = max((each.worst for each in windows), default=0)
            states.append(
                (rate, LimitState(held, self._capacity(rate), worst, self._refused[endpoint.command, number]))
            )
        return states

    def paces(self, now: float) -> dict[str, tuple[list[int], list[int]]]:
        """Return how many calls of each command passed and were refused in each of the last seconds."""
        return {command: pace.last(now) for command, pace in self._paces.items()}

    def set_as(self, command: str) -> str | None:
        """Return the name under which a command's limit was set, itself or `*`; None for the documented limits."""
        return next((name for name in (command, EVERY) if name in self._given), None)

    def replace(self, command: str, rate: Rate | None) -> None:
        """Set the rate of a command, or of `*`; None restores its own rates. Its windows start empty."""
        if rate is None:
            self._given.pop(command, None)
        else:
            self._given[command] = (rate,)
        self._forget(command)

    def reset(self) -> None:
        """Undo all `replace` calls, and start with empty windows."""
        self._given = dict(self._began_with)
        self._paces.clear()
        self._forget(EVERY)

    def _forget(self, command: str) -> None:
        """Empty the windows of a command, or of all."""
        keys = [key for key in self._windows if command in (EVERY, key[0])]
        for key in keys:
            del self._windows[key]
        for place in [place for place in self._refused if command in (EVERY, place[0])]:
            del self._refused[place]
        self._alarms.clear()

    def admit(self, endpoint: Endpoint[..., Any], raw: Mapping[str, object], now: float) -> OverLimit | None:
        """Count a call; return why it is refused, None if it passes.

        Args:
            endpoint: the called endpoint.
            raw: the body; empty if it could not be read.
            now: seconds of any monotonic clock.
        """
        if self._alert is not None:
            self._watch(endpoint, now, self._alert)
        counted: list[tuple[Window, int]] = []
        for number, rate in enumerate(self.rates(endpoint)):
            key = "" if rate.key is None else str(endpoint.limit_value(raw, rate.key) or "")
            if (rate.key is not None and not key) or self._is_counted_elsewhere(endpoint, rate):
                continue
            cost = _cost(rate, endpoint, raw)
            window = self._window(_counted_as(endpoint.command, rate), number, key, rate, now)
            if not window.has_room(now, cost):
                self._refused[endpoint.command, number] += 1
                self._paces[endpoint.command].count(now, is_refused=True)
                return _refuse(endpoint, rate)
            counted.append((window, cost))
        self._paces[endpoint.command].count(now, is_refused=False)
        for window, cost in counted:
            window.enter(now, cost)
        return None

    def _is_counted_elsewhere(self, endpoint: Endpoint[..., Any], rate: Rate) -> bool:
        """Return whether the handler enforces a quota itself, because it must not count repeats."""
        return rate.is_quota and endpoint.command in _COUNTED_BY_HANDLERS and rate in endpoint.limits

    def _watch(self, endpoint: Endpoint[..., Any], now: float, alert: Alert) -> None:
        """Count an arrival, and alert if there are many."""
        limit = next(
            (rate.limit for rate in self.rates(endpoint) if rate.per == 1 and not (rate.key or rate.cost)), None
        )
        if limit is None:
            return
        alarm = self._alarms.get(endpoint.command)
        if alarm is None:
            alarm = self._alarms[endpoint.command] = _Alarm()
        seen = alarm.count(now)
        if seen >= ALERT_AT * limit and now - alarm.alerted_at >= 1.0:
            alarm.alerted_at = now
            alert(endpoint, seen, limit)

    def _window(self, command: str, number: int, key: str, rate: Rate, now: float) -> Window:
        window = self._windows.get((command, number, key))
        if window is None:
            if len(self._windows) >= self._sweep_at:
                self._windows = {place: old for place, old in self._windows.items() if not old.is_idle(now)}
                self._sweep_at = max(_SWEEP_AT, 2 * len(self._windows))
            window = self._windows[command, number, key] = Window(self._capacity(rate), rate.per)
        return window

    def _capacity(self, rate: Rate) -> int:
        # 20 * 1.15 is just below 23 in binary floating point.
        return math.floor(rate.limit * (1 + self._tolerance) + 1e-9)


def _cost(rate: Rate, endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> int:
    if rate.cost is None:
        return 1
    items = endpoint.limit_value(raw, rate.cost)
    return len(items) if isinstance(items, list) else 1


def _counted_as(command: str, rate: Rate) -> str:
    """Return the name under which calls are counted: the command, or a name that several commands share."""
    return "attributes" if rate.key == _GROUP_KEY and command in _ATTRIBUTE_WRITES else command


def _refuse(endpoint: Endpoint[..., Any], rate: Rate) -> OverLimit:
    span = f"{rate.limit} in {rate.per:g} s"
    if rate.is_quota:
        code = PushCode.DAILY_LIMIT if endpoint.service in _PUSHES else CommonCode.REST_RATE_LIMITED
        return OverLimit(code, f"the limit of {rate} is used up")
    if rate.cost is not None:
        return OverLimit(MessageCode.BATCH_MESSAGE_RATE_LIMITED, f"too many deliveries: the limit is {span}")
    if rate.key == _GROUP_KEY and endpoint.command in _ATTRIBUTE_WRITES:
        return OverLimit(GroupCode.ATTR_RATE_LIMITED, f"too many changes of a group's attributes: the limit is {span}")
    if rate.key == _GROUP_KEY:
        return OverLimit(GroupCode.MESSAGE_RATE_LIMITED, f"too many messages to one group: the limit is {span}")
    return OverLimit(
        _OWN_CODES.get(endpoint.command, CommonCode.REST_RATE_LIMITED),
        f"too many calls of this command: the limit is {span}",
    )
