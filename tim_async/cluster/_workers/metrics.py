"""A worker's Prometheus metrics; `described` lists them, and a page of the reference is generated from it.

Everything is read when it is scraped: nothing is counted twice, and calls cost nothing extra. Labels are commands and
codes of the catalogue, which bounds the number of series; other commands of a program, and codes of an app's own
webhook, become `other`. No label contains an account, a campaign or an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from ... import _codes, errors
from ..._core.client import TimClient
from ..._core.stats import CommandStats
from ..._version import __version__
from ...families._registry import endpoints

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_OTHER: Final = "other"
_HTTP_STATUS: Final = re.compile(r"HTTP [1-5]\d\d")

# By name: the attribute with its value, and its help text. Counters end in `_total` where they are written.
_WORKER_COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "tim_worker_chunks": ("chunks", "Chunks that were worked on."),
    "tim_worker_chunks_given_up": ("given_up", "Chunks that this worker gave up for all workers."),
    "tim_worker_bad_messages": ("bad_messages", "Dropped messages that were not work messages."),
}
_WORKER_GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "tim_worker_chunks_at_work": ("at_work", "Chunks in flight."),
    "tim_worker_campaigns_at_work": ("campaigns", "Campaigns with chunks in flight."),
    "tim_worker_tasks": ("tasks", "Maximum number of chunks in flight (`--tasks`)."),
    "tim_worker_start_time_seconds": ("started_at", "When the worker started, in unix seconds."),
    "tim_worker_lease_renewed_time_seconds": ("renewed_at", "When it last renewed its lease, in unix seconds."),
}
_COMMAND_COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "tim_calls": ("calls", "Calls that began."),
    "tim_calls_succeeded": ("succeeded", "Calls that returned a result."),
    "tim_attempts": ("attempts", "Requests that were sent."),
    "tim_retries": ("retries", "Requests after a call's first."),
    "tim_failed_items": ("failed_items", "Items that failed in answers that succeeded."),
    "tim_wait_seconds": ("waited_s", "Seconds that calls waited for their turn."),
    "tim_request_seconds": ("took_s", "Seconds from the turn to the answer."),
}
_COMMAND_GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "tim_waiting": ("waiting", "Calls that are waiting."),
    "tim_limit_rate": ("rate", "Calls a second that the limiter currently allows."),
    "tim_limit_configured_rate": ("configured_rate", "Calls a second that it allows while nothing slows it down."),
}
_ERRORS: Final = ("tim_errors", "Attempts that failed, by ErrorCode, HTTP status or class of error.")
_LIMITER_COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "tim_limiter_requests": ("round_trips", "Requests that Redis answered."),
    "tim_limiter_reserved": ("reserved", "Reservations that Redis granted."),
    "tim_limiter_granted": ("granted", "Calls that used one."),
    "tim_limiter_expired": ("expired", "Reservations that were not used in time."),
    "tim_limiter_given_back": ("given_back", "Reservations that were given back."),
    "tim_limiter_outages": ("outages", "Times that Redis could not be reached, or refused to serve."),
    "tim_limiter_fallback_granted": ("fallback_granted", "Calls made without Redis."),
}
_LIMITER_GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "tim_limiter_tolerance_seconds": (
        "tolerance_s",
        "Seconds after its moment for which a reservation can be used now: more while the process is starved.",
    ),
}
_WORKER_INFO: Final = ("tim_worker", "Always 1; the labels name the app and the version of the worker.")


class Described(NamedTuple):
    """A metric as Prometheus sees it.

    Attributes:
        name: its name in the scraped text.
        kind: its type.
        labels: the names of its labels.
        text: its help text.
    """

    name: str
    kind: Literal["info", "gauge", "counter"]
    labels: tuple[str, ...]
    text: str


def described() -> list[Described]:
    """Return all metrics, those of the worker first, then those of calls and of the limiter."""
    name, text = _WORKER_INFO
    found = [Described(f"{name}_info", "info", ("app", "version"), text)]
    for gauges, counters, labels in (
        (_WORKER_GAUGES, _WORKER_COUNTERS, ()),
        (_COMMAND_GAUGES, _COMMAND_COUNTERS, ("command",)),
        (_LIMITER_GAUGES, _LIMITER_COUNTERS, ()),
    ):
        found += [Described(name, "gauge", labels, text) for name, (_, text) in gauges.items()]
        found += [Described(f"{name}_total", "counter", labels, text) for name, (_, text) in counters.items()]
    name, text = _ERRORS
    return [*found, Described(f"{name}_total", "counter", ("command", "code"), text)]


@runtime_checkable
class SharedLimiter(Protocol):
    """A limiter that processes share, as `RedisRateLimiter` is."""

    async def ping(self) -> None:
        """Raise if what it needs does not answer."""
        ...

    def stats(self) -> msgspec.Struct:
        """Return its counts."""
        ...


class WorkerFacts(msgspec.Struct, kw_only=True, frozen=True):
    """A worker's own figures.

    Attributes:
        chunks: number of chunks that it has worked on.
        at_work: number of its chunks in flight.
        campaigns: number of campaigns of those.
        tasks: maximum number of chunks in flight.
        given_up: number of chunks that it gave up for all workers.
        bad_messages: number of dropped messages that were not work messages.
        started_at: unix seconds.
        renewed_at: unix seconds at which it last renewed its lease in the ledger.
    """

    chunks: int
    at_work: int
    campaigns: int
    tasks: int
    given_up: int
    bad_messages: int
    started_at: float
    renewed_at: float


class WorkerMetrics(Collector):
    """The metrics of one worker.

    Args:
        client: the worker's client.
        facts: returns the worker's own figures.
    """

    def __init__(self, client: TimClient, facts: Callable[[], WorkerFacts]) -> None:
        self._client = client
        self._facts = facts
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield the current metrics."""
        yield from self._of_worker()
        yield from self._of_commands()
        limiter = self._client.limiter
        if isinstance(limiter, SharedLimiter):
            counts = limiter.stats()
            for name, (field, text) in _LIMITER_COUNTERS.items():
                yield CounterMetricFamily(name, text, value=getattr(counts, field))
            for name, (field, text) in _LIMITER_GAUGES.items():
                yield GaugeMetricFamily(name, text, value=getattr(counts, field, 0.0))

    def _of_worker(self) -> Iterable[Metric]:
        facts, app = self._facts(), str(self._client.sdk_app_id)
        name, text = _WORKER_INFO
        yield InfoMetricFamily(name, text, value={"app": app, "version": __version__})
        for name, (field, text) in _WORKER_COUNTERS.items():
            yield CounterMetricFamily(name, text, value=getattr(facts, field))
        for name, (field, text) in _WORKER_GAUGES.items():
            yield GaugeMetricFamily(name, text, value=getattr(facts, field))

    def _of_commands(self) -> Iterable[Metric]:
        by_command = _bounded(self._client.stats())
        for name, (field, text) in _COMMAND_COUNTERS.items():
            counter = CounterMetricFamily(name, text, labels=["command"])
            for command, stats in by_command.items():
                counter.add_metric([command], getattr(stats, field))
            yield counter
        for name, (field, text) in _COMMAND_GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=["command"])
            for command, stats in by_command.items():
                if getattr(stats, field) is not None:
                    gauge.add_metric([command], getattr(stats, field))
            yield gauge
        name, text = _ERRORS
        failed = CounterMetricFamily(name, text, labels=["command", "code"])
        for command, stats in by_command.items():
            for code, count in stats.errors.items():
                failed.add_metric([command, code], count)
        yield failed


def _bounded(stats: Mapping[str, CommandStats]) -> dict[str, CommandStats]:
    """Return counts by command and code, with those unknown to the catalogue merged."""
    known, found = endpoints(), dict[str, CommandStats]()
    for command, each in stats.items():
        name = command if command in known else _OTHER
        total = found.setdefault(name, CommandStats())
        for field, _ in _COMMAND_COUNTERS.values():
            setattr(total, field, getattr(total, field) + getattr(each, field))
        total.waiting += each.waiting
        if name != _OTHER:
            total.rate, total.configured_rate = each.rate, each.configured_rate
        for error, count in each.errors.items():
            label = _error_label(command, error)
            total.errors[label] = total.errors.get(label, 0) + count
    return found


def _error_label(command: str, error: str) -> str:
    """Return the code, HTTP status or class of error of a failure, if the label is one of a bounded set."""
    if error.isdecimal():
        is_known = _codes.lookup(command.partition("/")[0], int(error)) is not None
    else:
        is_known = isinstance(getattr(errors, error, None), type) or _HTTP_STATUS.fullmatch(error) is not None
    return error if is_known else _OTHER
