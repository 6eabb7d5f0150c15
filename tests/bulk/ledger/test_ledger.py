"""The ledger: its contents, its claims, and failures of the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import event

from tests.bulk.conftest import enter
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import Applied, Changes, Outcome, Problem, Reassignment, SendStart
from tim_async.bulk._ledger.schema import SCHEMA_VERSION, ChunkState, Lane, RecipientState
from tim_async.errors import LedgerError, UsageError

NOW = 1_800_000_000.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spring.db"


async def planned(ledger, count=25, size=10):
    campaign = await ledger.campaigns.create(
        "spring", kind="fixed", message="{}", fingerprint="f", chunk_size=size, now=NOW
    )
    await enter(ledger, campaign, [(f"u{index}", None, index + 1) for index in range(count)])
    return await ledger.campaigns.find("spring")


def sent(ordinal):
    return Outcome(ordinal=ordinal, state=RecipientState.SENT, msg_key=f"k{ordinal}", msg_time=7)


async def all_rows(ledger, campaign):
    return [recipient async for recipient in ledger.queries.recipients(campaign.id, page=7)]


async def test_plan_fills_chunks_and_notes_duplicates(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await ledger.campaigns.create(
            "spring", kind="fixed", message="{}", fingerprint="f", chunk_size=4, now=NOW
        )
        rows = [("a", None, 1), ("b", '{"x":"1"}', 2), ("a", None, 3), ("c", None, 4)]
        rows += [Problem(line=5, kind="bad", account="", reason="no account")]
        rows += [("b", None, 6), ("d", None, 7), ("e", None, 8)]
        assert await enter(ledger, campaign, rows) == (5, 2)
        campaign = await ledger.campaigns.find("spring")
        assert (campaign.recipients, campaign.duplicates, campaign.bad_rows, campaign.next_chunk) == (5, 2, 1, 2)
        found = await all_rows(ledger, campaign)
        assert [(each.account, each.line, each.chunk) for each in found] == [
            ("a", 1, 0), ("b", 2, 0), ("c", 4, 0), ("d", 7, 0), ("e", 8, 1),
        ]  # fmt: skip
        problems = [problem async for problem in ledger.queries.problems(campaign.id, page=2)]
        assert [(each.line, each.kind, each.account) for each in problems] == [
            (3, "duplicate", "a"), (5, "bad", ""), (6, "duplicate", "b"),
        ]  # fmt: skip


async def test_recipients_that_come_after_the_plan_get_chunks_of_their_own(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger, count=5, size=4)
        assert await enter(ledger, campaign, [("u4", None, 6), ("new", None, 7)]) == (1, 0)
        assert [(each.account, each.chunk) for each in (await all_rows(ledger, campaign))[-2:]] == [
            ("u4", 1),
            ("new", 2),
        ]


async def test_claim_begin_settle(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        [one, two] = await ledger.chunks.claim(campaign.id, limit=2)
        assert [len(one.recipients), len(two.recipients), one.state] == [10, 10, ChunkState.CLAIMED]
        [three] = await ledger.chunks.claim(campaign.id, limit=2)
        assert len(three.recipients) == 5
        begin = SendStart(number=one.number, lane=Lane.SINGLE, since=NOW, bodies=[(0, "zero"), (1, "one")])
        assert await ledger.chunks.apply(campaign.id, Changes(starts=[begin])) == Applied()
        assert await ledger.queries.in_flight(campaign.id) == 10
        changes = Changes(outcomes=[sent(each) for each in range(10)], done=[one.number])
        assert await ledger.chunks.apply(campaign.id, changes) == Applied()
        assert await ledger.queries.counts(campaign.id) == {
            (RecipientState.SENT, None): 10,
            (RecipientState.PLANNED, None): 15,
        }
        assert await ledger.chunks.claim(campaign.id, limit=9) == []  # the second is in flight
        assert two.number == 1


async def test_what_a_dead_run_left_comes_first_and_as_it_was_written(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        claimed = await ledger.chunks.claim(campaign.id, limit=3)
        begins = [SendStart(number=2, lane=Lane.BATCH, since=NOW + 1, body="all"),
                  SendStart(number=1, lane=Lane.SINGLE, since=NOW, bodies=[(10, "ten")])]  # fmt: skip
        await ledger.chunks.apply(campaign.id, Changes(starts=begins, outcomes=[sent(11)]))
        assert len(claimed) == 3
    async with Ledger(path, purpose="test") as ledger:
        assert await ledger.chunks.claim(campaign.id, limit=9) == []
        await ledger.chunks.release_all(campaign.id)
        found = await ledger.chunks.claim(campaign.id, limit=9)
        assert [(each.number, each.state, each.lane, each.since, each.body) for each in found] == [
            (1, ChunkState.SENDING, Lane.SINGLE, NOW, None),
            (2, ChunkState.SENDING, Lane.BATCH, NOW + 1, "all"),
            (0, ChunkState.CLAIMED, None, None, None),
        ]
        assert [recipient.ordinal for recipient in found[0].recipients] == [10, *range(12, 20)]
        assert [recipient.body for recipient in found[0].recipients[:2]] == ["ten", None]


async def test_reassigned_recipients_go_to_further_chunks(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        await ledger.chunks.claim(campaign.id, limit=9)
        begin = SendStart(number=0, lane=Lane.SINGLE, since=NOW, bodies=[(0, "x")])
        await ledger.chunks.apply(campaign.id, Changes(starts=[begin]))
        moves = [Reassignment(ordinals=[0, 4]), Reassignment(ordinals=[7], is_try=False)]
        await ledger.chunks.apply(campaign.id, Changes(reassigned=moves, done=[0]))
        found = await ledger.chunks.claim(campaign.id, limit=9)
        assert [(each.number, [(p.ordinal, p.tries, p.body) for p in each.recipients]) for each in found] == [
            (3, [(0, 1, None), (4, 1, None)]),
            (4, [(7, 0, None)]),
        ]


async def test_unknown_and_failed_can_be_taken_up_again(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        await ledger.chunks.claim(campaign.id, limit=9)
        begins = [SendStart(number=each, lane=Lane.BATCH, since=NOW, body="b") for each in range(3)]
        outcomes = [sent(each) for each in range(22)]
        outcomes.append(Outcome(ordinal=22, state=RecipientState.UNKNOWN, info="no answer"))
        outcomes += [Outcome(ordinal=each, state=RecipientState.FAILED, code=70107, info="who?") for each in (23, 24)]
        await ledger.chunks.apply(campaign.id, Changes(starts=begins))
        await ledger.chunks.apply(campaign.id, Changes(outcomes=outcomes, done=[0, 1, 2]))
        assert await ledger.queries.counts(campaign.id) == {
            (RecipientState.SENT, None): 22, (RecipientState.UNKNOWN, None): 1, (RecipientState.FAILED, 70107): 2,
        }  # fmt: skip
        assert await ledger.campaigns.reopen_unknown(campaign.id) == 1
        [chunk] = await ledger.chunks.claim(campaign.id, limit=9)
        assert (chunk.number, chunk.state, chunk.since, [p.ordinal for p in chunk.recipients]) == (2, 2, NOW, [22])
        assert await ledger.campaigns.retry_failed(campaign.id) == 2
        [chunk] = await ledger.chunks.claim(campaign.id, limit=9)
        assert (chunk.number, chunk.state, [p.account for p in chunk.recipients]) == (3, 1, ["u23", "u24"])


async def test_planned_again_it_has_other_identities_and_no_recipients_of_before(path):
    async with Ledger(path, purpose="test") as ledger:
        before = await planned(ledger)
        again = await ledger.campaigns.create(
            "spring", kind="fixed", message="{}", fingerprint="g", chunk_size=9, now=NOW
        )
        assert before.salt != again.salt
        assert await all_rows(ledger, before) == []
        assert await ledger.campaigns.names() == ["spring"]


async def test_one_at_a_time_and_the_error_names_the_holder(path):
    async with Ledger(path, purpose="run of spring"):
        with pytest.raises(LedgerError, match=r"in use by process \d+ on .* since .* \(run of spring\)"):
            async with Ledger(path, purpose="second"):
                pass
        async with Ledger(path) as reader:  # looking is allowed
            assert await reader.campaigns.names() == []
    async with Ledger(path, purpose="after"):
        pass


def test_killed_process_leaves_no_lock_behind(path):
    code = f"""
