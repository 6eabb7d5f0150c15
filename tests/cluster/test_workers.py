"""Campaigns over several workers, each with a client and a limiter of its own; all services are real."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("taskiq_aio_pika")

import aio_pika

from tests.cluster.conftest import settled
from tests.services import RABBITMQ_URL, REDIS_URL, free_port, need_port, own_database, own_redis
from tim_async import ClusterError, Rate, RetryPolicy, TimClient, UsageError, encode
from tim_async.bulk import Campaign, Report, Template
from tim_async.bulk.job import Desk
from tim_async.cluster import ClusterCampaign, RedisRateLimiter, Worker, make_broker
from tim_async.cluster import broker as posts
from tim_async.cluster import worker as worker_module
from tim_async.cluster._book import unit_s
from tim_async.cluster._ledger import SharedLedger
from tim_async.cluster._rests import Rests
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

FAST = {"openim/sendmsg": 2000, "openim/batchsendmsg": (Rate(60_000, 60.0, cost="to_account", max_cost=500), Rate(500))}


class Yard:
    """Everything that a cluster needs, and its workers."""

    def __init__(self, stack: AsyncExitStack, emulator: Emulator, ledger: str, redis_url: str, prefix: str) -> None:
        self._stack = stack
        self.emulator = emulator
        self.ledger = ledger
        self._redis_url = redis_url
        self.prefix = prefix
        self.workers: list[Worker] = []
        self._tasks: list[asyncio.Task[None]] = []

    def broker(self) -> Any:
        return make_broker(RABBITMQ_URL, self.emulator.sdk_app_id, prefix=self.prefix, prefetch=4)

    async def client(self, *, shared: bool = True, **options: Any) -> TimClient:
        if shared:
            options["limiter"] = await self._stack.enter_async_context(
                RedisRateLimiter(self._redis_url, prefix=self.prefix, tolerance_s=0.1)  # all share one busy loop
            )
        options = {"rate_limits": FAST, "base_url": self.emulator.url, **options}
        return await self._stack.enter_async_context(TimClient(self.emulator.sdk_app_id, DEFAULT_SECRET_KEY, **options))

    async def work(self, count: int = 1, **options: Any) -> list[Worker]:
        """Let some workers begin."""
        client_options = options.pop("client", {})
        fresh = [
            Worker(
                await self.client(**client_options),
                ledger=self.ledger,
                broker=self.broker(),
                **{"tasks": 4, "lease_s": 2.0, **options},
            )
            for _ in range(count)
        ]
        self.workers += fresh
        self._tasks += [asyncio.create_task(each.run()) for each in fresh]
        return fresh

    async def command(
        self, *arguments: str, program: tuple[str, ...] = ("-m", "tim_async")
    ) -> asyncio.subprocess.Process:
        """Run the command line in a process of its own."""
        environment = {
            **os.environ,
            "TIM_SDK_APP_ID": str(self.emulator.sdk_app_id),
            "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
            "TIM_BASE_URL": self.emulator.url,
            "TIM_LEDGER_URL": self.ledger,
            "TIM_BROKER_URL": RABBITMQ_URL,
            "TIM_REDIS_URL": self._redis_url,
        }
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *program, *arguments),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def process(self, *options: str, **more: Any) -> asyncio.subprocess.Process:
        """Let a worker begin that is a process of its own."""
        return await self.command("worker", "--lease", "1", "--queue-prefix", self.prefix, *options, **more)

    async def go_home(self) -> None:
        for worker in self.workers:
            worker.stop()
        await asyncio.gather(*self._tasks)
        self.workers, self._tasks = [], []

    def campaign(self, name: str = "spring", count: int = 100, **options: Any) -> ClusterCampaign:
        return ClusterCampaign(
            name,
            ledger=self.ledger,
            **{
                "recipients": [{"account": f"user{index}", "name": f"名{index}"} for index in range(count)],
                "message": Template("你好 $name"),
                "batch_size": 10,
                **options,
            },
        )

    async def submit(self, campaign: ClusterCampaign, **options: Any) -> None:
        broker = self.broker()
        await broker.startup()
        try:
            await campaign.submit(await self.client(shared=False), broker=broker, **{"parallel": 8, **options})
        finally:
            await broker.shutdown()

    async def dead_letters(self) -> list[dict[str, Any]]:
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(f"{self.prefix}.{self.emulator.sdk_app_id}.dead", passive=True)
            found = []
            while (message := await queue.get(fail=False)) is not None:
                found.append(json.loads(message.body))
                await message.ack()
            return found

    async def purge(self) -> None:
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(f"{self.prefix}.{self.emulator.sdk_app_id}", passive=True)
            await queue.purge()

    def messages(self, text: str = "") -> Counter[str]:
        """Return how many messages each account has."""
        return Counter(
            message.to_account for message in self.emulator.messages() if text in encode(message.msg_body[0]).decode()
        )


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after campaigns more often than a cluster does."""
    monkeypatch.setattr(worker_module, "_WATCH_S", 0.1)
    monkeypatch.setattr(worker_module, "_AGAIN_S", 0.1)
    monkeypatch.setattr("tim_async.cluster._crew._LOOK_S", 0.1)


