"""Spans and counts, over a scripted pool: what they hold, and what they never hold."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from tests import clock
from tests.scripted import OK, SECRET_KEY, refusal, scripted
from tim_async import (
    ConnectError,
    LocalRateLimiter,
    Observer,
    ReplyDecodeError,
    RetryPolicy,
    TextElem,
    TimClient,
    TimError,
    UsageError,
)

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tim_async.otel import Telemetry
from tim_async.testing import FakePool

PLANTED = "planted-text-7a41"
QUICK = RetryPolicy(base=0.0)


class Seen:
    """Everything that was exported."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._reader])
        self.telemetry = Telemetry(self.tracers, self.meters)

    def client(self, *script: Any, **options: Any) -> tuple[TimClient, FakePool]:
        return scripted(*script, observer=self.telemetry, **{"retry": QUICK, **options})

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    @property
    def points(self) -> dict[str, dict[frozenset[tuple[str, Any]], Any]]:
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: {frozenset(point.attributes.items()): point for point in metric.data.data_points}
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def count(self, name: str, **attributes: Any) -> int:
        wanted = {(f"tim.{key}", value) for key, value in attributes.items()}
        return sum(point.value for key, point in self.points.get(name, {}).items() if wanted <= key)


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    yield made
    made.meters.shutdown()
    made.tracers.shutdown()


def send(client: TimClient) -> Any:
    return client.c2c.send(to_account=PLANTED, msg_body=[TextElem(text=PLANTED)], from_account=PLANTED)


def test_it_is_an_observer(seen: Seen) -> None:
    observer: Observer = seen.telemetry
    assert hasattr(observer, "begin")


def test_call_has_a_span_and_one_for_each_attempt_below(seen: Seen) -> None:
    client, _ = seen.client(20004, 91000, OK)
    clock.run(send(client.with_options(priority="background")))
    *attempts, call = seen.spans
    assert call.name == "openim/sendmsg"
    assert call.attributes == {
        "tim.command": "openim/sendmsg",
        "tim.priority": "background",
        "tim.outcome": "0",
        "tim.attempts": 3,
    }
    assert call.status.status_code is StatusCode.UNSET
    assert [span.name for span in attempts] == ["openim/sendmsg attempt"] * 3
    assert [span.attributes["tim.outcome"] for span in attempts] == ["20004", "91000", "0"]
    assert [span.attributes["tim.attempt"] for span in attempts] == [1, 2, 3]
    assert [span.attributes.get("error.type") for span in attempts] == ["20004", "91000", None]
    assert [span.status.status_code.name for span in attempts] == ["ERROR", "ERROR", "UNSET"]
    assert {span.parent.span_id for span in attempts} == {call.context.span_id}
    assert all(span.attributes["tim.waited_s"] >= 0 for span in attempts)
    assert seen.count("tim.calls", command="openim/sendmsg", outcome="0", priority="background") == 1
    assert seen.count("tim.attempts") == 3
    assert seen.count("tim.attempts", outcome="20004") == 1
    assert seen.count("tim.retries") == 2
    assert seen.count("tim.errors") == 0


def test_call_is_below_the_span_around_it(seen: Seen) -> None:
    client, _ = seen.client(OK)
    tracer = seen.tracers.get_tracer("app")

    async def main() -> None:
        with tracer.start_as_current_span("request"):
            await send(client)

    clock.run(main())
    _, call, request = seen.spans
    assert call.parent.span_id == request.context.span_id


def test_wait_for_the_turn_is_measured(seen: Seen) -> None:
    client, _ = seen.client(OK, rate_limits={"openim/sendmsg": 2})

    async def main() -> None:
        await asyncio.gather(*(send(client) for _ in range(3)))

    clock.run(main())
    ((_, wait),) = seen.points["tim.wait"].items()
    assert wait.count == 3
    assert wait.sum == pytest.approx(1.05, rel=0.05)
    waited = sorted(span.attributes["tim.waited_s"] for span in seen.spans if "tim.waited_s" in span.attributes)
    assert waited == pytest.approx([0.0, 0.0, 1.05], abs=0.05)  # two go at once, the third when their second is over
    longest = max(span.end_time - span.start_time for span in seen.spans if "tim.waited_s" in span.attributes)
    assert longest == pytest.approx(1.05e9, rel=0.05)


