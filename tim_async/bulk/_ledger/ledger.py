"""The ledger: what is known of every recipient of a campaign, on disk before it matters.

Words. A *recipient* is an account of a campaign; its place in the plan is its *ordinal*. A *chunk* is a group of
recipients that is worked on together: the unit that is claimed, and the unit whose sending is written down ahead. Its
*lane* is the command by which it goes, `openim/sendmsg` one by one or `openim/batchsendmsg` in one call. An *owner* is
one of several runners on a server; its claims carry a *lease*.

What is promised: nothing is sent that the ledger does not know of, at whatever moment the process dies. So sending is
written ahead, for a chunk at a time, together with the very message, which a repeat must send unchanged:

    chunk      READY -> CLAIMED -> SENDING -> DONE
                                      |
                                      +--> a further chunk, READY, for recipients that are to be sent to again

    READY      not claimed, and nothing of it was sent
    CLAIMED    claimed, and nothing of it was sent; when its owner is gone, it is as good as READY
    SENDING    since `since` its recipients may have been sent to; `lane` and the bodies record how and what.
               A runner that finds it left by another carries on: see `runner`
    DONE       every recipient that it has is settled

    recipient  PLANNED -> SENT | FAILED | UNKNOWN | SUPPRESSED

    PLANNED    not settled: in a chunk that is SENDING it is in flight, in any other it was not sent to
    SENT       the service took the message (msg_key, msg_time) or has it in its history
    FAILED     refused, or its message could not be made (code, info): it was not delivered
    UNKNOWN    may have been delivered; it could not be found out, or was not wanted (info)
    SUPPRESSED left out when its chunk was written ahead: on a suppression list, or sent to often enough (info)

A recipient that is to be sent to again (it was imported meanwhile, the history does not have the message, the user
wants failed ones tried again) goes to a further chunk. A chunk's recipients therefore never change while it is SENDING,
and so a batch is repeated to the same recipients with the same identity: what an answer says of them all is one commit.
A batch of which some were settled and others not, since an answer left those in doubt, is not repeated but verified.

A ledger holds a database, and parts that are made of it: `campaigns` (made, changed), `steering` (begun, paused,
ended), `staging` (recipients on their way in), `queries` (what became of recipients) and `chunks` (claimed, written
ahead, settled). By default the database is an SQLite file: written ahead (WAL), synced at every commit, and for one
runner at a time by a lock on a file next to it. Since that lock is held, whatever was claimed before is left over from
a dead process, and `chunks` needs no owners. On a server, several owners work side by side: what that takes is one more
part, `shared`.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from os import PathLike
from types import TracebackType
from typing import Self

from ...errors import UsageError
from .campaigns import CampaignStore
from .chunks import ChunkStore
from .database import Database
from .looks import LookStore
from .paces import PaceStore
from .queries import Queries
from .records import CampaignRow
from .removing import Removing
from .shared import SharedLedger
from .staging import Staging
from .steering import Steering
from .suppression import SuppressionStore


class Ledger:
    """A ledger that is open: `async with Ledger("spring.db", purpose="run") as ledger:`.

    Args:
        location: path of an SQLite file, or the URL of a database in SQLAlchemy's form.
        purpose: what it is opened for, shown to other processes that find it locked. None only reads.
        patience_s: seconds that a transaction may take; None is a minute for each statement on a server.
        may_be_beside: whether a file is also opened while another process works on it; then it has to be there.

    Attributes:
        database: where all of it is.
        campaigns: the campaigns.
        steering: how they are paused, resumed, cancelled, and how they ended.
        removing: how they are archived and deleted.
        queries: what became of their recipients.
        chunks: their chunks, for a process that works alone on a file.
        looks: the campaigns that are begun with a sample.
        suppression: the suppression lists.
        shared: what only a server has; None for a file.

    Raises:
        UsageError: the location is not a path or URL.
    """

    def __init__(
        self,
        location: str | PathLike[str],
        *,
        purpose: str | None = None,
        patience_s: float | None = None,
        may_be_beside: bool = False,
    ) -> None:
        self.database: Database = Database(
            location, purpose=purpose, patience_s=patience_s, may_be_beside=may_be_beside
        )
        self.campaigns: CampaignStore = CampaignStore(self.database)
        self.steering: Steering = Steering(self.database)
        self.removing: Removing = Removing(self.database)
        self.queries: Queries = Queries(self.database)
        self.chunks: ChunkStore = ChunkStore(self.database)
        self.looks: LookStore = LookStore(self.database)
        self.paces: PaceStore = PaceStore(self.database)
        self.suppression: SuppressionStore = SuppressionStore(self.database)
        self.shared: SharedLedger | None = SharedLedger(self.database) if self.database.path is None else None

    @property
    def name(self) -> str:
        """What it is called in messages; without a password."""
        return self.database.name

    def staging(self, campaign: CampaignRow) -> Staging:
        """Return what takes the recipients of a campaign, as they are read."""
        return Staging(self.database, campaign)

    @property
    def full_name(self) -> str:
        """The absolute path of a file, the URL of a server without its password."""
        return self.database.full_name

    @property
    def is_beside(self) -> bool:
        """Whether another process works on the file; False for a server, where that is in the rows."""
        return self.database.is_beside

    def require_shared(self) -> SharedLedger:
        """Return what only a server has.

        Raises:
            UsageError: it is a file.
        """
        if self.shared is None:
            raise UsageError(
                f"workers need a ledger on a server, such as postgresql+asyncpg://user@host/db; {self.name} is a file",
                field="ledger",
            )
        return self.shared

    def alone_with(self, name: str) -> AbstractAsyncContextManager[None]:
        """Let no other process plan or begin a campaign of this name during a block."""
        # A file is locked as a whole.
        return nullcontext() if self.shared is None else self.shared.alone_with(name)

    async def __aenter__(self) -> Self:
        await self.database.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.database.__aexit__(exc_type, exc, traceback)
