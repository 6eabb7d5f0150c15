"""The client's UserSig: kept, renewed ahead of its end by one task at a time, from the key or from a provider."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from tests import clock
from tests.scripted import SECRET_KEY
from tim_async import UsageError, UserSigError
from tim_async._core.config import Credentials, UserSigProvider
from tim_async._core.user_sig_cache import UserSigCache
from tim_async.usersig import generate_user_sig, read_user_sig, verify_user_sig

APP = 1400000000
DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def cache(
    now: Clock, provider: UserSigProvider | None = None, *, key: str | None = SECRET_KEY, timeout: float = 10
) -> UserSigCache:
    credentials = Credentials(APP, None if provider else key, "administrator")
    return UserSigCache(credentials, lifetime_s=10 * DAY, provider=provider, timeout=timeout, clock=now)


class Provider:
    """Signs as a key holder elsewhere would; counts how often it was asked, and how many at a time."""

    def __init__(self, now: Clock, lifetime_s: int = 1000) -> None:
        self.now = now
        self.lifetime_s = lifetime_s
        self.asked = self.inside = self.most = 0
        self.error: Exception | None = None
        self.answer: object = None

    async def __call__(self, identifier: str) -> str:
        self.asked += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.5)
        self.inside -= 1
        if self.error is not None:
            raise self.error
        if self.answer is not None:
            return self.answer  # type: ignore[return-value]
        return generate_user_sig(APP, SECRET_KEY, identifier, self.lifetime_s, now=int(self.now()))


def test_key_signs_without_waiting_and_the_signature_is_kept() -> None:
    now = Clock()
    auth = cache(now)
    first = auth.peek()
    assert first is not None
    assert verify_user_sig(first, APP, SECRET_KEY, "administrator", now=now.now).expire == 10 * DAY
    now.now += 7 * DAY
    assert auth.peek() is first


def test_key_renews_ahead_of_the_end() -> None:
    now = Clock()
    auth = cache(now)
    first = auth.peek()
    now.now += 8 * DAY + 1
    second = auth.peek()
    assert second is not None
    assert second != first
    assert read_user_sig(second).time == int(now.now)


def test_clock_that_jumps_back_does_no_harm() -> None:
    now = Clock()
    auth = cache(now)
    first = auth.peek()
    now.now -= 30 * DAY
    assert auth.peek() is first


def test_user_sig_does_not_show_itself() -> None:
    assert repr(cache(Clock()).peek()) == "<hidden>"


def test_crowd_shares_one_request_to_the_provider() -> None:
    now = Clock()
    provider = Provider(now)
    auth = cache(now, provider)

    async def main() -> set[str]:
        return {str(each) for each in await asyncio.gather(*(auth.get() for _ in range(1000)))}

    assert len(clock.run(main())) == 1
    assert provider.asked == 1


def test_provider_is_asked_ahead_of_the_end_and_no_one_waits() -> None:
    now = Clock()
    provider = Provider(now)
    auth = cache(now, provider)

    async def main() -> None:
        first = await auth.get()
        now.now += 801
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert set(await asyncio.gather(*(auth.get() for _ in range(50)))) == {first}
        assert loop.time() == start
        await asyncio.sleep(1)
        assert await auth.get() != first

    clock.run(main())
    assert (provider.asked, provider.most) == (2, 1)


def test_failing_renewal_keeps_the_old_one_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    now = Clock()
    provider = Provider(now)
    auth = cache(now, provider)

    async def main() -> None:
        first = await auth.get()
        now.now += 801
        provider.error = OSError("the key server is down")
        for _ in range(10):
            assert await auth.get() == first
            await asyncio.sleep(1)
        assert provider.asked == 2  # asked once, and not again at every call
        now.now += 6
        assert await auth.get() == first
        await asyncio.sleep(1)
        assert provider.asked == 3
        now.now += 1000  # it has run out: now the failure is the caller's
        with pytest.raises(OSError, match="key server"):
            await auth.get()

    with caplog.at_level(logging.WARNING, "tim_async"):
        clock.run(main())
    assert caplog.messages.count("could not renew the UserSig (OSError); the old one is used until it expires") >= 2


def test_cancelled_caller_does_not_end_the_request_of_the_others() -> None:
    now = Clock()
    auth = cache(now, Provider(now))

    async def main() -> None:
        first, second = asyncio.create_task(auth.get()), asyncio.create_task(auth.get())
        await asyncio.sleep(0.1)
        first.cancel()
        assert await second
        assert first.cancelled()

    clock.run(main())


def test_each_waiting_caller_gets_an_error_of_its_own() -> None:
    now = Clock()
    provider = Provider(now)
    provider.answer = "garbage"
    auth = cache(now, provider)

    async def main() -> list[BaseException]:
        return await asyncio.gather(*(auth.get() for _ in range(3)), return_exceptions=True)  # type: ignore[return-value]

    errors = clock.run(main())
    assert {type(error) for error in errors} == {UserSigError}
    assert len({id(error) for error in errors}) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param("garbage", 70003, id="malformed"),
        pytest.param(generate_user_sig(7, SECRET_KEY, "administrator", now=1_700_000_000), 70014, id="other app"),
        pytest.param(generate_user_sig(APP, SECRET_KEY, "bob", now=1_700_000_000), 70013, id="other account"),
        pytest.param(generate_user_sig(APP, SECRET_KEY, "administrator", 9, now=1_600_000_000), 70001, id="expired"),
    ],
)
def test_provider_that_answers_nonsense_is_found_out(answer: str, code: int) -> None:
    now = Clock()
    auth = cache(now, lambda _: answer)

    async def main() -> None:
        with pytest.raises(UserSigError) as caught:
            await auth.get()
        assert caught.value.code == code
        assert answer not in str(caught.value)

    clock.run(main())


def test_provider_that_returns_no_text_is_a_usage_error() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="must return text, not 5") as caught:
            await cache(Clock(), lambda _: 5).get()  # type: ignore[arg-type, return-value]
        assert caught.value.field == "user_sig_provider"

    clock.run(main())


def test_provider_that_hangs_is_given_up() -> None:
    async def hang(_: str) -> str:
        await asyncio.sleep(1000)
        raise AssertionError("given up long before")

    async def main() -> None:
        with pytest.raises(UsageError, match=r"did not return within 3 s"):
            await cache(Clock(), hang, timeout=3).get()

    clock.run(main())


def test_timeout_of_the_provider_itself_comes_through() -> None:
    async def gives_up(_: str) -> str:
        raise TimeoutError("the key server did not answer")

    async def main() -> None:
        with pytest.raises(TimeoutError, match="key server"):
            await cache(Clock(), gives_up).get()

    clock.run(main())


def test_closing_ends_a_renewal_under_way() -> None:
    now = Clock()
    auth = cache(now, Provider(now))

    async def main() -> None:
        task = asyncio.create_task(auth.get())
        await asyncio.sleep(0.1)
        await auth.close()
        with pytest.raises(UsageError, match="closed while the call waited"):
            await task  # it was not cancelled, so it gets the error
        assert len(asyncio.all_tasks()) == 1

    clock.run(main())


def test_refused_user_sig_is_forgotten_but_not_its_successor() -> None:
    now = Clock()
    auth = cache(now)
    first = auth.peek()
    assert first is not None
    auth.forget("another")
    assert auth.peek() is first
    auth.forget(first)
    now.now += 1
    assert auth.peek() != first


def test_the_real_clock_is_the_default() -> None:
    credentials = Credentials(APP, SECRET_KEY, "administrator")
    user_sig = UserSigCache(credentials, lifetime_s=DAY, provider=None, timeout=1).peek()
    assert user_sig is not None
    assert abs(read_user_sig(user_sig).time - time.time()) < 5
