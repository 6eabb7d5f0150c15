"""Campaigns over several workers, each with its own client and limiter; all services are real."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("taskiq_aio_pika")


from sqlalchemy import select

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tests.services import RABBITMQ_URL, REDIS_URL, free_port
from tim_async import ClusterError, Rate, UsageError
from tim_async.bulk import Campaign, Template
from tim_async.bulk._engine.context import RunContext
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.schema import chunks
from tim_async.cluster import ClusterCampaign, Worker
from tim_async.cluster._workers import broker as work_queue
from tim_async.cluster._workers import worker as worker_module
from tim_async.emulator import DEFAULT_SECRET_KEY


@pytest.mark.parametrize("lanes", ["single", "batch"])
async def test_workers_share_a_campaign(deployment: Deployment, lanes: str) -> None:
    message = "你好" if lanes == "batch" else Template("你好 $name")
    campaign = deployment.campaign(lanes=lanes, message=message)
    await deployment.submit(campaign)
    workers = await deployment.work(3)
    report = await ended(campaign)
    assert (report.status, report.sent, report.total) == ("done", 100, 100)
    assert deployment.messages() == once_each(100)
    assert sum(worker.chunks for worker in workers) == 10
    assert await deployment.dead_letters() == []


async def test_progress_is_linted_to_whoever_watches(deployment: Deployment) -> None:
    campaign = deployment.campaign()
    await deployment.submit(campaign)
    seen = []
    watching = asyncio.create_task(campaign.watch(on_progress=seen.append, every_s=0.02))
    await deployment.work(1)
    await watching
    assert seen[0].total == seen[-1].sent == 100
    assert [each.sent for each in seen] == sorted(each.sent for each in seen)


async def test_workers_come_later_and_find_what_waits(deployment: Deployment) -> None:
    await deployment.submit(deployment.campaign("first", 60))
    await deployment.submit(deployment.campaign("second", 60, message="zweite"))
    await deployment.work(1)
    for name in ("first", "second"):
        assert (await ended(deployment.campaign(name, 60))).sent == 60
    assert deployment.messages("zweite") == deployment.messages("你好") == once_each(60)


async def test_work_messages_that_come_twice_are_harmless(deployment: Deployment) -> None:
    campaign = deployment.campaign(message="hi", lanes="single")
    deployment.emulator.faults.delay(0.05)
    await deployment.submit(campaign, parallel=2)
    broker = deployment.broker()
    await broker.startup()
    for _ in range(40):
        await work_queue.send(broker, work_queue.RUN_CHUNK, "spring")
    await broker.shutdown()
    workers = await deployment.work(2)
    most = 0

    def is_over() -> bool:
        nonlocal most
        most = max(most, sum(own.chunks_at_work for each in workers for own, _ in each._campaigns.values()))
        return len(deployment.emulator.messages()) == 100

    await settled(is_over, "it does not end")
    assert most == 2  # of forty work messages, no more than may run at once
    assert (await ended(campaign)).sent == 100
    assert deployment.messages() == once_each(100)


async def test_lost_work_messages_are_replaced(deployment: Deployment) -> None:
    campaign = deployment.campaign()
    await deployment.submit(campaign)
    await deployment.purge()
    await deployment.work(2)
    assert (await ended(campaign)).sent == 100
    assert deployment.messages() == once_each(100)


async def test_waiting_work_messages_are_counted_as_they_are_now(deployment: Deployment) -> None:
    broker = deployment.broker()
    await broker.startup()
    counts = [await work_queue.count_waiting(broker)]
    for _ in range(2):
        await work_queue.send(broker, work_queue.RUN_CHUNK, "spring")
    await settled_at(broker, 2)
    counts.append(await work_queue.count_waiting(broker))
    await deployment.purge()
    counts.append(await work_queue.count_waiting(broker))
    await broker.shutdown()
    assert counts == [0, 2, 0]


async def settled_at(broker: Any, count: int) -> None:
    """Wait until this many work messages are queued: a durable queue counts them a moment later."""
    async with asyncio.timeout(60):
        while await work_queue.count_waiting(broker) != count:  # noqa: ASYNC110 - it has to be asked for
            await asyncio.sleep(0.01)


async def test_chunks_of_a_killed_worker_are_taken_over(deployment: Deployment) -> None:
    pytest.importorskip("typer")
    campaign = deployment.campaign(count=200)
    deployment.emulator.faults.delay(0.2)
    await deployment.submit(campaign)
    process = await deployment.process()
    await settled(lambda: len(deployment.emulator.messages()) > 20, "nothing is sent")
    process.kill()
    _, found = await process.communicate()
    assert b"working on campaigns" in found
    assert (await campaign.status()).in_flight > 0
    deployment.emulator.faults.clear()
    await deployment.work(1)
    report = await ended(campaign)
    assert (report.sent, report.unknown, report.failed) == (200, 0, 0)
    assert deployment.messages() == once_each(200)


async def test_stopped_worker_hands_back_what_it_has(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=200)
    deployment.emulator.faults.delay(0.1)
    await deployment.submit(campaign)
    # No lease has to expire here: the other must not need it.
    first, *_ = await deployment.work(1, lease_s=1000.0)
    await settled(lambda: len(deployment.emulator.messages()) > 20, "nothing is sent")
    await deployment.drain()
    assert 20 < len(deployment.emulator.messages()) < 200
    deployment.emulator.faults.clear()
    await deployment.work(1, lease_s=1000.0)
    assert (await ended(campaign)).sent == 200
    assert deployment.messages() == once_each(200)
    assert first._draining.is_set()


async def claimed(deployment: Deployment, name: str) -> int:
    """Return how many chunks of a campaign workers have."""
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find(name)
        assert row is not None
        query = select(chunks.c.number).where(chunks.c.campaign_id == row.id, chunks.c.lease_until > 0)
        return await ledger.database.read(lambda connection: len(connection.execute(query).all()))


async def test_campaigns_share_the_limit_and_a_paused_one_frees_it_until_it_is_resumed(deployment: Deployment) -> None:
    """In little; with an interactive sender: `python -m benchmarks --only workers-sharing`."""
    # Few enough that a busy machine can send them: what holds the campaigns back is the limit.
    slow = {"rate_limits": {"openim/sendmsg": Rate(50)}}
    one, two = (deployment.campaign(name, 600, message=Template(f"{name} $name")) for name in ("one", "two"))
    for campaign in (one, two):
        await deployment.submit(campaign, parallel=8)
    await deployment.work(2, tasks=8, client=slow)
    loop = asyncio.get_running_loop()

    def count() -> tuple[int, int]:
        texts = [message.msg_body[0].msg_content.text for message in deployment.emulator.messages()]
        return sum(text.startswith("one") for text in texts), sum(text.startswith("two") for text in texts)

    async def until(condition: Callable[[], bool], what: str) -> None:
        await settled(condition, what, every=0.02)

    await until(lambda: min(count()) > 20, "only one of them is sent")
    began, before = loop.time(), count()
    await until(lambda: sum(count()) >= sum(before) + 150, "they do not go on")
    shares = [late - early for early, late in zip(before, count(), strict=True)]
    assert min(shares) >= 0.35 * sum(shares)
    together = sum(shares) / (loop.time() - began)
    assert await one.pause("lunch")
    assert (await one.status()).status == "paused"
    assert not await one.pause()
    async with asyncio.timeout(20):
        while await claimed(deployment, "one"):  # noqa: ASYNC110 - it has to be asked for
            await asyncio.sleep(0.02)
    began, (first, second) = loop.time(), count()
    await until(lambda: count()[1] >= second + 80, "the other has stopped")
    assert (count()[1] - second) / (loop.time() - began) >= 0.65 * together
    assert count()[0] == first
    report = await one.status()
    assert (report.reason, report.in_flight) == ("lunch", 0)
    await two.cancel()
    broker = deployment.broker()
    await broker.startup()
    await one.resume(broker=broker)
    with pytest.raises(UsageError, match="cancelled"):
        await two.resume(broker=broker)
    await broker.shutdown()
    await until(lambda: count()[0] > first + 20, "it does not go on")
    assert await one.cancel("enough")
    assert not await one.cancel()
    assert (await ended(one)).status == "cancelled"
    assert max(deployment.messages("one").values()) == max(deployment.messages("two").values()) == 1


async def test_fault_that_concerns_all_stops_the_campaign_for_all(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = deployment.campaign()
    await deployment.submit(campaign)
    deployment.emulator.faults.answer(60010)
    await deployment.work(2)
    report = await ended(campaign)
    assert report.status == "stopped"
    assert "60010" in (report.reason or "")
    assert report.sent == 0
    deployment.emulator.faults.clear()
    broker = deployment.broker()
    await broker.startup()
    await campaign.resume(broker=broker)
    await broker.shutdown()
    assert (await ended(campaign)).sent == 100


async def test_chunk_that_brings_workers_down_is_given_up_and_reported(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    note = RunContext.note

    def poisoned(self: RunContext, job: Any, person: Any, *args: Any, **facts: Any) -> None:
        if job.number == 3:
            raise RuntimeError("this chunk is poison")
        note(self, job, person, *args, **facts)

    monkeypatch.setattr(RunContext, "note", poisoned)
    campaign = deployment.campaign(lanes="batch", message="hi")
    await deployment.submit(campaign, parallel=2)
    await deployment.work(2, most_deaths=2)
    report = await ended(campaign)
    assert report.status == "done"
    assert (report.sent, report.unknown + report.failed) == (90, 10)
    (letter,) = await deployment.dead_letters()
    assert (letter["campaign"], letter["chunk"], letter["recipients"]) == ("spring", 3, 10)
    assert letter["deaths"] >= 2
    assert any("chunk 3 was given up" in record.getMessage() for record in caplog.records)
    monkeypatch.undo()
    left = {
        each.account: each
        async for each in Campaign("spring", ledger=deployment.ledger).outcomes()
        if each.state != "sent"
    }
    assert set(left) == {f"user{index}" for index in range(30, 40)}
    assert all("given up" in (each.info or "") for each in left.values())


async def test_interactive_call_goes_before_the_campaign(deployment: Deployment) -> None:
    slow = {"rate_limits": {"openim/sendmsg": Rate(100)}}
    campaign = deployment.campaign(count=3000)
    await deployment.submit(campaign, parallel=4)
    await deployment.work(2, client=slow)
    await settled(lambda: len(deployment.emulator.messages()) > 30, "nothing is sent")
    client = await deployment.client(**slow)
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(5):
        await client.c2c.send_text("boss", "now")
    # A client that sends alone gets its turns between those of two workers, each of which has a few reserved.
    assert loop.time() - start < 5 * 0.5
    await campaign.cancel()


async def test_worker_for_another_app_or_admin_leaves_it_alone(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = deployment.campaign(count=40)
    await deployment.submit(campaign)
    stranger = await deployment.client(shared=False)
    credentials = type(stranger._state.credentials)
    stranger._state.credentials = credentials(deployment.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "other")
    worker = Worker(stranger, ledger=deployment.ledger, broker=deployment.broker(), tasks=2)
    task = asyncio.create_task(worker.run())
    await settled(lambda: "was started by" in caplog.text, "it says nothing")
    worker.stop()
    await task
    assert deployment.emulator.messages() == []
    await deployment.work(1)
    assert (await ended(campaign)).sent == 40


@pytest.mark.soak
async def test_command_line_submits_watches_and_steers(deployment: Deployment, tmp_path: Any) -> None:
    pytest.importorskip("typer")
    people = tmp_path / "people.csv"
    people.write_text("account,name\n" + "".join(f"user{index},n{index}\n" for index in range(60)), encoding="utf-8")

    async def command(*arguments: str) -> tuple[int | None, str]:
        process = await deployment.command("bulk", *arguments)
        out, err = await process.communicate()
        return process.returncode, (out + err).decode()

    queues = ("--queue-prefix", deployment.prefix)
    submit = ("run", str(people), "--name", "spring", "--text", "Hi $name", "--workers", "--batch-size", "10", *queues)
    submitting = asyncio.create_task(command(*submit))
    campaign = deployment.campaign(recipients=None, message=None)

    async def is_running() -> bool:
        async with Ledger(deployment.ledger, purpose="test") as ledger:
            row = await ledger.campaigns.find("spring")
            return row is not None and row.status == "running"

    async with asyncio.timeout(60):
        while not await is_running():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
    code, text = await command("pause", "--name", "spring", "--reason", "lunch")
    assert code == 0, text
    code, text = await submitting
    assert code == 1
    assert "60 recipients" in text
    assert "paused: lunch" in text
    assert "to continue it: tim-async bulk resume --name spring" in text
    assert "run it again" not in text
    await deployment.work(1)
    assert deployment.emulator.messages() == []
    code, text = await command("resume", "--name", "spring", *queues)
    assert code == 0, text
    assert (await ended(campaign)).sent == 60
    code, text = await command("status", "--name", "spring")
    assert "done" in text
    assert "60 of 60" in text
    code, text = await command("cancel", "--name", "spring")
    assert code == 1
    assert "nothing was changed: campaign 'spring' is done" in text
    code, text = await command("export", "-", "--name", "spring")
    assert text.count("sent") == 60


async def test_what_workers_cannot_do_is_refused(deployment: Deployment, tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="function") as caught:
        await deployment.submit(deployment.campaign(message=lambda recipient: "hi"))
    assert caught.value.field == "message"
    on_disk = ClusterCampaign("x", ledger=tmp_path / "x.db", recipients=["a"], message="hi")
    with pytest.raises(UsageError, match="on a server") as caught:
        await deployment.submit(on_disk)
    assert caught.value.field == "ledger"
    with pytest.raises(UsageError) as caught:
        await deployment.submit(deployment.campaign(), parallel=0)
    assert caught.value.field == "parallel"
    await deployment.campaign().plan()
    with pytest.raises(UsageError, match="not submitted"):
        await deployment.campaign().resume(broker=deployment.broker())
    client = await deployment.client(shared=False)
    for options, field in (
        ({"ledger": str(tmp_path / "x.db")}, "ledger"),
        ({"broker": "redis://x"}, "broker"),
        ({"tasks": 0}, "tasks"),
        ({"lease_s": 0}, "lease_s"),
        ({"most_deaths": True}, "most_deaths"),
    ):
        with pytest.raises(UsageError) as caught:
            Worker(client, **{"ledger": deployment.ledger, "broker": RABBITMQ_URL, **options})
        assert caught.value.field == field


async def test_broker_that_is_away_is_linted(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.services import free_port

    away = f"amqp://guest:geheim@127.0.0.1:{free_port()}/"
    client = await deployment.client(shared=False)
    with pytest.raises(ClusterError, match="in the ledger") as caught:
        await deployment.campaign(count=10).submit(client, broker=away)
    assert "geheim" not in str(caught.value)
    monkeypatch.setattr(worker_module, "_STARTUP_TIMEOUT_S", 0.0)
    with pytest.raises(ClusterError):
        await Worker(client, ledger=deployment.ledger, broker=away).run()


async def test_many_may_open_a_new_ledger_at_once(deployment: Deployment) -> None:
    async def look() -> float:
        async with Ledger(deployment.ledger, purpose="test") as ledger:
            return await ledger.require_shared().clock_offset()

    offsets = await asyncio.gather(*(look() for _ in range(6)))
    assert all(abs(offset) < 5 for offset in offsets)


def test_without_the_extra_the_error_names_it() -> None:
    code = (
        "import sys; sys.modules['taskiq'] = None\n"
        "import tim_async.cluster\n"
        "try:\n    tim_async.cluster.Worker\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == 'tim_async.cluster.Worker needs taskiq: pip install "tim-async[cluster]"'


@pytest.mark.docs
async def test_example_in_plain_commands_runs(deployment: Deployment, tmp_path: Any) -> None:
    pytest.importorskip("typer")
    people = tmp_path / "people.csv"
    people.write_text("account,name\n" + "".join(f"user{index},n{index}\n" for index in range(30)), encoding="utf-8")
    script = Path(__file__).parents[3] / "examples" / "cluster" / "local.sh"
    process = await asyncio.create_subprocess_exec(
        *("bash", str(script), str(people)),
        env={
            **os.environ,
            "TIM_ASYNC": f"{sys.executable} -m tim_async",
            "TIM_LEDGER": deployment.ledger,
            "TIM_BROKER_URL": RABBITMQ_URL,
            "TIM_REDIS_URL": REDIS_URL,
            "EMULATOR_PORT": str(free_port()),
            "QUEUE_PREFIX": deployment.prefix,
            "WORKERS": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert out.decode().count(",sent,") == 30
    assert b"30 of 30 recipients sent" in out
