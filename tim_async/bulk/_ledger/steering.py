"""Steering: campaigns that are started, paused, resumed, cancelled and ended, by any process.

A user's instructions are in the campaign's row, which the processes that work on it check every second: so they reach
the processes on any machine, and survive when those are killed.

    status        started ->  running -> done | stopped | paused | interrupted | ended | cancelled
    paused_at     set if a user paused it: then a process that runs it waits, and one that is started does too, until
                  it is resumed. Without it, `paused` means a quota that was used up: running it again continues.

A run records how it ended, unless a user was faster: the instruction counts. Only completion is recorded in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, select

from .campaigns import change
from .chunks import held
from .database import Database
from .looks import end_look
from .named_lock import server_now
from .schema import RecipientState, campaigns, chunks

Counts = Mapping[tuple[RecipientState, int | None], int]

ENDED: Final = ("paused", "stopped", "interrupted", "ended")
"""The status of a campaign that has ended before all were sent to, and may continue."""
BEGUN: Final = ("running", *ENDED)
"""The status of a campaign that was started and may continue."""
RESUMED: Final = "it was resumed; run it again to continue"


class Standing(msgspec.Struct, kw_only=True, frozen=True):
    """The standing of a campaign, for operations that need it to be idle.

    Attributes:
        status: its status.
        has_process: whether a process has the file, or recently sent a heartbeat for it on a server.
        has_leases: whether chunks of it are in flight on a server.
        is_read: whether a process reads its recipients.
    """

    status: str
    has_process: bool
    has_leases: bool
    is_read: bool


class Steering:
    """Steers the campaigns of a ledger.

    Args:
        database: open, for writing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, campaign_id: int, reason: str, *, now: float) -> bool:
        """Pause a campaign that was started; return whether it was to go on until now."""
        may_go_on = campaigns.c.status.in_(BEGUN) & campaigns.c.paused_at.is_(None)
        return await self._change(
            campaign_id, may_go_on, status="paused", reason=reason, paused_at=now, ended_at=now, counts=None
        )

    async def resume(self, campaign_id: int, *, is_at_work: bool) -> bool:
        """Resume a paused campaign; return whether it was paused.

        Args:
            campaign_id: the campaign.
            is_at_work: whether a process has it, and waits. On a server, the rows say that.
        """

        def work(connection: Connection) -> bool:
            has_process = is_at_work if self._database.path is not None else _is_alive(connection, campaign_id)
            values: dict[str, object] = {"status": "running", "reason": None, "ended_at": None}
            if not has_process:
                values = {"status": "interrupted", "reason": RESUMED}
            is_changed = change(connection, campaign_id, campaigns.c.status == "paused", paused_at=None, **values)
            if is_changed:
                end_look(connection, campaign_id)
            return is_changed

        return await self._database.write(work)

    async def hand_to_workers(self, campaign_id: int) -> bool:
        """Let workers continue a campaign that was submitted to them; return whether it was idle."""
        may_go_on = campaigns.c.status.in_(("done", *ENDED))
        values = {"status": "running", "reason": None, "paused_at": None, "ended_at": None, "counts": None}

        def work(connection: Connection) -> bool:
            is_changed = change(connection, campaign_id, may_go_on, **values)
            if is_changed:
                end_look(connection, campaign_id)
            return is_changed

        return await self._database.write(work)

    async def cancel(self, campaign_id: int, reason: str, *, now: float) -> bool:
        """Cancel a campaign; return whether it had not ended."""
        may_begin = campaigns.c.status.in_(("", *BEGUN))
        return await self._change(
            campaign_id, may_begin, status="cancelled", reason=reason, paused_at=None, ended_at=now, counts=None
        )

    async def begin(self, campaign_id: int, *, alive_s: float) -> bool:
        """Record that a process runs a campaign; False if it is paused or cancelled.

        Args:
            campaign_id: the campaign.
            alive_s: on a server, seconds for which the process counts as alive.
        """
        may_run = campaigns.c.paused_at.is_(None) & campaigns.c.status.not_in(("cancelled", "deleting"))
        fresh: dict[str, object] = {"status": "running", "reason": None, "ended_at": None, "counts": None}
        if self._database.path is None:
            fresh["alive_until"] = server_now() + alive_s
        return await self._change(campaign_id, may_run, **fresh)

    async def end(self, campaign_id: int, status: str, reason: str | None, *, now: float) -> None:
        """Record how a run ended, unless the campaign was paused or cancelled in the meantime."""
        wanted = ("cancelled",) if status == "done" else ("paused", "cancelled")
        await self._change(
            campaign_id,
            campaigns.c.status.not_in(wanted),
            status=status,
            reason=reason,
            paused_at=None,
            ended_at=now,
            alive_until=None,
        )

    async def keep_counts(self, campaign_id: int, counts: Counts) -> None:
        """Keep the outcomes of a campaign that has ended, so that listing campaigns need not count them."""
        kept = [(int(state), code, count) for (state, code), count in counts.items()]
        await self._change(campaign_id, campaigns.c.status != "running", counts=msgspec.json.encode(kept).decode())

    async def keep_alive(self, campaign_id: int, seconds: float) -> None:
        """Record that a process works on a campaign on a server, or waits until it is resumed."""
        await self._change(campaign_id, alive_until=server_now() + seconds)

    async def sign_off(self, campaign_id: int) -> None:
        """Record that no process works on a campaign on a server, unless it runs."""
        await self._change(campaign_id, campaigns.c.status != "running", alive_until=None)

    async def is_alive(self, campaign_id: int) -> bool:
        """Return whether a process works on a campaign on a server, or waits until it is resumed."""
        return await self._database.read(lambda connection: _is_alive(connection, campaign_id))

    # Inside a transaction of the caller

    def look(self, connection: Connection, campaign_id: int) -> Standing:
        """Return the standing of a campaign, and prevent it from being started until the transaction ends."""
        query = select(campaigns.c.status, campaigns.c.reading).where(campaigns.c.id == campaign_id)
        row = connection.execute(query.with_for_update()).one_or_none()
        if self._database.path is not None:
            # A process that has the file may be working on another campaign: that is unknown here.
            has_process = self._database.is_beside
            has_leases = False
        else:
            has_process = _is_alive(connection, campaign_id)
            leased = and_(held(campaign_id), chunks.c.lease_until > server_now())
            has_leases = bool(connection.execute(select(exists().where(leased))).scalar_one())
        return Standing(
            status="removed" if row is None else row.status,
            has_process=has_process,
            has_leases=has_leases,
            is_read=has_process and row is not None and row.reading is not None,
        )

    def enter_retried(self, connection: Connection, campaign_id: int, count: int) -> None:
        """Record that there is work again, for the next run."""
        if count:
            ended = campaigns.c.status.in_(("done", "running", "stopped", "interrupted", "ended"))
            text = f"{count:,} recipients are to be tried again; run it again to continue"
            change(connection, campaign_id, ended, status="interrupted", reason=text)
            change(connection, campaign_id, counts=None)

    async def _change(self, campaign_id: int, *where: ColumnElement[bool], **values: object) -> bool:
        return await self._database.write(lambda connection: change(connection, campaign_id, *where, **values))


def _is_alive(connection: Connection, campaign_id: int) -> bool:
    query = select(campaigns.c.alive_until > server_now()).where(campaigns.c.id == campaign_id)
    return bool(connection.execute(query).scalar_one_or_none())


def kept_counts(text: str) -> dict[tuple[RecipientState, int | None], int]:
    """Return the stored counts."""
    rows = msgspec.json.decode(text, type=list[tuple[int, int | None, int]])
    return {(RecipientState(state), code): count for state, code, count in rows}
