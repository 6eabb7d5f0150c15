"""Several owners on one PostgreSQL ledger: what one enters too late, and what it must not send any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("asyncpg")

from sqlalchemy import Connection, text, update
from sqlalchemy.engine import make_url

from tests.bulk.conftest import enter, until
from tests.clock import skip
from tests.families.conftest import client_of
from tests.in_process import loop_clock
from tests.pgbouncer import OwnPgBouncer
from tests.services import own_database, wire_to
from tim_async import CommandStats, LedgerError
from tim_async._core.rate_limits import Claim, ConnectionSlot, RateInForce
from tim_async.bulk import Campaign, Report
from tim_async.bulk._engine.runner import Runner
from tim_async.bulk._engine.source import LeasedSource
from tim_async.bulk._ledger.leases import LeasedChunks
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.options import Options
from tim_async.bulk._ledger.records import Applied, CampaignRow, Changes, Outcome, Reassignment, SendStart
from tim_async.bulk._ledger.schema import ChunkState, Lane, RecipientState, chunks
from tim_async.bulk._ledger.staging import Staging
from tim_async.bulk._message.rendering import MessageSource
from tim_async.emulator import Emulator

NOW = 1_800_000_000.0
SENT, FAILED, UNKNOWN, PLANNED = (
    RecipientState.SENT, RecipientState.FAILED, RecipientState.UNKNOWN, RecipientState.PLANNED,
)  # fmt: skip


@pytest.fixture(params=["straight", "behind PgBouncer"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    async with own_database() as made:
        if request.param == "straight":
            yield made
        else:
            with OwnPgBouncer(tmp_path) as bouncer:
                yield bouncer.url(made)


async def planned(ledger: Ledger, count: int = 10, size: int = 10) -> CampaignRow:
    messages = MessageSource("hi")
    row = await ledger.campaigns.create(
        "spring", kind=messages.kind, message=messages.stored, fingerprint="f", chunk_size=size, now=NOW
    )
    await enter(ledger, row, [(f"u{index}", None, index + 1) for index in range(count)])
    found = await ledger.campaigns.find("spring")
    assert found is not None
    return found


def begin(number: int) -> Changes:
    return Changes(starts=[SendStart(number=number, lane=Lane.SINGLE, since=NOW, body="{}")])


def outcomes(state: RecipientState, *ordinals: int, **facts: Any) -> list[Outcome]:
    return [Outcome(ordinal=each, state=state, **facts) for each in ordinals]


async def states(ledger: Ledger, row: CampaignRow) -> list[int]:
    return [each.state async for each in ledger.queries.recipients(row.id)]


def owners(ledger: Ledger, count: int = 2) -> list[LeasedChunks]:
    return [ledger.require_shared().new_owner() for _ in range(count)]


async def test_owners_share_by_leases(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 25)
        one, two = owners(ledger)
        [mine] = await one.claim(row.id, now=NOW, lease_s=30, limit=1)
        assert [each.number for each in await two.claim(row.id, now=NOW + 29, lease_s=30, limit=9)] == [1, 2]
        assert await one.renew(row.id, until=NOW + 60, numbers=[mine.number]) == {mine.number}
        assert await two.claim(row.id, now=NOW + 31, lease_s=30, limit=9) == []
        [taken] = await two.claim(row.id, now=NOW + 61, lease_s=30, limit=1)
        assert taken.number == mine.number
        # An owner that slept through its lease must not send: another one has the chunk.
        start = SendStart(number=mine.number, lane=Lane.SINGLE, since=NOW + 61, bodies=[(0, "x")])
        assert await one.apply(row.id, Changes(starts=[start])) == Applied(lost={mine.number})
        bodies = [each.body async for each in ledger.queries.recipients(row.id)]
        assert bodies[0] is None
        assert await two.apply(row.id, Changes(starts=[start])) == Applied()
        # Nor does it count that it closes the chunk, too late.
        await one.apply(row.id, Changes(done=[mine.number]))
        assert await ledger.queries.in_flight(row.id) == 10


async def test_what_an_owner_enters_after_its_lease_changes_nothing(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger)
        late, next_one = owners(ledger)
        [chunk] = await late.claim(row.id, now=NOW, lease_s=20, limit=1)
        assert await late.apply(row.id, begin(chunk.number)) == Applied()
        [taken] = await next_one.claim(row.id, now=NOW + 30, lease_s=20, limit=1)
        assert (taken.number, len(taken.recipients)) == (chunk.number, 10)
        # It releases untouched chunks, and records refusals, while the other works ...
        moves = [Reassignment(ordinals=list(range(3, 10)), is_try=False)]
        entered = [*outcomes(FAILED, 0, code=1), *outcomes(UNKNOWN, 1, info="?"), *outcomes(SENT, 2, msg_key="k")]
        await late.apply(row.id, Changes(outcomes=entered, reassigned=moves, done=[chunk.number]))
        assert await states(ledger, row) == [PLANNED, PLANNED, SENT, *[PLANNED] * 7]
        assert {each.chunk async for each in ledger.queries.recipients(row.id)} == {chunk.number}
        # ... and when it is done.
        await next_one.apply(row.id, Changes(outcomes=outcomes(SENT, *range(10)), done=[chunk.number]))
        await late.apply(row.id, Changes(outcomes=entered, reassigned=moves, done=[chunk.number]))
        assert await states(ledger, row) == [SENT] * 10
        assert await late.claim(row.id, now=NOW + 99, lease_s=20, limit=9) == []


async def test_renewing_returns_what_is_still_the_owners(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 40)
        late, next_one = owners(ledger)
        assert len(await late.claim(row.id, now=NOW, lease_s=20, limit=3)) == 3
        [taken] = await next_one.claim(row.id, now=NOW + 30, lease_s=20, limit=1)
        assert await late.renew(row.id, until=NOW + 60, numbers=[0, 1, 2]) == {0, 1, 2} - {taken.number}
        assert await late.renew(row.id, until=NOW + 60, numbers=[1]) == {1}


async def test_owner_claims_again_what_it_never_learned_of_and_nothing_that_it_has(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 30)
        [owner] = owners(ledger, 1)
        assert len(await owner.claim(row.id, now=NOW, lease_s=20, limit=2, at_work=[])) == 2
        # The answer for chunk 1 was lost; the lease of chunk 0 has run out, and was not renewed.
        found = await owner.claim(row.id, now=NOW + 30, lease_s=20, limit=9, at_work=[0])
        assert [each.number for each in found] == [1, 2]


class HeldChunks(LeasedChunks):
    """Chunks of an owner for which some things do not come through before `flows` is set.

    Attributes:
        begun: chunks that were written ahead.
        recorded: outcomes that were committed.
        renewals: renewals that were answered.
    """

    def __init__(self, ledger: Ledger, *, holds_outcomes: bool) -> None:
        super().__init__(ledger.database)
        self._holds_outcomes = holds_outcomes
        self.flows = asyncio.Event()
        self.begun = self.recorded = self.renewals = 0

    async def renew(self, campaign_id: int, **options: Any) -> set[int]:
        await self.flows.wait()
        renewed = await super().renew(campaign_id, **options)
        self.renewals += 1
        return renewed

    async def apply(self, campaign_id: int, changes: Changes) -> Applied:
        if changes.outcomes and self._holds_outcomes:
            await self.flows.wait()
        lost = await super().apply(campaign_id, changes)
        self.begun += len(changes.starts)
        self.recorded += len(changes.outcomes)
        return lost


class GivenTurns:
    """A limiter that grants a turn when the test gives one."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(0)

    def give(self, count: int) -> None:
        for _ in range(count):
            self._turns.release()

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        await self._turns.acquire()
        await slot.take()

    def refused(self, claim: Claim, code: int | None) -> float:
        raise AssertionError(f"{claim.command} was one call too many ({code})")

    def rates(self, app: int, command: str) -> Sequence[RateInForce]:
        return ()


