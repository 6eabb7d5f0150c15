"""The redis-py client: created from a URL, or borrowed from the caller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ...errors import UsageError
from .redis_link import ScriptClient

_PROBLEM = "url must look like redis://host:6379/0, rediss://... or unix:///path, or be an asyncio client of redis-py"


class _BorrowedClient:
    """A client that belongs to the caller: used, but not closed."""

    def __init__(self, client: Redis | RedisCluster) -> None:
        self.evalsha = client.evalsha
        self.eval = client.eval
        self.ping: Callable[[], Awaitable[object]] = client.ping

    async def aclose(self) -> None:
        """Leave it open."""


def connect(target: str | Redis | RedisCluster, *, timeout: float) -> ScriptClient:
    """Return a client for a URL, or a wrapper around the given client."""
    if not isinstance(target, str):
        return _BorrowedClient(target)
    # No retries in redis-py: a request sent twice reserves twice. RedisLink retries where it is safe.
    client: ScriptClient = Redis.from_url(
        target, retry=Retry(NoBackoff(), 0), socket_timeout=timeout, socket_connect_timeout=timeout
    )
    return client


def name_of(target: str | Redis | RedisCluster) -> str:
    """Return a name of the server for messages, without the password.

    Raises:
        UsageError: the target is neither a URL of Redis nor a client.
    """
    if isinstance(target, Redis | RedisCluster):
        return f"the given {type(target).__name__} client"
    if not isinstance(target, str):
        raise UsageError(_PROBLEM, field="url")
    try:
        parts = urlsplit(target)
        Redis.from_url(target)
        name = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        name = ""
    if not name:
        raise UsageError(_PROBLEM, field="url")  # outside the handler: the original error may contain the password
    return f"Redis at {name}"
