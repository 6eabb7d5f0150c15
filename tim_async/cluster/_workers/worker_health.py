"""The contents of a worker's `/readyz` and `/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from taskiq_aio_pika import AioPikaBroker

from ..._core.client import TimClient
from ...bulk._ledger.ledger import Ledger
from ...errors import ClusterError, LedgerError, UsageError
from . import broker as work_queue
from .campaign_worker import InFlightChunks
from .health import Check, served
from .presence import Presence
from .supervisor import Supervisor

if TYPE_CHECKING:
    from .metrics import WorkerFacts


class WorkerHealth:
    """The state of one worker and of its services.

    Args:
        client: makes the calls.
        ledger: the worker's ledger.
        broker: the worker's broker.
        presence: the worker's entry in the ledger.
        in_flight: its chunks in flight.
        supervisor: supervises campaigns for it.
        have_their_leases: returns whether the worker still owns every chunk in flight.
    """

    def __init__(
        self,
        client: TimClient,
        ledger: Ledger,
        broker: AioPikaBroker,
        *,
        presence: Presence,
        in_flight: InFlightChunks,
        supervisor: Supervisor,
        have_their_leases: Callable[[], bool],
    ) -> None:
        self._client = client
        self._shared = ledger.require_shared()
        self._broker = broker
        self._presence = presence
        self._in_flight = in_flight
        self._supervisor = supervisor
        self._have_their_leases = have_their_leases

    @asynccontextmanager
    async def served(self, where: tuple[str, int] | None) -> AsyncIterator[str | None]:
        """Serve it during the block; yield the URL.

        Args:
            where: address and port; None to serve nothing.

        Raises:
            UsageError: it cannot listen there, or prometheus-client is missing.
        """
        if where is None:
            yield None
            return
        problem = ""
        try:
            from .metrics import SharedLimiter, WorkerMetrics
        except ModuleNotFoundError as error:
            problem = f'health_port needs {error.name}: pip install "tim-async[cluster]"'
        if problem:
            raise UsageError(problem, field="health_port")
        checks: dict[str, Check] = {
            "worker": self._check_state,
            "lease": self._check_leases,
            "ledger": self._shared.clock_offset,
            "broker": partial(work_queue.count_waiting, self._broker),
        }
        if isinstance(self._client.limiter, SharedLimiter):
            checks["limiter"] = self._client.limiter.ping
        async with served(*where, checks, WorkerMetrics(self._client, self._facts).text) as url:
            yield url

    async def _check_state(self) -> None:
        if not self._presence.started_at:
            raise ClusterError("the worker is starting")
        if self._presence.state != "working":
            raise ClusterError(f"the worker is {self._presence.state}")

    async def _check_leases(self) -> None:
        if not self._presence.is_fresh:
            raise LedgerError(f"not renewed for {self._presence.now() - self._presence.renewed_at:.0f} s")
        if not self._have_their_leases():
            raise LedgerError("that of a chunk has run out")

    def _facts(self) -> WorkerFacts:
        from .metrics import WorkerFacts

        return WorkerFacts(
            chunks=self._presence.chunks,
            at_work=len(self._in_flight),
            campaigns=len(self._in_flight.tasks()),
            tasks=self._presence.tasks,
            given_up=self._supervisor.given_up,
            bad_messages=self._broker.bad_messages if isinstance(self._broker, work_queue.Broker) else 0,
            started_at=self._presence.started_at,
            renewed_at=self._presence.renewed_at,
        )
