"""What watches calls, if anything does: a seam for metrics and traces, `tim_async.otel` is one that uses it.

Without an observer a call tests for it three times, and that is all.
"""

from __future__ import annotations

from typing import Protocol


class CallObserver(Protocol):
    """Watches one call. What it is told holds no content, no account and no secret."""

    def attempt(self, number: int, outcome: str, waited_s: float, took_s: float) -> None:
        """Take in an attempt that ended just now.

        Args:
            number: 1 for the first; attempts that found no connection or no turn count too.
            outcome: "0", the service's code, the class of the error, or "cancelled".
            waited_s: seconds it waited for its turn.
            took_s: seconds from its token to its answer, 0.0 when it got none.
        """
        ...

    def end(self, outcome: str, attempts: int, *, failed_items: int = 0) -> None:
        """Take in the end of the call.

        Args:
            outcome: as of an attempt.
            attempts: attempts that were sent.
            failed_items: items that failed in an answer that said OK on top.
        """
        ...


class Observer(Protocol):
    """Watches a client's calls. Its methods run in the middle of them: they must neither raise nor block."""

    def begin(self, command: str, priority: str) -> CallObserver:
        """Take in the beginning of a call, and return what watches it to its end."""
        ...