@pytest.mark.parametrize(
    ("answer", "outcome", "attempts"),
    [
        pytest.param(60007, "60007", 1, id="code"),
        pytest.param(ConnectError("no way"), "ConnectError", 1, id="no connection"),
        pytest.param(b"<html>", "ReplyDecodeError", 1, id="garbage"),
        pytest.param(b'{"ErrorCode":0,"MsgTime":{}}', "ReplyDecodeError", 1, id="result is not as documented"),
    ],
)
def test_failed_call_tells_why(seen: Seen, answer: Any, outcome: str, attempts: int) -> None:
    client, _ = seen.client(answer)

    async def main() -> None:
        with pytest.raises(TimError):
            await send(client)

    clock.run(main())
    call = seen.spans[-1]
    assert call.attributes["tim.outcome"] == call.attributes["error.type"] == outcome
    assert call.attributes["tim.attempts"] == attempts
    assert call.status.status_code is StatusCode.ERROR
    assert call.status.description is None
    assert seen.count("tim.errors", outcome=outcome) == 1
    assert seen.count("tim.calls", outcome=outcome) == 1


def test_raw_request_is_watched_too(seen: Seen) -> None:
    client, _ = seen.client(OK, b"<html>")

    async def main() -> None:
        await client.request("openim/new_command", {"To_Account": PLANTED})
        with pytest.raises(ReplyDecodeError):
            await client.request("openim/new_command", {"To_Account": PLANTED})

    clock.run(main())
    outcomes = [span.attributes["tim.outcome"] for span in seen.spans if span.name == "openim/new_command"]
    assert outcomes == ["0", "ReplyDecodeError"]


def test_cancelled_call_ends_its_span(seen: Seen) -> None:
    async def never(_: object) -> bytes:
        await asyncio.sleep(1000)
        return OK

    client, _ = seen.client(never)

    async def main() -> None:
        task = asyncio.ensure_future(send(client))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    clock.run(main())
    attempt, call = seen.spans
    assert call.attributes["tim.outcome"] == attempt.attributes["tim.outcome"] == "cancelled"
    assert call.status.status_code is StatusCode.UNSET
    assert seen.count("tim.errors") == 0


def test_failed_items_of_an_answer_that_says_ok_are_counted(seen: Seen) -> None:
    answer = (
        b'{"ActionStatus":"SomeError","ErrorCode":0,"ErrorInfo":"","MsgKey":"1_2_3",'
        b'"ErrorList":[{"To_Account":"a","ErrorCode":70107},{"To_Account":"b","ErrorCode":70107}]}'
    )
    client, _ = seen.client(answer)
    clock.run(client.c2c.send_batch(to_account=["a", "b", "c"], msg_body=[TextElem(text="hi")]))
    assert seen.count("tim.failed_items") == 2
    assert seen.spans[-1].attributes["tim.failed_items"] == 2
    assert seen.spans[-1].attributes["tim.outcome"] == "0"


def test_nothing_secret_and_nothing_personal_is_exported(seen: Seen) -> None:
    script = [20004, refusal(91000, f"{PLANTED} {SECRET_KEY}"), refusal(70001, PLANTED), ConnectError(PLANTED), OK]
    client, pool = seen.client(*script)

    async def main() -> None:
        await asyncio.gather(*(send(client) for _ in range(4)), return_exceptions=True)
        with pytest.raises(UsageError):
            await client.c2c.send(to_account=PLANTED * 20, msg_body=[TextElem(text=PLANTED)])

    clock.run(main())
    received = repr([span.to_json() for span in seen.spans]) + repr(seen.points)
    assert len(seen.spans) >= 8
    signatures = {sent.query["usersig"] for sent in pool.sent}
    assert all(secret not in received for secret in {SECRET_KEY, PLANTED, *signatures})


