"""Calls in a process that Sentry or OpenTelemetry instruments, which is permanent; prints what these saw, as JSON.

Run as `python -m tests.core.instrumented_process sentry|opentelemetry connection|session`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import aiohttp

from tests.hostile import HostileRequest, HostileServer, accept, answer
from tests.scripted import SECRET_KEY
from tim_async import TimClient, TimError


def sentry() -> Callable[[], str]:
    """Set Sentry up with its defaults, but for tracing and personal data, which show more; return what it sent."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    sent: list[str] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            sent.extend(item.payload.get_bytes().decode() for item in envelope.items)

    # The last one is for the address's own query, which is left out without it.
    sentry_sdk.init("http://key@127.0.0.1:9/1", transport=Kept, traces_sample_rate=1.0, send_default_pii=True)

    def read() -> str:
        sentry_sdk.flush()
        return "\n".join(sent)

    return read


def opentelemetry() -> Callable[[], str]:
    """Instrument aiohttp as `opentelemetry-instrument` does; return the spans."""
    from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    AioHttpClientInstrumentor().instrument(tracer_provider=provider)
    return lambda: "\n".join(span.to_json() for span in exporter.get_finished_spans())


def redirect(request: HostileRequest) -> None:
    """Answer as a gateway that repeats the whole address."""
    target = request.head.split(b" ")[1].decode()
    request.write(answer(target.encode(), status="301 Moved Permanently", headers=f"Location: {target}\r\n"))


async def half(request: HostileRequest) -> None:
    request.write(answer(request.head, length=5000))


async def calls(tool: str, way: str) -> tuple[set[str], list[str], bool]:
    """Make calls that go well and others; return the UserSigs, the outcomes, and whether a session was used."""
    outcomes = []
    async with HostileServer().running() as server:
        options: dict[str, Any] = {"trace_configs": [aiohttp.TraceConfig()]} if way == "session" else {}
        async with TimClient(1400000000, SECRET_KEY, base_url=server.url, timeout=1.0, **options) as client:
            for behave in (accept, redirect, lambda request: request.reset(), half, accept):
                server.behaviour = behave
                try:
                    await client.c2c.send_text("bob", "hi")
                    outcomes.append("sent")
                except TimError as error:
                    outcomes.append(type(error).__name__)
                    if tool == "sentry":
                        import sentry_sdk

                        sentry_sdk.capture_exception(error)
            server.behaviour = half
            try:
                async with asyncio.timeout(0.1):
                    await client.c2c.send_text("bob", "hi")
            except TimeoutError as error:
                if tool == "sentry":
                    sentry_sdk.capture_exception(error)
            has_session = client.pool._sessions is not None  # type: ignore[attr-defined]
        sigs = {re.search(rb"usersig=([^& ]+)", request.head)[1].decode() for request in server.requests}  # type: ignore[index]
    return sigs, outcomes, has_session


async def main(tool: str, way: str) -> None:
    read = sentry() if tool == "sentry" else opentelemetry()
    if tool == "sentry":
        import sentry_sdk

        with sentry_sdk.start_transaction(name="test"):
            sigs, outcomes, has_session = await calls(tool, way)
    else:
        sigs, outcomes, has_session = await calls(tool, way)
    text = read()
    print(json.dumps({"sigs": sorted(sigs), "outcomes": outcomes, "has_session": has_session, "text": text}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
