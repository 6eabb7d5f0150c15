"""The rate that the service accepts of a campaign's limit, noted by its sending processes for observers.

The notes are in the table of facts about the ledger, because they do not affect outcomes: a note is valid for a few
seconds, exists only while the service accepts less than the limit, and nothing depends on it.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from .database import Database
from .schema import meta

# Clocks of machines differ; a process that sends writes a note about every second.
_GOOD_FOR_S: Final = 30.0


class _Note(msgspec.Struct):
    in_force: float
    at: float


class PaceStore:
    """The notes of a ledger.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, campaign_id: int, in_force: float | None, *, now: float) -> None:
        """Note how many recipients per second the service accepts; None if that is all that the limits allow."""

        def work(connection: Connection) -> None:
            if in_force is None:
                connection.execute(delete(meta).where(meta.c.key == pace_key(campaign_id)))
                return
            text = msgspec.json.encode(_Note(in_force, now)).decode()
            make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            added = make(meta).values(key=pace_key(campaign_id), value=text)
            connection.execute(added.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": text}))

        await self._database.write(work, may_repeat=True)

    async def of(self, campaign_id: int, *, now: float) -> float | None:
        """Return the noted rate; None if there is no note or it is old."""
        query = select(meta.c.value).where(meta.c.key == pace_key(campaign_id))
        text = await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if text is None:
            return None
        try:
            note = msgspec.json.decode(text, type=_Note)
        except msgspec.MsgspecError:  # written by another version
            return None
        return note.in_force if abs(now - note.at) < _GOOD_FOR_S else None


def pace_key(campaign_id: int) -> str:
    """Return the key of a campaign's note."""
    return f"pace of {campaign_id}"
