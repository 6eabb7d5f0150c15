"""The workers of a ledger: each has a row, renews it while it lives, and removes it when it ends.

A worker that was killed leaves its row, which shows since when it is missing; the next worker removes old rows.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from .database import Database
from .schema import workers

# The row of a dead worker is kept for a day, to show in the morning what happened in the night.
_KEPT_S: Final = 86_400.0


class WorkerTask(msgspec.Struct, kw_only=True, frozen=True):
    """The chunks of a campaign that a worker has in flight.

    Attributes:
        campaign: the campaign's name.
        chunks: the numbers of the chunks.
        since: unix seconds at which it claimed the first of them.
    """

    campaign: str
    chunks: list[int]
    since: float


class WorkerInfo(msgspec.Struct, kw_only=True, frozen=True):
    """A worker, as the ledger knows it.

    Attributes:
        id: random and unique.
        app: the app whose campaigns it works on.
        host: the name of its machine.
        pid: its process there.
        version: its version of `tim_async`.
        started_at: unix seconds.
        seen_at: unix seconds of its last heartbeat.
        alive_until: unix seconds after which it counts as dead, unless it sends another heartbeat.
        is_alive: whether it is alive.
        state: `working`, or `stopping` when it takes no more work and finishes what it has.
        tasks: the most chunks that it works on concurrently.
        chunks: how many chunks it has worked on.
        at_work: what it had in flight at its last heartbeat.
    """

    id: str
    app: int
    host: str
    pid: int
    version: str
    started_at: float
    seen_at: float
    alive_until: float
    is_alive: bool
    state: str
    tasks: int
    chunks: int
    at_work: list[WorkerTask]


class WorkerStore:
    """The workers of a ledger on a server.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, info: WorkerInfo) -> None:
        """Write a heartbeat; the first one also removes old rows."""
        facts = msgspec.structs.asdict(info)
        del facts["is_alive"]
        values = {**facts, "at_work": msgspec.json.encode(info.at_work).decode()}

        def work(connection: Connection) -> None:
            if not connection.execute(update(workers).where(workers.c.id == info.id).values(values)).rowcount:
                connection.execute(insert(workers).values(values))
                connection.execute(delete(workers).where(workers.c.alive_until < info.seen_at - _KEPT_S))

        await self._database.write(work, may_repeat=True)

    async def remove(self, worker_id: str) -> None:
        """Remove the row of a worker that ends."""
        query = delete(workers).where(workers.c.id == worker_id)
        await self._database.write(lambda connection: connection.execute(query), may_repeat=True)

    async def list(self, *, now: float, app: int | None = None) -> list[WorkerInfo]:
        """Return the workers, of one app or of all, the oldest first, including those that died recently.

        Args:
            now: unix seconds by the ledger's clock.
            app: whose; None for all.
        """
        query = select(workers).order_by(workers.c.started_at, workers.c.id)
        if app is not None:
            query = query.where(workers.c.app == app)

        def work(connection: Connection) -> list[WorkerInfo]:
            return [
                WorkerInfo(
                    **{
                        **row,
                        "at_work": msgspec.json.decode(row["at_work"], type=list[WorkerTask]),
                        "is_alive": row["alive_until"] > now,
                    }
                )
                for row in connection.execute(query).mappings()
            ]

        return await self._database.read(work)
