"""Beyond one process: one cap for all processes, and campaigns shared by many workers. Needs the extra `cluster`.

async with RedisRateLimiter("redis://cache:6379/0") as limiter:
    async with TimClient(1400000000, "...", limiter=limiter) as client:
        ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._redis_limiter.limiter import LimiterStats, RedisRateLimiter
    from ._workers.broker import make_broker
    from ._workers.worker import Worker
    from .campaign import ClusterCampaign
    from .presence import list_workers

__all__ = [
    "ClusterCampaign",
    "LimiterStats",
    "RedisRateLimiter",
    "Worker",
    "list_workers",
    "make_broker",
]

# The public names by module: each module needs a different part of the extra.
_MODULES: Final = {
    "ClusterCampaign": "campaign",
    "LimiterStats": "_redis_limiter.limiter",
    "RedisRateLimiter": "_redis_limiter.limiter",
    "Worker": "_workers.worker",
    "list_workers": "presence",
    "make_broker": "_workers.broker",
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{module}"), name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "tim_async":
            raise
        text = f'tim_async.cluster.{name} needs {missing}: pip install "tim-async[cluster]"'
    raise ModuleNotFoundError(text, name=missing)