@pytest.fixture
async def yard(redis_url: str, prefix: str) -> AsyncIterator[Yard]:
    need_port(RABBITMQ_URL, "RabbitMQ")
    asyncio.get_running_loop().set_debug(False)  # several workers, the emulator and their drivers share this loop
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(own_database())
        emulator = await stack.enter_async_context(Emulator(auto_import=True, rate_limits=dict.fromkeys(FAST, 100_000)))
        made = Yard(stack, emulator, ledger, redis_url, prefix)
        yield made
        await made.go_home()
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            for suffix in ("", ".dead"):
                await channel.queue_delete(f"{prefix}.{emulator.sdk_app_id}{suffix}")
            await channel.exchange_delete(prefix)


def everybody(count: int) -> Counter[str]:
    return Counter(f"user{index}" for index in range(count))


async def ended(campaign: ClusterCampaign, within: float = 60.0) -> Report:
    async with asyncio.timeout(within):
        return await campaign.watch(every_s=0.05)


@pytest.mark.parametrize("lanes", ["single", "batch"])
async def test_workers_share_a_campaign(yard: Yard, lanes: str) -> None:
    message = "你好" if lanes == "batch" else Template("你好 $name")
    campaign = yard.campaign(lanes=lanes, message=message)
    await yard.submit(campaign)
    workers = await yard.work(3)
    report = await ended(campaign)
    assert (report.status, report.sent, report.total) == ("done", 100, 100)
    assert yard.messages() == everybody(100)
    assert sum(worker.chunks for worker in workers) == 10
    assert await yard.dead_letters() == []


async def test_progress_is_told_to_whoever_watches(yard: Yard) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign)
    seen = []
    watching = asyncio.create_task(campaign.watch(on_progress=seen.append, every_s=0.02))
    await yard.work(1)
    await watching
    assert seen[0].total == seen[-1].sent == 100
    assert [each.sent for each in seen] == sorted(each.sent for each in seen)


async def test_workers_come_later_and_find_what_waits(yard: Yard) -> None:
    await yard.submit(yard.campaign("first", 60))
    await yard.submit(yard.campaign("second", 60, message="zweite"))
    await yard.work(1)
    for name in ("first", "second"):
        assert (await ended(yard.campaign(name, 60))).sent == 60
    assert yard.messages("zweite") == yard.messages("你好") == everybody(60)


async def test_tickets_that_come_twice_do_no_harm(yard: Yard) -> None:
    campaign = yard.campaign()
    for _ in range(3):
        await yard.submit(campaign, parallel=40)
    await yard.work(2)
    assert (await ended(campaign)).sent == 100
    assert yard.messages() == everybody(100)


async def test_lost_tickets_are_written_anew(yard: Yard) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign)
    await yard.purge()
    await yard.work(2)
    assert (await ended(campaign)).sent == 100
    assert yard.messages() == everybody(100)


async def test_waiting_tickets_are_counted_as_they_are_now(yard: Yard) -> None:
    broker = yard.broker()
    await broker.startup()
    counts = [await posts.waiting(broker)]
    for _ in range(2):
        await posts.send(broker, posts.RUN_CHUNK, "spring")
    await settled_at(broker, 2)
    counts.append(await posts.waiting(broker))
    await yard.purge()
    counts.append(await posts.waiting(broker))
    await broker.shutdown()
    assert counts == [0, 2, 0]


