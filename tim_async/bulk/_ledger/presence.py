"""Which workers there are: each has a row in the ledger, renews it while it lives, and removes it when it ends.

One that was killed leaves its row, which says since when it is missing; the next worker removes rows of long ago.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from .database import Database
from .schema import workers

# The row of a worker that died is kept for a day, for a person who looks what happened in the night.
_KEPT_S: Final = 86_400.0


class WorkerTask(msgspec.Struct, kw_only=True, frozen=True):
    """What a worker has at work of a campaign.

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
        id: random; no other worker has the same.
        app: the app whose campaigns it works on.
        host: the name of its machine.
        pid: its process there.
        version: that of its `tim_async`.
        started_at: unix seconds.
        seen_at: unix seconds at which it last wrote that it is alive.
        alive_until: unix seconds after which it is taken for dead, unless it writes again.
        is_alive: whether it is.
        state: `working`, or `stopping` when it takes nothing more and finishes what it has.
        tasks: chunks that it works on at a time at most.
        chunks: how many chunks it has worked on.
        at_work: what it had at work when it last wrote.
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
        """Write that a worker is alive; the first time also removes rows of long ago."""
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
        """Return the workers, of one app or of all, the oldest first; those that died lately are among them.

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