import asyncio, os, signal
from sqlalchemy import event

from tim_async.bulk._ledger.ledger import Ledger
async def main():
    async with Ledger({str(path)!r}, purpose="doomed"):
        print("locked", flush=True)
        os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, encoding="utf-8")
    assert (done.stdout, done.returncode) == ("locked\n", -9)

    async def inherit():
        async with Ledger(path, purpose="heir") as ledger:
            assert await ledger.campaigns.names() == []

    asyncio.run(inherit())


async def test_another_database_is_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("create table pets (name text)")
    other.close()
    before = path.read_bytes()
    for purpose in ("test", None):
        with pytest.raises(LedgerError, match="is a database, but not a ledger of campaigns"):
            async with Ledger(path, purpose=purpose):
                pass
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ("1", "finish its campaigns with the tim_async that created it, and use another ledger for new ones"),
        ("99", "a newer tim_async created it; use that version"),
    ],
)
async def test_ledger_of_another_version(path, version, advice):
    async with Ledger(path, purpose="test"):
        pass
    with sqlite3.connect(path) as other:
        other.execute("update tim_bulk_meta set value = ?", (version,))
    other.close()
    before = path.read_bytes()
    for purpose in ("test", None):
        with pytest.raises(LedgerError) as caught:
            async with Ledger(path, purpose=purpose):
                pass
        assert (
            f"has version {version}, but this tim_async needs version {SCHEMA_VERSION}: {advice}"
            in caught.value.message
        )
    assert path.read_bytes() == before


