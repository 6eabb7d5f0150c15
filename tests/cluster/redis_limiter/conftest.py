"""A connection for the tests of the script, whose keys are removed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.services import REDIS_URL, need_port

if TYPE_CHECKING:
    from redis import Redis


@pytest.fixture(scope="module")
def connection() -> Iterator[Redis]:
    from redis import Redis

    redis = Redis.from_url(need_port(REDIS_URL, "Redis"))
    yield redis
    redis.close()


@pytest.fixture
def redis(connection: Redis) -> Iterator[Redis]:
    from tests.cluster.redis_limiter.script import forget

    forget(connection)
    yield connection
    forget(connection)
