"""The interface for metrics and traces of calls, implemented by `tim_async.otel`.

A call without an observer spends three tests for None on it.
"""

from __future__ import annotations

from typing import Protocol

from .stats import StatsSource


class CallObserver(Protocol):
    """Watches one call. Its arguments contain no content, account or secret."""

    def attempt(self, number: int, outcome: str, waited_s: float, took_s: float) -> None:
        """Record an attempt that has ended.

        Args:
            number: 1 for the first; attempts that got no connection or no turn count too.
            outcome: "0", the service's code, the class of the error, or "cancelled".
            waited_s: seconds it waited for its turn.
            took_s: seconds from its token to its answer, 0.0 without a token.
        """
        ...

    def end(self, outcome: str, attempts: int, *, failed_items: int = 0) -> None:
        """Record the end of the call.

        Args:
            outcome: as for an attempt.
            attempts: attempts that were sent.
            failed_items: items that failed in an answer whose ErrorCode is 0.
        """
        ...


class Observer(Protocol):
    """Watches a client's calls. Its methods run in the middle of calls and must neither raise nor block."""

    def attach(self, source: StatsSource) -> None:
        """Start watching a client; called once per client. An observer that does not use its counts does nothing.

        Args:
            source: returns the client's counts, including its rates in force. Keep only a weak reference to it: the
                client may be dropped before the observer.
        """
        ...

    def begin(self, command: str, priority: str) -> CallObserver:
        """Record the start of a call, and return its observer."""
        ...