async def test_where_none_can_be(tmp_path):
    with pytest.raises(LedgerError, match="does not exist"):
        async with Ledger(tmp_path / "missing.db"):
            pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LedgerError, match="the ledger's folder"):
        async with Ledger(tmp_path / "no" / "folder.db", purpose="test"):
            pass
    for location in ("", ":memory:", "sqlite://", "nonsense://x y", 7):
        with pytest.raises((UsageError, LedgerError)):
            async with Ledger(location, purpose="test"):
                pass


async def test_url_of_a_file_is_the_file(path):
    async with Ledger(f"sqlite:///{path}", purpose="test") as ledger:
        assert ledger.database.path == path
        assert ledger.shared is None


@pytest.mark.parametrize("url", ["me:planted-secret@127.0.0.1:1/db", "127.0.0.1:1/db?user=me&password=planted-secret"])
async def test_password_of_a_server_is_not_shown(url):
    ledger = Ledger(f"postgresql+asyncpg://{url}", purpose="test")
    assert ledger.shared is not None
    assert "planted-secret" not in ledger.name
    with pytest.raises(LedgerError) as caught:
        async with ledger:
            pass
    assert "planted-secret" not in str(caught.value)


async def test_full_disk_is_reported_and_what_was_written_stays(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)

        def cap(connection):
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        await ledger.database.read(cap)
        rows = [(f"another-{index}", "x" * 200, index) for index in range(500)]
        with pytest.raises(LedgerError, match="the disk is full: free some space"):
            await enter(ledger, campaign, rows)
    async with Ledger(path, purpose="repaired") as ledger:
        assert len(await all_rows(ledger, campaign)) == 25
        assert await enter(ledger, campaign, rows) == (500, 0)


async def test_file_that_cannot_be_written(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)

        await ledger.database.read(lambda connection: connection.exec_driver_sql("PRAGMA query_only=ON"))
        with pytest.raises(LedgerError, match="the file is read-only"):
            await ledger.campaigns.update(campaign.id, status="running")


async def test_cancelled_transaction_is_whole(path):
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        for delay in (0.0, 0.0005, 0.002):
            changes = Changes(outcomes=[sent(each) for each in range(25)], done=[0, 1, 2])
            task = asyncio.create_task(ledger.chunks.apply(campaign.id, changes))
            await asyncio.sleep(delay)
            task.cancel()
            await asyncio.wait([task])
            counts = await ledger.queries.counts(campaign.id)
            assert sum(counts.values()) == 25
            assert len(counts) == 1


async def test_claims_look_only_at_what_they_claim(path):
    """And not at all recipients of the campaign, every time: a million of them would take a second a claim."""
    statements = []
    async with Ledger(path, purpose="test") as ledger:
        campaign = await planned(ledger)
        engine = await ledger.database.read(lambda connection: connection.engine)
        event.listen(engine, "before_cursor_execute", lambda _, __, statement, *___: statements.append(statement))
        await ledger.chunks.claim(campaign.id, limit=9)
        await ledger.chunks.apply(
            campaign.id, Changes(starts=[SendStart(number=0, lane=Lane.BATCH, since=NOW, body="b")])
        )
        assert await ledger.queries.in_flight(campaign.id) == 10
        await ledger.chunks.apply(
            campaign.id, Changes(outcomes=[sent(0)], reassigned=[Reassignment(ordinals=[1])], done=[0])
        )
    with sqlite3.connect(path) as other:
        plans = [
            (step[3], statement)
            for statement in statements
            if statement.startswith(("SELECT", "UPDATE"))
            for step in other.execute(f"EXPLAIN QUERY PLAN {statement}", [1] * statement.count("?"))
        ]
    other.close()
    assert len(plans) > 6
    assert not [pair for pair in plans if pair[0].endswith("(campaign_id=?)") or pair[0].startswith("SCAN")]
