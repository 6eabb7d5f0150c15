"""How far a campaign of workers is, as those see it who watch it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("taskiq_aio_pika")

from tests.bulk.conftest import enter
from tim_async.bulk import Progress
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import Changes, Outcome
from tim_async.bulk._ledger.schema import RecipientState
from tim_async.bulk._message.rendering import MessageSource
from tim_async.cluster._workers.progress import Follower


async def test_rate_and_time_left_are_those_of_what_was_settled_since(tmp_path: Path) -> None:
    seen: list[Progress] = []
    async with Ledger(tmp_path / "spring.db", purpose="test") as ledger:
        row = await ledger.campaigns.create(
            "spring", kind="fixed", message=MessageSource("hi").stored, fingerprint="f", chunk_size=10, now=1.0
        )
        await enter(ledger, row, [(f"u{index}", None, index + 1) for index in range(20)])
        row = await ledger.campaigns.find("spring") or row
        follower = Follower(ledger, seen.append)
        await follower.report(row)
        await ledger.chunks.claim(row.id, limit=2)
        outcomes = [Outcome(ordinal=ordinal, state=RecipientState.SENT) for ordinal in range(12)]
        outcomes += [Outcome(ordinal=ordinal, state=RecipientState.SUPPRESSED) for ordinal in range(12, 16)]
        await ledger.chunks.apply(row.id, Changes(outcomes=outcomes))
        follower._count_again_at = 0.0
        await follower.report(row)
    before, after = seen
    assert (before.rate, before.left_s) == (0.0, None)
    assert (after.sent, after.suppressed) == (12, 4)
    assert after.left_s is not None
    # Four are left, of which as many took part as went by: 16 in the time in which 12 were sent.
    assert after.rate * after.left_s == pytest.approx(12 * 4 / 16)
