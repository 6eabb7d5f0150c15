"""Metrics and traces for OpenTelemetry. Requires the extra `otel`; the app chooses the SDK and its exporters.

    from tim_async.otel import Telemetry

    async with TimClient(1400000000, "...", observer=Telemetry()) as client:
        ...

Each call has a span named after its command, with a child span for each attempt. Attributes contain only app, command,
priority, code, counts and seconds: never a message, an account, the text of an answer or a secret.

| instrument | unit | attributes |
|---|---|---|
| `tim.calls` counter | | `tim.command`, `tim.priority`, `tim.outcome` |
| `tim.attempts` counter | | `tim.command`, `tim.outcome` |
| `tim.retries` counter | | `tim.command` |
| `tim.errors` counter: calls that failed | | `tim.command`, `tim.outcome` |
| `tim.failed_items` counter: failed items in answers whose code is 0 | | `tim.command` |
| `tim.wait` histogram: an attempt's wait for its turn | s | `tim.command`, `tim.priority` |
| `tim.attempt.duration` histogram: from token to answer | s | `tim.command`, `tim.outcome` |
| `tim.call.duration` histogram: whole calls, including waits and retries | s | `tim.command`, `tim.outcome` |
| `tim.limit.rate` gauge: calls a second that the limiter currently allows | 1/s | `tim.command`, `tim.app` |
| `tim.limit.configured` gauge: calls a second allowed while the service refuses none | 1/s | `tim.command`, `tim.app` |
| `tim.waiting` gauge: calls that are waiting | | `tim.command`, `tim.app` |
| `tim.campaign.recipients` gauge, by `progress` | | `tim.campaign`, `tim.state` |
| `tim.campaign.rate` gauge, by `progress`: recipients settled per second | 1/s | `tim.campaign` |

`tim.outcome` is "0", the service's code, the class of the error, or "cancelled"; `tim.state` is sent, failed, unknown,
suppressed or left.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final
from weakref import ref

from ._version import __version__

if TYPE_CHECKING:
    from ._core.stats import CommandStats, StatsSource
    from .bulk import Progress

try:
    from opentelemetry import metrics, trace
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "opentelemetry":
        raise
    raise ModuleNotFoundError(
        'tim_async.otel needs opentelemetry: pip install "tim-async[otel]"', name="opentelemetry"
    ) from None

_INSTRUMENTATION_NAME: Final = "tim_async"
_NS_PER_S: Final = 1_000_000_000
# Waits last milliseconds on an idle client and minutes in bulk work.
_WAIT_BOUNDS_S: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_DURATION_BOUNDS_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Telemetry:
    """An observer that records spans and metrics: `TimClient(..., observer=Telemetry())`.

    One observer may serve any number of clients.

    Args:
        tracer_provider: receives the spans; None for the global provider.
        meter_provider: receives the metrics; None for the global provider.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self.tracer: trace.Tracer = trace.get_tracer(_INSTRUMENTATION_NAME, __version__, tracer_provider)
        meter = metrics.get_meter(_INSTRUMENTATION_NAME, __version__, meter_provider)
        self.calls: metrics.Counter = meter.create_counter("tim.calls", description="calls that ended")
        self.attempts: metrics.Counter = meter.create_counter("tim.attempts", description="attempts that ended")
        self.retries: metrics.Counter = meter.create_counter("tim.retries", description="attempts after a call's first")
        self.errors: metrics.Counter = meter.create_counter("tim.errors", description="calls that failed")
        self.failed_items: metrics.Counter = meter.create_counter(
            "tim.failed_items", description="failed items of answers with code 0"
        )
        self.wait: metrics.Histogram = meter.create_histogram(
            "tim.wait", "s", "wait of an attempt for its turn", explicit_bucket_boundaries_advisory=_WAIT_BOUNDS_S
        )
        self.attempt_duration: metrics.Histogram = meter.create_histogram(
            "tim.attempt.duration", "s", "from token to answer", explicit_bucket_boundaries_advisory=_DURATION_BOUNDS_S
        )
        self.call_duration: metrics.Histogram = meter.create_histogram(
            "tim.call.duration", "s", "whole calls", explicit_bucket_boundaries_advisory=_WAIT_BOUNDS_S
        )

        self._sources: list[ref[StatsSource]] = []
        meter.create_observable_gauge(
            "tim.limit.rate", [lambda _: self._rates("rate")], "1/s", "calls a second that the limiter lets through"
        )
        meter.create_observable_gauge(
            "tim.limit.configured", [lambda _: self._rates("configured_rate")], "1/s", "the same when nothing slows it"
        )
        meter.create_observable_gauge("tim.waiting", [self._waiting], description="calls that wait now")

        self.recipients = meter.create_gauge("tim.campaign.recipients", description="recipients of a campaign")
        self.rate = meter.create_gauge("tim.campaign.rate", "1/s", "recipients settled per second")

    def attach(self, source: StatsSource) -> None:
        """Read the current rates and the number of waiting calls from a client, for as long as it lives."""
        # A new list: the exporter's thread may be reading the old one.
        self._sources = [each for each in self._sources if each() is not None] + [ref(source)]

    def _rates(self, name: str) -> Iterator[metrics.Observation]:
        """Yield the rate of each command; of several clients with their own limiters, the lowest."""
        rates: dict[tuple[int, str], float] = {}
        for app, command, stats in self._stats():
            rate = getattr(stats, name)
            if rate is not None:
                rates[app, command] = min(rate, rates.get((app, command), rate))
        return _observations(rates)

    def _waiting(self, _: metrics.CallbackOptions) -> Iterator[metrics.Observation]:
        """Yield the number of waiting calls by command."""
        waiting: Counter[tuple[int, str]] = Counter()
        for app, command, stats in self._stats():
            waiting[app, command] += stats.waiting
        return _observations(waiting)

    def _stats(self) -> Iterator[tuple[int, str, CommandStats]]:
        for each in self._sources:
            source = each()
            if source is not None:
                stats = source.snapshot()
                for command, counts in stats.items():
                    yield stats.sdk_app_id, command, counts

    def progress(self, progress: Progress) -> None:
        """Record the progress of a campaign: `campaign.run(client, on_progress=telemetry.progress)`, or `watch`."""
        name = {"tim.campaign": progress.name}
        for state, count in (
            ("sent", progress.sent),
            ("failed", progress.failed),
            ("unknown", progress.unknown),
            ("suppressed", progress.suppressed),
            ("left", progress.total - progress.settled),
        ):
            self.recipients.set(count, {**name, "tim.state": state})
        self.rate.set(progress.rate, name)

    def begin(self, command: str, priority: str) -> CallTelemetry:
        """Start the span of a call, as a child of the current span."""
        return CallTelemetry(self, command, priority)


