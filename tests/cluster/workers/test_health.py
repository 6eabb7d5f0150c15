"""A worker's port: whether it is alive and ready, and what it shows to Prometheus."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")
pytest.importorskip("prometheus_client")

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended
from tim_async import CommandStats, LedgerError, UsageError
from tim_async.cluster import Worker
from tim_async.cluster._workers import health
from tim_async.cluster._workers.health import ReadinessChecks, served
from tim_async.cluster._workers.metrics import _bounded, described
from tim_async.emulator import DEFAULT_SECRET_KEY


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with http.get(url) as response:
        return response.status, await response.text()


async def started(worker: Worker) -> str:
    await settled(lambda: worker._presence.renewed_at > 0.0, "the worker does not start")
    assert worker.health_url is not None
    return worker.health_url


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


async def test_worker_shows_that_it_is_ready_and_what_it_did(
    deployment: Deployment, http: aiohttp.ClientSession
) -> None:
    campaign = deployment.campaign(count=30)
    await deployment.submit(campaign)
    [worker] = await deployment.work(1, health_port=0)
    url = await started(worker)
    assert url.startswith("http://127.0.0.1:")
    assert (await ended(campaign)).sent == 30
    assert await get(http, f"{url}/healthz") == (200, "ok\n")
    status, body = await get(http, f"{url}/readyz")
    checks = {"worker": "ok", "lease": "ok", "ledger": "ok", "broker": "ok", "limiter": "ok"}
    assert (status, msgspec.json.decode(body)) == (200, {"is_ready": True, "checks": checks})
    status, text = await get(http, f"{url}/metrics")
    assert status == 200
    found = families(text)
    own = {name: family for name, family in found.items() if name.startswith("tim_")}
    values = {sample.name: sample.value for family in own.values() for sample in family.samples if not sample.labels}
    assert (values["tim_worker_chunks_total"], values["tim_worker_chunks_at_work"]) == (3, 0)
    assert values["tim_limiter_granted_total"] == 30
    calls = {sample.labels["command"]: sample.value for sample in own["tim_calls"].samples}
    assert calls == {"openim/sendmsg": 30}
    assert {"process_cpu_seconds", "process_resident_memory_bytes"} <= set(found)
    assert "user1" not in text
    assert DEFAULT_SECRET_KEY not in text


async def test_metrics_are_those_that_are_described(deployment: Deployment, http: aiohttp.ClientSession) -> None:
    campaign = deployment.campaign(count=10)
    await deployment.submit(campaign)
    [worker] = await deployment.work(1, health_port=0)
    await ended(campaign)
    worker._client._state.stats.of("openim/sendmsg").count_error("20004")
    _, text = await get(http, f"{await started(worker)}/metrics")
    shown: dict[str, tuple[str, set[str]]] = {}
    for family in families(text).values():
        for sample in family.samples:
            if sample.name.startswith("tim_"):
                shown.setdefault(sample.name, (family.type, set()))[1].update(sample.labels)
    shown["tim_worker_info"] = ("info", shown["tim_worker_info"][1])
    assert shown == {each.name: (each.kind, set(each.labels)) for each in described()}


def test_labels_are_those_of_the_catalogue() -> None:
    errors = {"20004": 1, "120005": 2, "99": 3, "WaitTooLongError": 4, "HTTP 502": 5, "alice": 6}
    found = _bounded({
        "openim/sendmsg": CommandStats(calls=3, errors=errors, rate=10.0),
        "my/one": CommandStats(calls=1),
        "my/two": CommandStats(calls=2, errors={"60007": 1}, rate=1.0),
    })  # fmt: skip
    assert set(found) == {"openim/sendmsg", "other"}
    assert found["openim/sendmsg"].errors == {"20004": 1, "WaitTooLongError": 4, "HTTP 502": 5, "other": 11}
    assert (found["other"].calls, found["other"].errors, found["other"].rate) == (3, {"60007": 1}, None)


async def test_worker_that_waits_for_its_services_is_alive_and_not_ready(
    deployment: Deployment, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.worker_ledger = "postgresql+asyncpg://postgres@127.0.0.1:1/nothing"
    [worker] = await deployment.work(1, health_port=0, client={"shared": False})
    await settled(lambda: worker.health_url is not None, "it does not listen")
    url = worker.health_url
    assert await get(http, f"{url}/healthz") == (200, "ok\n")
    status, body = await get(http, f"{url}/readyz")
    checks = msgspec.json.decode(body)["checks"]
    assert status == 503
    assert checks["worker"] == "the worker is starting"
    assert set(checks) == {"worker", "lease", "ledger", "broker"}  # its limiter is of one process


async def test_worker_that_does_not_renew_its_lease_is_not_ready(
    deployment: Deployment, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    [worker] = await deployment.work(1, health_port=0)
    url = await started(worker)
    worker._presence.renewed_at -= 60.0
    status, body = await get(http, f"{url}/readyz")
    assert status == 503
    assert re.fullmatch(r"not renewed for \d+ s", msgspec.json.decode(body)["checks"]["lease"])


async def test_worker_whose_chunk_may_be_another_ones_is_not_ready(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=10)
    deployment.emulator.faults.delay(0.2)
    await deployment.submit(campaign)
    [worker] = await deployment.work(1)
    await settled(lambda: bool(worker._in_flight.tasks()), "nothing is at work")
    await worker._health._check_leases()
    [(own, _)] = worker._campaigns.values()
    for lease in own._leases._leases.values():
        lease.until = 0.0
    with pytest.raises(LedgerError, match="that of a chunk has run out"):
        await worker._health._check_leases()


async def test_check_without_an_answer_is_reported_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECK_TIMEOUT_S", 0.02)
    asked = 0

    async def hang() -> None:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()

    async def fail() -> None:
        raise OSError("gone\n[SQL: select]")

    monkeypatch.setattr(health, "_REUSE_S", 0.0)
    checks = ReadinessChecks({"slow": hang, "bad": fail})
    for _ in range(3):
        found = await checks.look()
        assert found.checks == {"slow": "no answer within 0.02 s", "bad": "gone"}
    assert asked == 1
    await checks.close()


async def test_many_who_ask_are_one_look() -> None:
    asked = 0

    async def check() -> None:
        nonlocal asked
        asked += 1

    checks = ReadinessChecks({"one": check})
    found = await asyncio.gather(*(checks.look() for _ in range(20)))
    assert asked == 1
    assert all(each.is_ready for each in found)


async def test_port_that_is_taken_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"health_port: cannot listen on 127.0.0.1 port {port}") as caught:
            async with served("127.0.0.1", port, {}, bytes):
                pass
    assert caught.value.field == "health_port"


@pytest.mark.parametrize("port", [-1, 65_536, "80"])
async def test_port_that_is_none_is_refused(deployment: Deployment, port: Any) -> None:
    with pytest.raises(UsageError, match="health_port must be a whole number from 0 to 65535"):
        Worker(await deployment.client(shared=False), ledger=deployment.ledger, broker="amqp://mq/", health_port=port)


async def test_command_line_serves_it(deployment: Deployment, http: aiohttp.ClientSession) -> None:
    pytest.importorskip("typer")
    process = await deployment.process("--health-port", "0", "--health-address", "127.0.0.2", "--verbose")
    try:
        assert process.stderr is not None
        while not (found := re.search(rb"health and metrics of this worker: (\S+)", await process.stderr.readline())):
            pass
        assert await get(http, f"{found[1].decode()}/healthz") == (200, "ok\n")
        assert found[1].startswith(b"http://127.0.0.2:")
    finally:
        process.terminate()
        await process.communicate()
