"""Whether a run is blocked because calls of higher priority use up the whole limit, and for how long.

Priority stays strict: background calls get what interactive ones leave. But a blocked campaign says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..._core.client import TimClient
from .._ledger.schema import Lane
from .._plan.pacing import command_of, paces

# A run counts as blocked after this long without a granted call, and at least the time of this many calls.
_PATIENCE_S: Final = 3.0
_PATIENCE_CALLS: Final = 3
# This many times as long if this client makes no other calls: then other users of the limits take them.
_PATIENCE_OTHERS: Final = 3


class HeldUp:
    """Watches whether the limits grant calls of the run.

    Args:
        client: the client whose calls are watched.
        lanes: the lanes of the run.

        Attributes:
            seconds: how long the run was blocked, the current time included.
            reason: why it is blocked now; "" while it is not.
    """

    def __init__(self, client: TimClient, lanes: Sequence[Lane]) -> None:
        self._client = client
        self._commands = [command_of(lane) for lane in lanes]
        pace = paces(client.settings)
        slowest = min((pace[lane].calls for lane in lanes), default=1.0)
        self._patience_s = max(_PATIENCE_S, _PATIENCE_CALLS / slowest)
        self._since = -1.0  # loop time of the last observed grant; below 0 before the first check
        self._settled = self._attempts = 0  # recipients, and attempts of all priorities, at that time
        self._seen_at = 0.0
        self.seconds = 0.0
        self.reason = ""

    def look(self, now: float, *, settled: int, may_begin: bool) -> None:
        """Check whether the run is blocked; call this about every second.

        Args:
            now: loop time.
            settled: recipients settled so far.
            may_begin: whether the campaign itself allows work to start.
        """
        waiting, in_flight = self._client.count_calls(self._commands, "background")
        stats = self._client.stats()
        attempts = sum(stats[command].attempts for command in self._commands if command in stats)
        if in_flight or not waiting or not may_begin or settled != self._settled or self._since < 0:
            self._since, self._settled, self._attempts, self.reason = now, settled, attempts, ""
        elif self.reason:
            self.seconds += now - self._seen_at
        elif now - self._since >= self._patience_s * (1 if attempts > self._attempts else _PATIENCE_OTHERS):
            self.seconds += now - self._since
            whose = "interactive" if attempts > self._attempts else "other"
            self.reason = f"blocked: {whose} calls use the whole limit of {' and '.join(self._commands)}"
        self._seen_at = now
