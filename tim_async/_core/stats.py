"""A client's counts, by command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from .breaker import BreakerStats


class CommandStats(msgspec.Struct, kw_only=True):
    """Counts of one command.

    Attributes:
        calls: calls that began.
        succeeded: calls that returned a result.
        cancelled: calls that were cancelled from outside.
        attempts: requests that were sent.
        retries: attempts after a call's first.
        errors: failed attempts, by code or class of error; also calls that were refused before any attempt.
        failed_items: failed items in answers whose ErrorCode is 0.
        waited_s: seconds spent waiting for a turn.
        took_s: seconds from the token to the answer.
        turned_away: calls refused immediately because `max_waiting` others were waiting.
        waiting: calls that are waiting: for a slot, for their turn, or to be retried.
        rate: calls (or deliveries) a second that the limiter currently allows; None while the limit is not in use. The
            service's "too many calls" lowers it below the configured rate, and it recovers over time. Of several
            limits, the one slowed most.
        configured_rate: calls a second allowed while nothing slows it down; slightly below the limit, so that no second
            ever holds more.
    """

    calls: int = 0
    succeeded: int = 0
    cancelled: int = 0
    attempts: int = 0
    retries: int = 0
    errors: dict[str, int] = msgspec.field(default_factory=dict)
    failed_items: int = 0
    waited_s: float = 0.0
    took_s: float = 0.0
    turned_away: int = 0
    waiting: int = 0
    rate: float | None = None
    configured_rate: float | None = None

    def count_error(self, name: str) -> None:
        """Count one error."""
        self.errors[name] = self.errors.get(name, 0) + 1


class Stats:
    """The counts of a client."""

    def __init__(self) -> None:
        self._commands: dict[str, CommandStats] = {}

    def of(self, command: str) -> CommandStats:
        """Return the counts of a command, to be updated in place."""
        stats = self._commands.get(command)
        if stats is None:
            stats = self._commands[command] = CommandStats()
        return stats

    def snapshot(self) -> dict[str, CommandStats]:
        """Return copies of all counts."""
        # A list, because telemetry calls this from another thread while calls of further commands may begin.
        return {
            command: msgspec.structs.replace(stats, errors=dict(stats.errors))
            for command, stats in list(self._commands.items())
        }


class ClientStats(Mapping[str, CommandStats]):
    """A snapshot of a client's counts, by command.

    Attributes:
        sdk_app_id: the app.
        breaker: the numbers of the breaker, None without one.
    """

    def __init__(self, sdk_app_id: int, commands: Mapping[str, CommandStats], breaker: BreakerStats | None) -> None:
        self.sdk_app_id = sdk_app_id
        self.breaker = breaker
        self._commands = commands

    def __getitem__(self, command: str) -> CommandStats:
        return self._commands[command]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)

    def __repr__(self) -> str:
        breaker = f", {self.breaker}" if self.breaker else ""
        return f"<ClientStats of app {self.sdk_app_id}: {dict(self._commands)}{breaker}>"


class StatsSource(Protocol):
    """Returns counts to an observer at any time, also from another thread."""

    def snapshot(self) -> ClientStats:
        """Return the counts of a client."""
        ...