async def settled_at(broker: Any, count: int) -> None:
    """Wait until so many tickets wait: a queue that is kept on disk counts them a moment later."""
    async with asyncio.timeout(10):
        while await posts.waiting(broker) != count:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.01)


async def test_chunks_of_a_killed_worker_are_taken_over(yard: Yard) -> None:
    pytest.importorskip("typer")
    campaign = yard.campaign(count=200)
    yard.emulator.faults.delay(0.2)
    await yard.submit(campaign)
    process = await yard.process()
    await settled(lambda: len(yard.emulator.messages()) > 20, "nothing is sent", within=40)
    process.kill()
    _, told = await process.communicate()
    assert b"working on campaigns" in told
    assert (await campaign.status()).in_flight > 0
    yard.emulator.faults.clear()
    await yard.work(1)
    report = await ended(campaign)
    assert (report.sent, report.unknown, report.failed) == (200, 0, 0)
    assert yard.messages() == everybody(200)


async def test_worker_process_ends_in_order_and_tells_opentelemetry(yard: Yard) -> None:
    """The process has providers, as one that `opentelemetry-instrument` starts has."""
    pytest.importorskip("typer")
    pytest.importorskip("opentelemetry.sdk")
    campaign = yard.campaign()
    await yard.submit(campaign)
    process = await yard.process("--otel", program=("-m", "tests.cluster.instrumented"))
    assert (await ended(campaign)).sent == 100
    process.send_signal(signal.SIGTERM)
    out, told = await process.communicate()
    assert process.returncode == 0
    assert b"10 chunks were worked on" in told
    assert b"no tracer provider" not in told
    assert yard.messages() == everybody(100)
    exported = json.loads(out)
    assert exported["spans"]["openim/sendmsg"] == 100
    assert exported["counts"]["tim.calls"] == 100
    assert {"tim.campaign.recipients", "tim.campaign.rate"} <= set(exported["counts"])


async def test_stopped_worker_hands_back_what_it_has(yard: Yard) -> None:
    campaign = yard.campaign(count=200)
    yard.emulator.faults.delay(0.1)
    await yard.submit(campaign)
    # Nobody waits for a lease here: the other must not need it.
    first, *_ = await yard.work(1, lease_s=1000.0)
    await settled(lambda: len(yard.emulator.messages()) > 20, "nothing is sent", within=20)
    await yard.go_home()
    assert 20 < len(yard.emulator.messages()) < 200
    yard.emulator.faults.clear()
    await yard.work(1, lease_s=1000.0)
    assert (await ended(campaign)).sent == 200
    assert yard.messages() == everybody(200)
    assert first._draining.is_set()


async def test_campaigns_share_the_limit_and_a_paused_one_frees_it_until_it_is_resumed(yard: Yard) -> None:
    """In little; with an interactive sender: `python -m benchmarks --only workers-sharing`."""
    slow = {"rate_limits": {"openim/sendmsg": Rate(100)}}
    one, two = (yard.campaign(name, 600, message=Template(f"{name} $name")) for name in ("one", "two"))
    pace = 1 / unit_s(Rate(100), 0.1)  # what the tolerance of so busy a loop leaves of the limit
    for campaign in (one, two):
        await yard.submit(campaign, parallel=8)
    await yard.work(2, tasks=8, client=slow)
    loop = asyncio.get_running_loop()

    def count() -> tuple[int, int]:
        texts = [message.msg_body[0].msg_content.text for message in yard.emulator.messages()]
        return sum(text.startswith("one") for text in texts), sum(text.startswith("two") for text in texts)

    async def until(condition: Callable[[], bool], what: str) -> None:
        await settled(condition, what, within=20, every=0.02)

    await until(lambda: min(count()) > 20, "only one of them is sent")
    began, before = loop.time(), count()
    await until(lambda: sum(count()) >= sum(before) + 100, "they do not go on")
    shares = [late - early for early, late in zip(before, count(), strict=True)]
    assert min(shares) >= 0.35 * sum(shares)
    assert 0.85 * pace <= sum(shares) / (loop.time() - began) <= 1.1 * pace
    assert await one.pause("lunch")
    assert (await one.status()).status == "paused"
    assert not await one.pause()
    held = []

    def is_still() -> bool:
        held.append(count()[0])
        return len(held) > 20 and held[-20] == held[-1]

    await until(is_still, "it goes on being sent")
    began, (first, second) = loop.time(), count()
    await until(lambda: count()[1] >= second + 80, "the other has stopped")
    assert (count()[1] - second) / (loop.time() - began) >= 0.85 * pace
    assert count()[0] == first
    report = await one.status()
    assert (report.reason, report.in_flight) == ("lunch", 0)
    await two.cancel()
    broker = yard.broker()
    await broker.startup()
    await one.resume(broker=broker)
    with pytest.raises(UsageError, match="cancelled"):
        await two.resume(broker=broker)
    await broker.shutdown()
    await until(lambda: count()[0] > first + 20, "it does not go on")
    assert await one.cancel("enough")
    assert not await one.cancel()
    assert (await ended(one)).status == "cancelled"
    assert max(yard.messages("one").values()) == max(yard.messages("two").values()) == 1


