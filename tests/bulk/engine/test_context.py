"""What the parts of a run share: the views of the client that its calls are made with."""

from __future__ import annotations

from pathlib import Path

from tim_async import LedgerError, TimClient
from tim_async.bulk._engine.context import ActiveChunk, RunContext
from tim_async.bulk._engine.gate import Gate
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.options import Options
from tim_async.bulk._ledger.records import Chunk
from tim_async.bulk._ledger.schema import ChunkState, Lane
from tim_async.bulk._ledger.writer import LedgerWriter
from tim_async.bulk.progress import Tally


def now() -> float:
    return 0.0


def ignore(_: int | LedgerError) -> None: ...


async def test_calls_of_a_second_share_a_view_that_ends_in_time(tmp_path: Path) -> None:
    async with Ledger(tmp_path / "spring.db", purpose="test") as ledger:
        campaign = await ledger.campaigns.create(
            "spring", kind="fixed", message="{}", fingerprint="f", chunk_size=1, now=0.0
        )
        writer = LedgerWriter(ledger.chunks, campaign.id, ignore)
        client = TimClient(1400000000, "0" * 64)
        gate = Gate(client, None, now)
        context = RunContext(client, campaign, Options(), writer, Tally({}, 0), now, gate, ignore)
        chunk = Chunk(number=0, state=ChunkState.CLAIMED, lane=None, since=None, body=None, recipients=[])
        active = ActiveChunk(chunk, Lane.SINGLE, 0.0, now, is_repeat=False)
        views = [context.client_for(active, left) for left in (50.9, 50.1, 49.99, 0.7, 0.6)]
    assert views[0] is views[1]
    assert [view._options.deadline for view in views] == [50, 50, 49, 0.7, 0.6]
