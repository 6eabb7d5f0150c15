"""What a process knows of a share that all processes have in common; it recovers between two replies."""

from __future__ import annotations

from .._core.adaptive_share import BEAT_S, FEW_CALLS, grown_share
from .link import US_PER_S, ShareState


class KnownShare:
    """The share of a bucket, or of an app, as of the last reply.

    Args:
        unit: length of a unit in microseconds, as configured.
    """

    __slots__ = ("_base", "_beat", "_cut_at")

    def __init__(self, unit: float) -> None:
        self._base = 1.0
        self._cut_at = 0.0
        self._beat = max(BEAT_S * US_PER_S, FEW_CALLS * unit)

    def update(self, state: ShareState) -> None:
        """Take a reply into account."""
        self._base, self._cut_at, self._beat = state.base, state.cut_at, state.beat

    def at(self, when: float) -> float:
        """Return the share in force at a time of the server's clock, in microseconds."""
        if self._base >= 1.0:
            return 1.0
        return grown_share(self._base, max(when - self._cut_at, 0.0) / self._beat)

    @property
    def beat_s(self) -> float:
        """Length of a beat in seconds: the time before a refused call is worth repeating."""
        return self._beat / US_PER_S
