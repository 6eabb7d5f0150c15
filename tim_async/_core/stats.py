"""A client's counts, by command."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec


class CommandStats(msgspec.Struct, kw_only=True):
    """Counts of one command.

    Attributes:
        calls: calls that began.
        succeeded: calls that returned a result.
        cancelled: calls that were cancelled from outside.
        attempts: requests that were sent.
        retries: attempts after a call's first.
        errors: failed attempts, by code or class of error; also calls that were refused before any attempt.
        failed_items: items that failed in answers whose ErrorCode is 0.
        waited_s: seconds spent waiting for a turn.
        took_s: seconds from the token to the answer.
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

    def count_error(self, name: str) -> None:
        """Count one error."""
        self.errors[name] = self.errors.get(name, 0) + 1


class Stats:
    """The counts of a client."""

    def __init__(self) -> None:
        self._commands: dict[str, CommandStats] = {}

    def of(self, command: str) -> CommandStats:
        """Return the counts of a command, to be changed in place."""
        stats = self._commands.get(command)
        if stats is None:
            stats = self._commands[command] = CommandStats()
        return stats

    def snapshot(self) -> Mapping[str, CommandStats]:
        """Return copies of all counts."""
        return MappingProxyType(
            {
                command: msgspec.structs.replace(stats, errors=dict(stats.errors))
                for command, stats in self._commands.items()
            }
        )