def test_campaign_has_gauges(seen: Seen) -> None:
    bulk = pytest.importorskip("tim_async.bulk")
    progress = bulk.Progress(
        name="spring", total=13, sent=5, failed=2, unknown=1, suppressed=3, codes={}, rate=3.5, cap=200.0,
        in_force=None, elapsed_s=2.0, left_s=0.5,
    )  # fmt: skip
    seen.telemetry.progress(progress)
    recipients = {dict(key)["tim.state"]: point.value for key, point in seen.points["tim.campaign.recipients"].items()}
    assert recipients == {"sent": 5, "failed": 2, "unknown": 1, "suppressed": 3, "left": 2}
    ((_, rate),) = seen.points["tim.campaign.rate"].items()
    assert rate.value == 3.5


def calls_into_telemetry(client: TimClient) -> int:
    """Return how many functions of OpenTelemetry and of ours over it are called for one call."""
    count = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        name = frame.f_globals.get("__name__") or ""
        is_theirs = name == "tim_async.otel" or name.partition(".")[0] == "opentelemetry"
        count += event == "call" and is_theirs

    sys.setprofile(watch)
    try:
        clock.run(send(client))
    finally:
        sys.setprofile(None)
    return count


def test_off_is_free(seen: Seen) -> None:
    watched, _ = seen.client(OK)
    assert calls_into_telemetry(watched) > 10
    client, _ = scripted(OK)
    assert client._state.observer is None
    assert calls_into_telemetry(client) == 0


def test_observer_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        scripted(OK, observer=object())
    assert caught.value.field == "observer"


def test_rates_in_force_and_waiting_calls_are_read_from_living_clients(seen: Seen) -> None:
    shared = LocalRateLimiter()
    options = {"refused": {"limiter": shared, "retry": RetryPolicy.off()}, "sharing": {"limiter": shared}, "alone": {}}
    clients = {name: seen.client(60007 if name == "refused" else OK, **each) for name, each in options.items()}
    key = frozenset({("tim.app", 1400000000), ("tim.command", "openim/sendmsg")})

    async def main() -> dict[str, Any]:
        assert "tim.limit.rate" not in seen.points
        refused, pool = clients["refused"]
        await asyncio.gather(*(send(refused) for _ in range(40)), return_exceptions=True)
        await asyncio.gather(*(send(clients[name][0]) for name in ("sharing", "alone")))
        pool.size = 0
        left = [asyncio.create_task(send(refused)) for _ in range(3)]
        await asyncio.sleep(0)
        points = seen.points
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return points

    points = clock.run(main())
    in_force, configured = (points[f"tim.limit.{name}"][key].value for name in ("rate", "configured"))
    stats = clients["refused"][0].stats()["openim/sendmsg"]
    assert in_force == pytest.approx(stats.rate, rel=0.05)
    assert configured == stats.configured_rate == pytest.approx(198.5, abs=0.1)
    assert in_force < 0.8 * configured
    assert points["tim.waiting"][key].value == 3
    del clients["refused"], clients["sharing"]
    gc.collect()
    assert seen.points["tim.limit.rate"][key].value == configured
    clients.clear()
    gc.collect()
    client, _ = seen.client(OK)
    assert "tim.limit.rate" not in seen.points
    assert [each() for each in seen.telemetry._sources] == [client._state]


def test_views_are_watched_like_their_client(seen: Seen) -> None:
    client, _ = seen.client(OK)
    clock.run(send(client.with_options(timeout=1.0)))
    assert seen.count("tim.calls") == 1


def test_without_a_provider_it_costs_nothing_and_breaks_nothing() -> None:
    client, _ = scripted(OK, observer=Telemetry())
    clock.run(send(client))


def test_without_the_extra_the_error_names_the_remedy() -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "try:\n    import tim_async.otel\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    received = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert received.strip() == 'tim_async.otel needs opentelemetry: pip install "tim-async[otel]"'
