"""Messages in the queue that are not work messages, and those whose work fails."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

import aio_pika

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended
from tests.services import RABBITMQ_URL
from tim_async.cluster import Worker
from tim_async.cluster._workers import broker as work_queue


def message(**fields: Any) -> bytes:
    whole = {
        "task_id": "1",
        "task_name": work_queue.RUN_CHUNK,
        "labels": {},
        "args": ["spring"],
        "kwargs": {},
        **fields,
    }
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"\xff\x00{", "where it is read", id="not JSON"),
        pytest.param(b"[1, 2]", "where it is read", id="another form"),
        pytest.param(message(task_name="my\nown"), r"unknown task 'my\\nown'", id="another task"),
        pytest.param(message(args=[]), "takes the name of a campaign", id="no campaign"),
        pytest.param(message(args=[7]), "takes the name of a campaign", id="a number"),
        pytest.param(message(kwargs={"x": 1}), "takes the name of a campaign", id="more arguments"),
        pytest.param(message(labels={"ack_type": "never"}), "labels of another program", id="acknowledged otherwise"),
        pytest.param(message(labels={"timeout": "soon"}), "labels of another program", id="with a timeout"),
        pytest.param(
            message(labels={"a": "b"}, labels_types={"a": 1, "b": "x"}), "where it is read", id="labels that lie"
        ),
    ],
)
def test_what_is_no_work_message_is_found_out(deployment_broker: Any, body: bytes, problem: str) -> None:
    assert problem.replace("\\\\", "\\") in deployment_broker._problem_of(body)


@pytest.fixture
def deployment_broker() -> work_queue.Broker:
    made = work_queue.make_broker(RABBITMQ_URL, 1)
    assert isinstance(made, work_queue.Broker)
    return made


def test_own_messages_are_work_messages(deployment_broker: work_queue.Broker) -> None:
    assert deployment_broker._problem_of(message()) == ""
    assert deployment_broker._problem_of(message(labels={"ack_type": "when_executed", "tim-trace-x": "1"})) == ""


async def test_poisoned_work_message_is_one_line_in_the_log_and_gone(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    async with await aio_pika.connect(RABBITMQ_URL) as connection:
        channel = await connection.channel()
        queue = f"{deployment.prefix}.{deployment.emulator.sdk_app_id}"
        for body in (b"poison", message(args=[["x"]])):
            await channel.default_exchange.publish(aio_pika.Message(body), routing_key=queue)
    with caplog.at_level(logging.INFO):
        [worker] = await deployment.work(1)
        assert (await ended(campaign)).sent == 20
        bad = worker._broker
        assert isinstance(bad, work_queue.Broker)
        await settled(lambda: bad.bad_messages == 2, "they are not dropped")
        await deployment.drain()
    lines = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.getMessage().startswith("a message of ") for each in lines] == [True, True]
    assert [each.exc_info for each in lines] == [None, None]
    broker = deployment.broker()
    await broker.startup()
    assert await work_queue.count_waiting(broker) == 0
    await broker.shutdown()


async def test_work_that_fails_is_one_line_in_the_log(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign, parallel=1)
    run, failures = Worker._run_chunk, [ValueError("odd\noptions")]

    async def failing(self: Worker, name: str) -> None:
        if failures:
            raise failures.pop()
        await run(self, name)

    monkeypatch.setattr(Worker, "_run_chunk", failing)
    with caplog.at_level(logging.INFO):
        await deployment.work(1)
        assert (await ended(campaign)).sent == 20  # the supervisor of the campaign has written another
        await deployment.drain()
    [line] = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert line.getMessage() == "campaign spring: a work message failed with ValueError: odd\\noptions"
    assert line.exc_info is None
