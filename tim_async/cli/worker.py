"""`tim-async worker`: works on the campaigns of an app together with others, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from .._core.client import TimClient
from .._core.config import Region
from ._shared import (
    EXIT_USAGE,
    AdminOption,
    BaseUrlOption,
    RegionOption,
    read_app_id,
    read_region,
    run,
    secret_key,
    stop,
)
from .bulk import AppOption, BrokerOption, LimitOption, PrefixOption, read_limits

if TYPE_CHECKING:
    from ..otel import Telemetry

LedgerUrlOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar="TIM_LEDGER_URL",
        metavar="URL",
        show_default=False,
        help="The ledger's database: postgresql+asyncpg://user:password@host/name.",
    ),
]


def make_telemetry() -> Telemetry:
    """Return what tells OpenTelemetry; say so when nobody listens there."""
    try:
        from opentelemetry import trace

        from ..otel import Telemetry
    except ModuleNotFoundError:
        stop('--otel needs opentelemetry: pip install "tim-async[otel]"', EXIT_USAGE)
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        typer.echo(
            "no tracer provider is set up, so no span is exported; see opentelemetry-instrument --help", err=True
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
            help="Redis, which keeps the limits of all processes of the app: redis://host:6379/0.",
        ),
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Chunks at work at a time in this process.")] = 8,
    lease: Annotated[
        float, typer.Option(min=1.0, metavar="SECONDS", help="After so long others take over from a dead worker.")
    ] = 20.0,
    fallback_processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            show_default=False,
            help="How many processes share the limits: without Redis each goes on with its part. Else they wait.",
        ),
    ] = None,
    queue_prefix: PrefixOption = "tim_async",
    otel: Annotated[
        bool,
        typer.Option(
            "--otel",
            envvar="TIM_OTEL",
            help="Spans, counts and campaign gauges for OpenTelemetry, by the providers that this process has: "
            "opentelemetry-instrument tim-async worker --otel.",
        ),
    ] = False,
    limit: LimitOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more of what is done.")] = False,
    sdk_app_id: AppOption = None,
    identifier: AdminOption = "administrator",
    region: RegionOption = Region.CHINA.value,
    base_url: BaseUrlOption = None,
) -> None:
    """Work on the campaigns of an app, together with any number of other workers.

    The first Ctrl-C or SIGTERM finishes what is in flight and hands the rest back; a second one does not wait for it.

    The secret key comes from TIM_SECRET_KEY, or is asked for.
    """
    try:
        from ..cluster import RedisRateLimiter, Worker, make_broker
    except ModuleNotFoundError as error:
        if "tim-async[cluster]" not in str(error):
            raise
        stop(str(error), EXIT_USAGE)
    for value, name in ((ledger, "--ledger"), (broker, "--broker"), (redis, "--redis"), (sdk_app_id, "--sdk-app-id")):
        if value is None:
            stop(f"{name} is missing; see tim-async worker --help", EXIT_USAGE)
    limits, home = read_limits(limit), read_region(region)
    app, key = read_app_id(str(sdk_app_id)), secret_key()
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("tim_async").setLevel(logging.INFO if verbose else logging.WARNING)
    # A broker that goes away and comes back is no error: these would tell of it by pages of tracebacks.
    for name in ("aiormq", "aio_pika"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)

    telemetry = make_telemetry() if otel else None

    async def main() -> None:
        async with AsyncExitStack() as stack:
            limiter = await stack.enter_async_context(
                RedisRateLimiter(str(redis), fallback_processes=fallback_processes)
            )
            client = await stack.enter_async_context(
                TimClient(
                    *(app, key, identifier),
                    region=home,
                    base_url=base_url,
                    rate_limits=limits,
                    limiter=limiter,
                    observer=telemetry,
                )
            )
            queues = make_broker(str(broker), app, prefix=queue_prefix, prefetch=tasks)
            worker = Worker(
                client,
                ledger=str(ledger),
                broker=queues,
                tasks=tasks,
                lease_s=lease,
                on_progress=None if telemetry is None else telemetry.progress,
            )
            loop, task, told = asyncio.get_running_loop(), asyncio.current_task(), False

            def tell(word: str) -> None:
                nonlocal told
                if not told:
                    told = True
                    typer.echo(f"{word}: finishing what is in flight; once more to end at once", err=True)
                    worker.stop()
                elif task is not None:
                    task.cancel()

            for number, word in ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")):
                with suppress(NotImplementedError):  # not on Windows, where Ctrl-C comes as KeyboardInterrupt
                    loop.add_signal_handler(number, tell, word)
            typer.echo(f"working on campaigns of app {app}", err=True)
            await worker.run()
            typer.echo(f"stopped; {worker.chunks:,} chunks were worked on", err=True)

    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        run(main())
