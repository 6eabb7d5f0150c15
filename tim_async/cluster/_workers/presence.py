"""A worker's own entry in the ledger: that it is alive, and what it has in flight."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import Final

from ..._version import __version__
from ...bulk._ledger.presence import WorkerInfo, WorkerStore, WorkerTask
from ...errors import LedgerError

logger = logging.getLogger("tim_async")

# As often as chunk leases: others wait for a dead worker no longer than for its chunks.
_RENEWALS_PER_LEASE: Final = 4


class Presence:
    """Records that a worker is alive, as long as it is.

    Args:
        store: the workers of the ledger.
        app: the app whose campaigns it works on.
        tasks: maximum number of chunks in flight.
        lease_s: seconds for which it is considered alive after each entry.
        now: returns unix seconds by the ledger's clock.
        at_work: returns what it has in flight.

    Attributes:
        tasks: as given.
        now: as given.
        state: see `WorkerInfo`.
        chunks: number of chunks that it has worked on.
        started_at: unix seconds of the first entry, by the ledger's clock; 0.0 before.
        renewed_at: the same of the newest entry.
    """

    def __init__(
        self,
        store: WorkerStore,
        *,
        app: int,
        tasks: int,
        lease_s: float,
        now: Callable[[], float],
        at_work: Callable[[], Sequence[WorkerTask]],
    ) -> None:
        self._store = store
        self._id = secrets.token_hex(8)
        self._app = app
        self.tasks = tasks
        self._lease_s = lease_s
        self.now = now
        self._at_work = at_work
        self._is_written = False
        self.state = "working"
        self.chunks = 0
        self.started_at = 0.0
        self.renewed_at = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether the newest entry is no older than a lease."""
        return self.now() - self.renewed_at < self._lease_s

    async def renew(self) -> None:
        """Record that it is alive.

        Raises:
            LedgerError: the ledger cannot be used.
        """
        now = self.now()
        self.started_at = self.started_at or now
        self._is_written = True  # it may be, even if the answer is lost
        await self._store.write(
            WorkerInfo(
                id=self._id,
                app=self._app,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=__version__,
                started_at=self.started_at,
                seen_at=now,
                alive_until=now + self._lease_s,
                is_alive=True,
                state=self.state,
                tasks=self.tasks,
                chunks=self.chunks,
                at_work=list(self._at_work()),
            )
        )
        self.renewed_at = now

    async def keep(self) -> None:
        """Renew the entry until cancelled."""
        while True:
            try:
                await self.renew()
            except LedgerError as error:
                logger.info("the entry of this worker was not renewed: %s", error)
            await asyncio.sleep(self._lease_s / _RENEWALS_PER_LEASE)

    async def leave(self) -> None:
        """Remove the entry; without a ledger, others notice after a while that this worker is gone."""
        if self._is_written:
            try:
                await self._store.remove(self._id)
            except LedgerError as error:
                logger.info("the entry of this worker was not removed: %s", error)
