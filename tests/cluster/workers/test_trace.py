"""What workers export to OpenTelemetry, and report of how far campaigns are."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("taskiq_aio_pika")


from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each


async def test_worker_process_ends_in_order_and_exports_to_opentelemetry(deployment: Deployment) -> None:
    """The process has providers, like one started by `opentelemetry-instrument`."""
    pytest.importorskip("typer")
    pytest.importorskip("opentelemetry.sdk")
    campaign = deployment.campaign()
    await deployment.submit(campaign)
    process = await deployment.process("--otel", program=("-m", "tests.cluster.workers.instrumented"))
    assert (await ended(campaign)).sent == 100
    process.send_signal(signal.SIGTERM)
    out, output = await process.communicate()
    assert process.returncode == 0
    # On a busy machine the lease of 1 s may run out under a chunk, which is then claimed once more.
    (chunks,) = re.findall(rb"(\d+) chunks were processed", output)
    assert int(chunks) >= 10
    assert b"no tracer provider" not in output
    assert deployment.messages() == once_each(100)
    exported = json.loads(out)
    assert exported["spans"]["openim/sendmsg"] == 100
    assert exported["counts"]["tim.calls"] == 100
    assert {"tim.campaign.recipients", "tim.campaign.rate"} <= set(exported["counts"])


async def test_trace_context_goes_with_the_campaign(deployment: Deployment) -> None:
    """Two campaigns of two traces, whose work messages are lost: those that replace them belong to no trace."""
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
            await deployment.submit(deployment.campaign(name, count=20), parallel=1)
    await deployment.submit(deployment.campaign("none", count=20), parallel=1)
    await deployment.purge()
    with provider.get_tracer("app").start_as_current_span("worker"):
        await deployment.work(1, client={"observer": Telemetry(provider)})
    for name in (*spans, "none"):
        await ended(deployment.campaign(name))
    await deployment.drain()
    sends = [each for each in exporter.get_finished_spans() if each.name == "openim/sendmsg"]
    traces = Counter(each.context.trace_id for each in sends)
    assert [traces[each.get_span_context().trace_id] for each in spans.values()] == [20, 20]
    assert sum(each.parent is None for each in sends) == 20  # of the one without a trace
    provider.shutdown()


async def test_worker_that_looks_after_campaigns_reports_how_far_they_are(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=60)
    seen = []
    await deployment.submit(campaign)
    await deployment.work(2, on_progress=seen.append)
    await ended(campaign)
    await settled(lambda: bool(seen) and seen[-1].sent == 60, "its end is not reported")
    assert {(each.name, each.total) for each in seen} == {("spring", 60)}
