"""`tim-async worker`: work on the campaigns of an app, together with other workers, until it is stopped."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._errors import stop
from .._frame import make_command
from .._limits import LimitOption, read_limits
from .._loop import run_async
from .._options import (
    DEFAULT_ADMIN,
    DEFAULT_REGION,
    LEDGER_VARIABLE,
    AdminOption,
    BaseUrlOption,
    OptionalAppIdOption,
    RegionOption,
    read_app_id,
    read_region,
    require,
)
from .._output import echo
from .._queues import WORKERS_PANEL, BrokerOption, PrefixOption
from .._secrets import secret_key
from .._signals import stopped_in_order

if TYPE_CHECKING:
    from ...otel import Telemetry

HEALTH_PANEL = "Health"

LedgerUrlOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar=LEDGER_VARIABLE,
        metavar="URL",
        show_default=False,
        help="The ledger's database: postgresql://user:password@host/name.",
        rich_help_panel=WORKERS_PANEL,
    ),
]


def make_telemetry() -> Telemetry:
    """Return the telemetry for OpenTelemetry; warn if no provider is set up."""
    try:
        from opentelemetry import trace

        from ...otel import Telemetry
    except ModuleNotFoundError:
        stop('--otel needs opentelemetry: pip install "tim-async[otel]"')
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        echo(
            "warning: no tracer provider is set up, so no spans are exported; see opentelemetry-instrument --help",
            err=True,
        )
    return Telemetry()


def worker(
    *,
    ledger: LedgerUrlOption = None,
    broker: BrokerOption = None,
    redis: Annotated[
        str | None,
        typer.Option(
            "--redis",
            envvar="TIM_REDIS_URL",
            metavar="URL",
            show_default=False,
            help="The Redis with the limits of all processes of the app: redis://host:6379/0.",
            rich_help_panel=WORKERS_PANEL,
        ),
    ] = None,
    queue_prefix: PrefixOption = "tim_async",
    tasks: Annotated[
        int, typer.Option(min=1, metavar="NUMBER", help="The most chunks that this process works on concurrently.")
    ] = 8,
    lease: Annotated[
        float,
        typer.Option(min=1.0, metavar="SECONDS", help="Time after which others take over the chunks of a dead worker."),
    ] = 20.0,
    fallback_processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            show_default=False,
            help="The number of processes that share the limits: if Redis is down, each uses its part of them. Without "
            "this option they wait.",
        ),
    ] = None,
    limit: LimitOption = None,
    otel: Annotated[
        bool,
        typer.Option(
            "--otel",
            envvar="TIM_OTEL",
            help="Spans, counts and campaign gauges for OpenTelemetry, through the providers of this process: "
            "opentelemetry-instrument tim-async worker --otel.",
        ),
    ] = False,
    health_port: Annotated[
        int | None,
        typer.Option(
            "--health-port",
            envvar="TIM_HEALTH_PORT",
            min=0,
            max=65_535,
            metavar="NUMBER",
            show_default=False,
            help="Serve /healthz, /readyz, and /metrics for Prometheus on this port.",
            rich_help_panel=HEALTH_PANEL,
        ),
    ] = None,
    health_address: Annotated[
        str,
        typer.Option(
            "--health-address",
            envvar="TIM_HEALTH_ADDRESS",
            metavar="ADDRESS",
            help="The address to listen on for that; 0.0.0.0 makes it reachable from other machines.",
            rich_help_panel=HEALTH_PANEL,
        ),
    ] = "127.0.0.1",
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more details.")] = False,
    sdk_app_id: OptionalAppIdOption = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
) -> None:
    """Work on the campaigns of an app, together with any number of other workers.

    The first Ctrl-C or SIGTERM finishes what is in flight and releases the rest; a second one stops immediately.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    # Before anything is prompted for: without the extra nothing else matters.
    from ...cluster import RedisRateLimiter, Worker, make_broker

    ledger, broker = require(ledger, "--ledger", "worker"), require(broker, "--broker", "worker")
    redis = require(redis, "--redis", "worker")
    app = read_app_id(require(sdk_app_id, "--sdk-app-id", "worker"))
    limits, home, key = read_limits(limit), read_region(region), secret_key()
    _set_up_logging(verbose=verbose)
    telemetry = make_telemetry() if otel else None

    async def main() -> None:
        from ..._core.client import TimClient

        async with AsyncExitStack() as stack:
            limiter = await stack.enter_async_context(RedisRateLimiter(redis, fallback_processes=fallback_processes))
            options: dict[str, Any] = {"region": home, "base_url": base_url, "rate_limits": limits}
            client = await stack.enter_async_context(
                TimClient(app, key, identifier, limiter=limiter, observer=telemetry, **options)
            )
            worker = Worker(
                client,
                ledger=ledger,
                broker=make_broker(broker, app, prefix=queue_prefix, prefetch=tasks),
                tasks=tasks,
                lease_s=lease,
                on_progress=None if telemetry is None else telemetry.progress,
                health_port=health_port,
                health_address=health_address,
            )

            def stop_in_order(_: str) -> bool:
                worker.stop()
                return True

            stack.enter_context(stopped_in_order(stop_in_order))
            echo(f"working on campaigns of app {app}", err=True)
            await worker.run()
            echo(f"stopped; {worker.chunks:,} chunks were processed", err=True)

    from asyncio import CancelledError

    with suppress(KeyboardInterrupt, CancelledError):
        run_async(main())


def _set_up_logging(*, verbose: bool) -> None:
    import logging

    from .._log import PlainFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("tim_async").setLevel(logging.INFO if verbose else logging.WARNING)
    # A broker that goes away and returns is not an error: these would log pages of tracebacks for it.
    for name in ("aiormq", "aio_pika"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)


command = make_command(
    worker,
    examples=(
        "export TIM_LEDGER=postgresql://tim:...@db/tim",
        "export TIM_BROKER_URL=amqp://tim:...@mq/ TIM_REDIS_URL=redis://cache/0",
        "tim-async worker",
        "tim-async worker --health-port 9464",
        "opentelemetry-instrument tim-async worker --otel",
    ),
)