@asynccontextmanager
async def running(runner: Runner, held: HeldChunks) -> AsyncIterator[asyncio.Task[Report]]:
    """Run a campaign beside the block; what is left of it when the block fails ends with it."""
    run = asyncio.create_task(runner.run())
    try:
        yield run
    finally:
        held.flows.set()
        run.cancel()
        await asyncio.wait([run])


LEASE_S = 9.0


@pytest.mark.parametrize(
    ("is_taken", "is_recorded"),
    [
        pytest.param(True, True, id="taken over"),
        pytest.param(True, False, id="taken over before outcomes are recorded"),
        pytest.param(False, True, id="still its own"),
    ],
)
async def test_nothing_is_sent_once_the_lease_has_run_out(url: str, is_taken: bool, is_recorded: bool) -> None:
    """Calls wait for their turn when the lease runs out; those turns are not used until it is renewed."""
    wall, turns = loop_clock(), GivenTurns()
    everyone = {f"u{index}" for index in range(40)}
    async with (
        Ledger(url, purpose="test") as ledger,
        Emulator(auto_import=True, rate_limits={"*": 100_000}, clock=wall) as emulator,
        client_of(emulator, limiter=turns) as client,
    ):
        row = await planned(ledger, 40, 20)
        held = HeldChunks(ledger, holds_outcomes=not is_recorded)
        [other] = owners(ledger, 1)

        def runner(chunks: LeasedChunks) -> Runner:
            options = Options(lanes="single", concurrency=20)
            source = LeasedSource(ledger, ledger.require_shared(), row, options, wall, lease_s=LEASE_S)
            source.chunks = chunks
            return Runner(client, ledger, row, MessageSource("hi"), options, source, wall=wall)

        def counts() -> CommandStats:
            return client.stats().get("openim/sendmsg", CommandStats())

        def got() -> Counter[str]:
            return Counter(message.to_account for message in emulator.messages())

        async with asyncio.timeout(60), running(runner(held), held) as run:
            # Both chunks are written ahead; five recipients are sent to, and twenty more calls wait for a turn.
            await until(lambda: held.begun == 2)
            turns.give(5)
            await until(lambda: (counts().succeeded, counts().calls) == (5, 25))
            if is_recorded:
                await until(lambda: held.recorded == 5)
            skip(LEASE_S)
            turns.give(1000)
            await until(lambda: sum(counts().errors.values()) == 20 or counts().attempts > 5)
            assert (counts().attempts, counts().errors) == (5, {"WaitTooLongError": 20})
            sent = set(got())
            if is_taken:
                # A chunk that is SENDING comes with those, too, that have the message and are not recorded.
                taken = await other.claim(row.id, now=wall(), lease_s=LEASE_S, limit=9)
                assert [chunk.state for chunk in taken] == [ChunkState.SENDING] * 2
                left = {recipient.account for chunk in taken for recipient in chunk.recipients}
                assert left == (everyone - sent if is_recorded else everyone)
                assert (await runner(other).run()).sent == 40
                held.flows.set()
            else:
                held.flows.set()
                # This renewal was requested before the lease expired, and extends it only up to that moment.
                await until(lambda: held.renewals == 1)
                assert set(got()) == sent
                skip(LEASE_S / 4)
            report = await run
        assert got() == dict.fromkeys(everyone, 1)
        assert (report.sent, report.in_flight) == (40, 0)
        assert await states(ledger, row) == [SENT] * 40