class CallTelemetry:
    """Records one call."""

    __slots__ = ("_began", "_command", "_context", "_owner", "_priority", "_span")

    def __init__(self, owner: Telemetry, command: str, priority: str) -> None:
        self._owner = owner
        self._command = command
        self._priority = priority
        self._began = time.perf_counter()
        self._span = owner.tracer.start_span(
            command,
            kind=trace.SpanKind.CLIENT,
            attributes={"tim.command": command, "tim.priority": priority},
        )
        self._context = trace.set_span_in_context(self._span)

    def attempt(self, number: int, outcome: str, waited_s: float, took_s: float) -> None:
        """Record an attempt that has ended."""
        owner, command = self._owner, {"tim.command": self._command}
        both = {**command, "tim.outcome": outcome}
        owner.attempts.add(1, both)
        if number > 1:
            owner.retries.add(1, command)
        owner.wait.record(waited_s, {**command, "tim.priority": self._priority})
        owner.attempt_duration.record(took_s, both)
        if not self._span.is_recording():
            return
        now = time.time_ns()
        span = owner.tracer.start_span(
            f"{self._command} attempt",
            context=self._context,
            kind=trace.SpanKind.CLIENT,
            attributes={**both, "tim.attempt": number, "tim.waited_s": waited_s, "tim.took_s": took_s},
            start_time=now - int((waited_s + took_s) * _NS_PER_S),
        )
        _set_status(span, outcome)
        span.end(now)

    def end(self, outcome: str, attempts: int, *, failed_items: int = 0) -> None:
        """End the call's span."""
        owner, command = self._owner, {"tim.command": self._command}
        both = {**command, "tim.outcome": outcome}
        owner.calls.add(1, {**both, "tim.priority": self._priority})
        if outcome not in ("0", "cancelled"):
            owner.errors.add(1, both)
        if failed_items:
            owner.failed_items.add(failed_items, command)
        owner.call_duration.record(time.perf_counter() - self._began, both)
        span = self._span
        if span.is_recording():
            span.set_attributes({"tim.outcome": outcome, "tim.attempts": attempts})
            if failed_items:
                span.set_attribute("tim.failed_items", failed_items)
            _set_status(span, outcome)
        span.end()


def _observations(values: Mapping[tuple[int, str], float]) -> Iterator[metrics.Observation]:
    for (app, command), value in values.items():
        yield metrics.Observation(value, {"tim.app": app, "tim.command": command})


def _set_status(span: trace.Span, outcome: str) -> None:
    if outcome != "0":
        span.set_attribute("error.type", outcome)
        if outcome != "cancelled":
            span.set_status(trace.StatusCode.ERROR)
