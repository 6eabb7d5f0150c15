"""A client in front of the emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from typing import TypeVar

import pytest

from tim_async import ApiError, ReplyDecodeError, TimClient
from tim_async.emulator import Emulator

T = TypeVar("T")


class Clock:
    """Unix seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def emulator_clock() -> Clock:
    return Clock()


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.add_accounts("alice", "bob")
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[TimClient]:
    async with client_of(emulator) as client:
        yield client


@pytest.fixture
async def timed_emulator(emulator_clock: Clock) -> AsyncIterator[Emulator]:
    """An emulator that uses the test's clock, with limits that are never reached."""
    async with Emulator(clock=emulator_clock, rate_limits={"*": 100_000}) as emulator:
        emulator.add_accounts("alice", "bob", "carol", "dave", "eve", "robot")
        yield emulator


@pytest.fixture
async def timed_client(timed_emulator: Emulator) -> AsyncIterator[TimClient]:
    slow = {"group_open_http_svc/get_appid_group_list": 100_000}
    async with client_of(timed_emulator, user_sig_provider=sign, rate_limits=slow) as client:
        yield client


def client_of(emulator: Emulator, **options: object) -> TimClient:
    """Make a client for an emulator."""
    from tim_async.emulator import DEFAULT_SECRET_KEY

    return TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, **options)  # type: ignore[arg-type]


def sign(identifier: str) -> str:
    """Return a UserSig of the emulator's app that is valid while the test's clock is near where it starts."""
    from tim_async.emulator import DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY
    from tim_async.usersig import generate_user_sig

    return generate_user_sig(DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, identifier, 86_400 * 3650, now=1_799_000_000)


async def refused(call: Coroutine[None, None, object], cls: type[ApiError], code: int) -> None:
    """Await a call that the service refuses: with this class, no other, and this code; it had no effect."""
    with pytest.raises(cls) as caught:
        await call
    assert (type(caught.value), caught.value.code) == (cls, code)
    assert not caught.value.maybe_delivered


async def read_until_stuck(walk: AsyncIterator[T]) -> list[T]:
    """Return what an iterator yields before it detects that the answers lead back to an earlier page."""
    read: list[T] = []

    async def read_all() -> None:
        async for each in walk:
            read.append(each)  # noqa: PERF401 - what was read before the error counts

    with pytest.raises(ReplyDecodeError, match="the answer says that there is more, but"):
        await read_all()
    return read