async def test_fault_that_concerns_all_stops_the_campaign_for_all(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign)
    yard.emulator.faults.answer(60010)
    await yard.work(2)
    report = await ended(campaign)
    assert report.status == "stopped"
    assert "60010" in (report.reason or "")
    assert report.sent == 0
    yard.emulator.faults.clear()
    broker = yard.broker()
    await broker.startup()
    await campaign.resume(broker=broker)
    await broker.shutdown()
    assert (await ended(campaign)).sent == 100


async def test_worker_that_redis_refuses_settles_nobody(yard: Yard, tmp_path: Path) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign, parallel=2)
    with own_redis(tmp_path, "--requirepass", "richtig") as server:
        async with RedisRateLimiter(server.url.replace("redis://", "redis://:geheim@")) as locked_out:
            await yard.work(1, client={"shared": False, "limiter": locked_out})
            report = await in_trouble(campaign)
            assert "does not do what the limiter asks" in (report.reason or "")
            assert "geheim" not in (report.reason or "")
            await yard.work(1)
            assert (await ended(campaign)).sent == 100
            await yard.go_home()
    assert yard.messages() == everybody(100)


async def in_trouble(campaign: ClusterCampaign) -> Report:
    """Wait until a campaign says that it is held up; nobody is blamed for it."""
    async with asyncio.timeout(20):
        while not (report := await campaign.status()).reason:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.05)
    assert (report.status, report.failed, report.unknown) == ("running", 0, 0)
    assert report.reason.startswith("a worker is in trouble, and tries again later: ")
    return report


