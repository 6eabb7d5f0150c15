"""The ledger: all that is known of every recipient of a campaign, on disk before it matters.

Words. A *recipient* is an account of a campaign; its place in the plan is its *ordinal*. A *chunk* is a group of
recipients that is processed together: the unit that is claimed, and the unit that is written ahead. Its *lane* is the
command it is sent with, `openim/sendmsg` one by one or `openim/batchsendmsg` in one call. An *owner* is one of several
runners on a server; its claims carry a *lease*.

The promise: nothing is sent that the ledger does not know of, at whatever moment the process dies. So sending is
written ahead, one chunk at a time, together with the exact message, which a repeat must send unchanged:

    chunk      READY -> CLAIMED -> SENDING -> DONE
                                      |
                                      +--> a further chunk, READY, for recipients that are to be sent to again

    READY      not claimed, and nothing of it was sent
    CLAIMED    claimed, and nothing of it was sent; if its owner is gone, it counts as READY
    SENDING    since `since` its recipients may have been sent to; `lane` and the bodies record how and what.
               A runner that finds it left by another continues it: see `runner`
    DONE       all of its recipients are settled

    recipient  PLANNED -> SENT | FAILED | UNKNOWN | SUPPRESSED

    PLANNED    not settled: in a chunk that is SENDING it is in flight, in any other it was not sent to
    SENT       the service accepted the message (msg_key, msg_time) or has it in its history
    FAILED     refused, or its message could not be made (code, info): it was not delivered
    UNKNOWN    may have been delivered; that could not be determined, or was not to be (info)
    SUPPRESSED left out when its chunk was written ahead: on a suppression list, or at the limit of messages (info)

A recipient that is to be sent to again (it was imported, the history does not have the message, the user wants failed
ones tried again) moves to a further chunk. So the recipients of a chunk never change while it is SENDING, and a batch
is repeated to the same recipients with the same identity: an answer about all of them is one commit. A batch that is
settled in part, because an answer left the rest in doubt, is verified, not repeated.

A ledger holds a database and the parts built on it: `campaigns` (created, changed), `steering` (started, paused,
ended), `staging` (recipients being read), `queries` (outcomes of recipients) and `chunks` (claimed, written ahead,
settled). By default the database is an SQLite file: written ahead (WAL), synced at every commit, and restricted to one
runner at a time by a lock on a file next to it. While that lock is held, all earlier claims are left over from dead
processes, and `chunks` needs no owners. On a server, several owners work side by side, which takes one more part,
`shared`.
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
        purpose: what it is opened for, shown to other processes that find it locked. None opens it for reading only.
        patience_s: seconds that a transaction may take; None is a minute for each statement on a server.
        may_be_beside: whether to open a file also while another process works on it; the file must exist then.

    Attributes:
        database: the database.
        campaigns: the campaigns.
        steering: pauses, resumes, cancels and ends them.
        removing: archives and deletes them.
        queries: the outcomes of their recipients.
        chunks: their chunks, for a process that works alone on a file.
        looks: the campaigns that start with a sample.
        suppression: the suppression lists.
        shared: the part that only a server has; None for a file.

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
        """Its name in messages, without a password."""
        return self.database.name

    def staging(self, campaign: CampaignRow) -> Staging:
        """Return the store that takes the recipients of a campaign as they are read."""
        return Staging(self.database, campaign)

    @property
    def full_name(self) -> str:
        """The absolute path of a file, the URL of a server without its password."""
        return self.database.full_name

    @property
    def is_beside(self) -> bool:
        """Whether another process works on the file; False for a server, where the rows say that."""
        return self.database.is_beside

    def require_shared(self) -> SharedLedger:
        """Return the part that only a server has.

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
        """Prevent other processes from planning or starting a campaign of this name during a block."""
        # A file is locked as a whole.
        return nullcontext() if self.shared is None else self.shared.alone_with(name)

    async def __aenter__(self) -> Self:
        await self.database.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.database.__aexit__(exc_type, exc, traceback)