async def test_chunk_that_owners_died_with_is_claimed_alone_and_last(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 40)

        async def claim(now: float, **options: Any) -> list[tuple[int, bool]]:
            [owner] = owners(ledger, 1)
            claimed = await owner.claim(row.id, now=NOW + now, lease_s=1, limit=9, most_deaths=4, **options)
            return [(each.number, each.is_suspect) for each in claimed]

        assert await claim(0, parallel=2) == [(0, False), (1, False)]
        assert await claim(2, parallel=2) == [(0, False), (1, False)]  # the first owner died
        assert await claim(4) == [(2, False), (3, False)]  # and the second; what no owner died with comes first
        assert await claim(4, is_alone=False) == []
        assert await claim(4) == [(0, True)]
        assert await claim(4) == [(1, True)]
        # A released chunk is not a death.
        await ledger.chunks.release_all(row.id)
        assert await claim(5) == [(2, False), (3, False)]
        # The third death, and the fourth: that is enough.
        assert [await claim(7 + 2 * each, is_alone=True) for each in range(2)] == [
            [(2, False), (3, False)],
            [(0, True)],
        ]


async def test_no_more_chunks_are_at_work_than_there_may_be(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 90)
        claims = [each.claim(row.id, now=NOW, lease_s=9, limit=2, parallel=5) for each in owners(ledger, 6)]
        assert sum(map(len, await asyncio.gather(*claims))) == 5


async def test_claim_whose_answer_was_lost_leaves_room_for_another(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 40)
        one, other = owners(ledger)

        async def claim(owner: LeasedChunks, *at_work: int) -> list[int]:
            claimed = await owner.claim(row.id, now=NOW, lease_s=9, limit=4, at_work=at_work, parallel=3)
            return [each.number for each in claimed]

        assert await claim(one) == [0, 1, 2]
        assert await claim(other) == []
        assert await claim(one, 0) == [1, 2]  # it never learned of these
        assert await claim(one, 0, 1, 2) == []