async def test_worker_that_is_cut_off_does_not_stop_the_others(
    yard: Yard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tim_async.bulk.job.RETRY", RetryPolicy.off())
    monkeypatch.setattr("tim_async.bulk.sending._TROUBLE_S", (0.02, 0.05))
    campaign = yard.campaign(count=300, patience_s=0.2)
    await yard.submit(campaign, parallel=4)
    away = {"base_url": f"http://127.0.0.1:{free_port()}"}
    await yard.work(1, client=away)
    assert "no call has gone well" in ((await in_trouble(campaign)).reason or "")
    # All workers there are were in trouble, and said so; one that is not carries on with what they had.
    await yard.work(1, lease_s=1000.0)
    report = await ended(campaign)
    assert (report.status, report.sent, report.reason) == ("done", 300, None)
    assert yard.messages() == everybody(300)
    assert "this worker rests from it for 2 s" in caplog.text


def test_rests_grow_until_something_goes_well() -> None:
    now = [0.0]
    rests = Rests(lambda: now[0])
    assert rests.left("spring") == 0
    assert [rests.begin("spring") for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert (rests.left("spring"), rests.left("autumn")) == (60, 0)
    now[0] = 61
    assert rests.left("spring") == 0
    rests.forget("spring")
    assert rests.begin("spring") == 2


async def test_chunk_that_brings_workers_down_is_given_up_and_told(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    note = Desk.note

    def poisoned(self: Desk, job: Any, person: Any, *args: Any, **facts: Any) -> None:
        if job.number == 3:
            raise RuntimeError("this chunk is poison")
        note(self, job, person, *args, **facts)

    monkeypatch.setattr(Desk, "note", poisoned)
    campaign = yard.campaign(lanes="batch", message="hi")
    await yard.submit(campaign, parallel=2)
    await yard.work(2, most_deaths=2)
    report = await ended(campaign)
    assert report.status == "done"
    assert (report.sent, report.unknown + report.failed) == (90, 10)
    (letter,) = await yard.dead_letters()
    assert (letter["campaign"], letter["chunk"], letter["recipients"]) == ("spring", 3, 10)
    assert letter["deaths"] >= 2
    assert any("chunk 3 was given up" in record.getMessage() for record in caplog.records)
    monkeypatch.undo()
    left = {
        each.account: each async for each in Campaign("spring", ledger=yard.ledger).outcomes() if each.state != "sent"
    }
    assert set(left) == {f"user{index}" for index in range(30, 40)}
    assert all("given up" in (each.info or "") for each in left.values())


async def test_interactive_call_goes_before_the_campaign(yard: Yard) -> None:
    slow = {"rate_limits": {"openim/sendmsg": Rate(100)}}
    campaign = yard.campaign(count=3000)
    await yard.submit(campaign, parallel=4)
    await yard.work(2, client=slow)
    await settled(lambda: len(yard.emulator.messages()) > 30, "nothing is sent", within=20)
    client = await yard.client(**slow)
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(5):
        await client.c2c.send_text("boss", "now")
    # Whoever sends alone gets its turns between those of two workers, each of which has a few reserved.
    assert loop.time() - start < 5 * 0.5
    await campaign.cancel()


async def test_worker_for_another_app_or_admin_leaves_it_alone(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    campaign = yard.campaign(count=40)
    await yard.submit(campaign)
    stranger = await yard.client(shared=False)
    stranger._core.credentials = type(stranger._core.credentials)(yard.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "other")
    worker = Worker(stranger, ledger=yard.ledger, broker=yard.broker(), tasks=2)
    task = asyncio.create_task(worker.run())
    await settled(lambda: "begun by" in caplog.text, "it says nothing", within=20)
    worker.stop()
    await task
    assert yard.emulator.messages() == []
    await yard.work(1)
    assert (await ended(campaign)).sent == 40


async def test_command_line_submits_watches_and_steers(yard: Yard, tmp_path: Any) -> None:
    pytest.importorskip("typer")
    people = tmp_path / "people.csv"
    people.write_text("account,name\n" + "".join(f"user{index},n{index}\n" for index in range(60)), encoding="utf-8")

    async def told(*arguments: str) -> tuple[int | None, str]:
        process = await yard.command("bulk", *arguments)
        out, err = await process.communicate()
        return process.returncode, (out + err).decode()

    queues = ("--queue-prefix", yard.prefix)
    submit = ("run", str(people), "--name", "spring", "--text", "Hi $name", "--workers", "--batch-size", "10", *queues)
    submitting = asyncio.create_task(told(*submit))
    campaign = yard.campaign(recipients=None, message=None)

    async def is_running() -> bool:
        async with SharedLedger(yard.ledger, purpose="test") as ledger:
            row = await ledger.find("spring")
            return row is not None and row.status == "running"

    async with asyncio.timeout(60):
        while not await is_running():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
    code, text = await told("pause", "--name", "spring", "--reason", "lunch")
    assert code == 0, text
    code, text = await submitting
    assert code == 1
    assert "60 recipients" in text
    assert "paused: lunch" in text
    await yard.work(1)
    assert yard.emulator.messages() == []
    code, text = await told("resume", "--name", "spring", *queues)
    assert code == 0, text
    assert (await ended(campaign)).sent == 60
    code, text = await told("status", "--name", "spring")
    assert "done" in text
    assert "60 of 60" in text
    code, text = await told("cancel", "--name", "spring")
    assert code == 1
    assert "has ended already" in text
    code, text = await told("export", "-", "--name", "spring")
    assert text.count("sent") == 60


async def test_trace_context_goes_with_the_campaign(yard: Yard) -> None:
    """Two campaigns of two traces, whose tickets are lost: those that are written anew are nobody's."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from tim_async.otel import Telemetry

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = {}
    for name in ("one", "two"):
        with provider.get_tracer("app").start_as_current_span(name) as spans[name]:
            await yard.submit(yard.campaign(name, count=20), parallel=1)
    await yard.submit(yard.campaign("none", count=20), parallel=1)
    await yard.purge()
    with provider.get_tracer("app").start_as_current_span("worker"):
        await yard.work(1, client={"observer": Telemetry(provider)})
    for name in (*spans, "none"):
        await ended(yard.campaign(name))
    await yard.go_home()
    sends = [each for each in exporter.get_finished_spans() if each.name == "openim/sendmsg"]
    traces = Counter(each.context.trace_id for each in sends)
    assert [traces[each.get_span_context().trace_id] for each in spans.values()] == [20, 20]
    assert sum(each.parent is None for each in sends) == 20  # of the one that nobody traced
    provider.shutdown()


async def test_whoever_looks_after_campaigns_tells_how_far_they_are(yard: Yard) -> None:
    campaign = yard.campaign(count=60)
    seen = []
    await yard.submit(campaign)
    await yard.work(2, on_progress=seen.append)
    await ended(campaign)
    await settled(lambda: bool(seen) and seen[-1].sent == 60, "its end is not told")
    assert {(each.name, each.total) for each in seen} == {("spring", 60)}


async def test_what_workers_cannot_do_is_refused(yard: Yard, tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="function") as caught:
        await yard.submit(yard.campaign(message=lambda recipient: "hi"))
    assert caught.value.field == "message"
    on_disk = ClusterCampaign("x", ledger=tmp_path / "x.db", recipients=["a"], message="hi")
    with pytest.raises(UsageError, match="on a server") as caught:
        await yard.submit(on_disk)
    assert caught.value.field == "ledger"
    with pytest.raises(UsageError) as caught:
        await yard.submit(yard.campaign(), parallel=0)
    assert caught.value.field == "parallel"
    await yard.campaign().plan()
    with pytest.raises(UsageError, match="not submitted"):
        await yard.campaign().resume(broker=yard.broker())
    client = await yard.client(shared=False)
    for options, field in (
        ({"ledger": str(tmp_path / "x.db")}, "ledger"),
        ({"broker": "redis://x"}, "broker"),
        ({"tasks": 0}, "tasks"),
        ({"lease_s": 0}, "lease_s"),
        ({"most_deaths": True}, "most_deaths"),
    ):
        with pytest.raises(UsageError) as caught:
            Worker(client, **{"ledger": yard.ledger, "broker": RABBITMQ_URL, **options})
        assert caught.value.field == field


async def test_broker_that_is_away_is_told(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.services import free_port

    away = f"amqp://guest:geheim@127.0.0.1:{free_port()}/"
    client = await yard.client(shared=False)
    with pytest.raises(ClusterError, match="in the ledger") as caught:
        await yard.campaign(count=10).submit(client, broker=away)
    assert "geheim" not in str(caught.value)
    monkeypatch.setattr(worker_module, "_BROKER_S", 0.0)
    with pytest.raises(ClusterError):
        await Worker(client, ledger=yard.ledger, broker=away).run()


async def test_many_may_open_a_new_ledger_at_once(yard: Yard) -> None:
    async def look() -> float:
        async with SharedLedger(yard.ledger, purpose="test") as ledger:
            return await ledger.clock_offset()

    offsets = await asyncio.gather(*(look() for _ in range(6)))
    assert all(abs(offset) < 5 for offset in offsets)


def test_without_the_extra_workers_tell_the_way_out() -> None:
    code = (
        "import sys; sys.modules['taskiq'] = None\n"
        "import tim_async.cluster\n"
        "try:\n    tim_async.cluster.Worker\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == 'tim_async.cluster.Worker needs taskiq: pip install "tim-async[cluster]"'


async def test_example_in_plain_commands_runs(yard: Yard, tmp_path: Any) -> None:
    pytest.importorskip("typer")
    people = tmp_path / "people.csv"
    people.write_text("account,name\n" + "".join(f"user{index},n{index}\n" for index in range(30)), encoding="utf-8")
    script = Path(__file__).parents[2] / "examples" / "cluster" / "local.sh"
    process = await asyncio.create_subprocess_exec(
        *("bash", str(script), str(people)),
        env={
            **os.environ,
            "TIM_ASYNC": f"{sys.executable} -m tim_async",
            "TIM_LEDGER_URL": yard.ledger,
            "TIM_BROKER_URL": RABBITMQ_URL,
            "TIM_REDIS_URL": REDIS_URL,
            "EMULATOR_PORT": str(free_port()),
            "QUEUE_PREFIX": yard.prefix,
            "WORKERS": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert out.decode().count(",sent,") == 30
    assert b"30 of 30 recipients sent" in out