async def test_unknown_recipients_of_a_chunk_at_work_are_not_reopened(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger, 20)
        one, other = owners(ledger)
        await one.claim(row.id, now=NOW, lease_s=9, limit=2)
        await one.apply(row.id, begin(0))
        await one.apply(row.id, Changes(outcomes=outcomes(UNKNOWN, *range(9, 20), info="?"), done=[1]))
        assert await ledger.campaigns.reopen_unknown(row.id, now=NOW + 1) == 10
        assert (await states(ledger, row))[9:12] == [UNKNOWN, PLANNED, PLANNED]
        assert [each.number for each in await other.claim(row.id, now=NOW + 1, lease_s=9, limit=9)] == [1]


async def test_campaign_that_has_begun_is_not_replaced(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        row = await planned(ledger)
        await ledger.campaigns.update(row.id, begun_at=NOW)
        with pytest.raises(LedgerError, match="has started the campaign"):
            await planned(ledger)
        assert await states(ledger, row) == [PLANNED] * 10


async def test_transaction_that_was_refused_or_lost_is_done_once_more(url: str) -> None:
    parsed = make_url(url)
    async with wire_to(parsed.port or 5432) as wire:
        through = parsed.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        async with Ledger(through, purpose="test") as ledger:
            row = await planned(ledger, 20)
            [owner] = owners(ledger, 1)
            await owner.claim(row.id, now=NOW, lease_s=20, limit=2)
            tries: list[tuple[int, ...]] = []

            def crossing(connection: Connection, *numbers: int) -> None:
                tries.append(numbers)
                connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
                is_first = tries.count(numbers) == 1
                for number in numbers:
                    connection.execute(update(chunks).where(chunks.c.number == number).values(deaths=1))
                    if is_first and number == numbers[0]:
                        meet(connection, number)

            ways = [lambda each, way=way: crossing(each, *way) for way in ((0, 1), (1, 0))]
            async with asyncio.timeout(60):
                await asyncio.gather(*(ledger.database.write(way) for way in ways))
            assert len(tries) == 3

            def cut_off(connection: Connection) -> int:
                tries.append(())
                if len(tries) == 4:
                    wire.cut()
                    wire.mend()
                return connection.execute(text("SELECT 7")).scalar_one()

            # Lost before the commit: nothing of it is stored.
            assert await ledger.database.write(cut_off) == 7
            assert len(tries) == 5

            def lose_the_answer(connection: Connection) -> int:
                tries.append(())
                found = connection.execute(text("SELECT 8")).scalar_one()
                if len(tries) in (6, 7):
                    wire.cut()
                    wire.mend()
                return found

            with pytest.raises(LedgerError) as caught:
                await ledger.database.write(lose_the_answer)
            assert caught.value.is_away
            assert len(tries) == 6
            assert await ledger.database.write(lose_the_answer, may_repeat=True) == 8
            assert len(tries) == 8
            # Started before, and the answer lost: it is started, and no other owner has it.
            assert await owner.apply(row.id, begin(0)) == Applied()
            assert await owner.apply(row.id, begin(0)) == Applied()


def meet(connection: Connection, key: int) -> None:
    """Wait in a transaction until a second one of this database is here, too."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key + 1})
    here = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )
    while connection.execute(here).scalar_one() < 2:
        pass


async def test_database_that_is_gone_when_a_plan_begins_is_reported(url: str) -> None:
    parsed = make_url(url)
    async with wire_to(parsed.port or 5432) as wire:
        through = parsed.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        async with Ledger(through, purpose="test") as ledger:
            wire.cut()
            with pytest.raises(LedgerError) as caught:
                async with ledger.alone_with("spring"):
                    pytest.fail("it cannot be known whether it is alone")
            assert caught.value.is_away
            wire.mend()
            async with ledger.alone_with("spring"):
                pass


async def test_two_runs_that_begin_at_a_time_plan_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Staging.add
    calls = []

    async def slow(self: Staging, *args: Any, **options: Any) -> None:
        calls.append(args)
        await asyncio.sleep(0.3)
        await add(self, *args, **options)

    monkeypatch.setattr(Staging, "add", slow)
    people = [f"user-{index}" for index in range(40)]
    async with Emulator(auto_import=True) as emulator, client_of(emulator) as client:
        runs = [Campaign("spring", ledger=url, recipients=people, message="hi", lanes="single") for _ in range(2)]
        async with asyncio.timeout(20):
            await asyncio.gather(*(run.run(client) for run in runs))
        assert len(calls) == 1
        assert Counter(message.to_account for message in emulator.sent()) == dict.fromkeys(people, 1)
