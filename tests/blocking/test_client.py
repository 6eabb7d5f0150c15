"""The blocking client as users have it: what a call does, shares, raises and gives up."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tests.blocking.interruption import Interruption, after
from tests.blocking.test_process import client_of, threads
from tests.clock import worst_window
from tests.scripted import OK, SECRET_KEY, refusal
from tim_async import (
    ApiError,
    BodyTooLargeError,
    ConnectError,
    LocalRateLimiter,
    Rate,
    RateLimitedError,
    ReplyTimeoutError,
    RetryPolicy,
    SendMsg,
    Settings,
    TextElem,
    UsageError,
    WaitTooLongError,
    blocking,
    may_have_been_delivered,
)
from tim_async import TimClient as AsyncClient
from tim_async.blocking import TimClient
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.testing import FakePool, Sent

HI = [TextElem(text="你好 👋")]
SEND = "openim/sendmsg"


def test_call_of_every_form_reaches_the_service(client: TimClient, emulator: Emulator) -> None:
    with client:
        sent = client.c2c.send(from_account="alice", to_account="bob", msg_body=HI)
        again = client.call(C2C.send, SendMsg(from_account="alice", to_account="bob", msg_body=HI))
        raw = client.request(
            SEND, {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "x"}}]}
        )
        assert client.warm_up(3) == 3
        assert len({sent.msg_key, again.msg_key, raw["MsgKey"]}) == 3
        assert client.stats()[SEND].succeeded == 3
    assert [message.msg_body for message in emulator.history("alice", "bob")] == [HI, HI]
    assert client.stats()[SEND].succeeded == 3
    with pytest.raises(UsageError, match="the client is closed"):
        client.c2c.send(to_account="bob", msg_body=HI)


def test_client_has_what_the_asynchronous_one_has() -> None:
    """With the same parameters; what it hands out for use in the package is left out."""
    inside = {"with_lease", "count_calls", "replace_pool", "call"}
    for name, member in inspect.getmembers(AsyncClient):
        if name.startswith("_") or name in inside:
            continue
        own = inspect.getattr_static(TimClient, name)
        assert inspect.getdoc(own), name
        if inspect.isfunction(member):
            theirs = inspect.signature(member)
            mine = inspect.signature(inspect.unwrap(getattr(TimClient, name)))
            assert list(mine.parameters.values()) == list(theirs.parameters.values()), name
    assert inspect.signature(TimClient) == inspect.signature(AsyncClient)


def test_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_SDK_APP_ID", "1400000001")
    monkeypatch.setenv("TIM_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("TIM_REGION", "singapore")
    client = TimClient.from_env(pool_size=7)
    assert (client.sdk_app_id, client.identifier, client.settings.pool_size) == (1400000001, "administrator", 7)
    assert client.base_url == AsyncClient.from_env().base_url
    assert client.secret_key == SECRET_KEY
    monkeypatch.delenv("TIM_SECRET_KEY")
    with pytest.raises(UsageError, match="TIM_SECRET_KEY is not set"):
        TimClient.from_env()


def test_key_shows_nowhere() -> None:
    client = client_of()
    assert repr(client) == "<blocking TimClient of app 1400000000 as 'administrator', open>"
    assert SECRET_KEY not in repr([client, client.secret_key, vars(client)])
    with pytest.raises(UsageError) as caught:
        TimClient(-1, SECRET_KEY)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    assert SECRET_KEY not in repr([frame.f_locals for frame in frames])
    assert repr(object.__new__(TimClient)) == "<blocking TimClient, not made>"


def test_view_shares_the_client_and_has_options_of_its_own() -> None:
    with client_of() as client:
        view = client.with_options(timeout=1.5, extra={"Extra": 1}, priority="background")
        view.c2c.send(to_account="bob", msg_body=HI)
        client.c2c.send(to_account="bob", msg_body=HI)
        pool = client.pool
        assert isinstance(pool, FakePool)
        assert [(sent.timeout, sent.fields.get("Extra")) for sent in pool.sent] == [(1.5, 1), (10.0, None)]
        assert view.stats()[SEND].calls == 2
        assert view.limiter is client.limiter
        assert view.limits_of(C2C.send) == client.limits_of(C2C.send)
        assert client.with_options(retry=RetryPolicy.off()).settings == client.settings
        with pytest.raises(UsageError, match="timeout"):
            client.with_options(timeout=-1)


# As if it were direct


def test_error_is_the_asynchronous_ones_with_all_its_facts() -> None:
    with client_of(refusal(90012, "no such account"), settings=Settings(retry=RetryPolicy.off())) as client:
        with pytest.raises(ApiError) as caught:
            client.c2c.send(to_account="bob", msg_body=HI)
        error = caught.value
        assert (error.code, error.command, error.attempts) == (90012, SEND, 1)
        assert isinstance(error.request, SendMsg)
        assert error.request.msg_random is not None
        assert (error.__cause__, error.__context__) == (None, None)
        names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert names[0] == "test_error_is_the_asynchronous_ones_with_all_its_facts"
        assert "_check_reply" in names


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "msg_body"),
        ({"to_acount": "bob", "msg_body": HI}, "to_acount"),
        ({"to_account": 7, "msg_body": HI}, None),
    ],
)
def test_wrong_fields_are_refused_before_anything_starts(wrong: dict[str, Any], field: str | None) -> None:
    client = client_of()
    with pytest.raises(UsageError) as caught:
        client.c2c.send(**wrong)
    assert field is None or caught.value.field == field
    client.close()


def test_request_over_the_limit_is_refused() -> None:
    with client_of() as client, pytest.raises(BodyTooLargeError):
        client.c2c.send_text("bob", "x" * 9000)


def test_deadline_holds_while_a_call_waits_for_its_turn() -> None:
    with client_of(rate_limits={SEND: Rate(1, 30)}) as client:
        client.c2c.send(to_account="bob", msg_body=HI)
        began = time.monotonic()
        with pytest.raises(WaitTooLongError):
            client.with_options(deadline=0.05).c2c.send(to_account="bob", msg_body=HI)
        assert time.monotonic() - began < 5


def test_timeout_holds_while_an_answer_is_awaited(make_client: Callable[..., TimClient], emulator: Emulator) -> None:
    emulator.faults.delay(60)
    client = make_client(timeout=0.5, retry=RetryPolicy.off())
    with pytest.raises(ReplyTimeoutError) as caught:
        client.c2c.send(to_account="bob", msg_body=HI)
    assert caught.value.maybe_delivered


def test_host_that_is_not_there_is_the_callers_error() -> None:
    client = TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", retry=RetryPolicy.off())
    with pytest.raises(ConnectError):
        client.c2c.send(to_account="bob", msg_body=HI)
    client.close()
    assert threads() == 0


# The limits


class Recording(LocalRateLimiter):
    """Notes when it grants."""

    def __init__(self) -> None:
        super().__init__()
        self.granted: list[float] = []

    async def acquire(self, claim: Any, slot: Any) -> None:
        await super().acquire(claim, slot)
        self.granted.append(claim.granted_at)


def test_threads_share_one_cap_and_use_it() -> None:
    """400 a second, in windows of a quarter; the same with 64 threads and the real limit: benchmarks/."""
    limiter = Recording()
    together = threading.Barrier(24)

    def work() -> None:
        together.wait()
        for _ in range(25):
            client.c2c.send(to_account="bob", msg_body=HI)

    callers = [threading.Thread(target=work) for _ in range(24)]
    with client_of(limiter=limiter, rate_limits={SEND: Rate(100, 0.25)}) as client:
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
        assert len(limiter.granted) == 600
        assert worst_window(limiter.granted, 0.25) <= 100
        assert client.stats()[SEND].succeeded == 600


def test_clients_that_share_a_limiter_share_its_cap() -> None:
    limiter = LocalRateLimiter()
    limits = {SEND: Rate(1, 600)}
    with client_of(limiter=limiter, rate_limits=limits) as one, client_of(limiter=limiter, rate_limits=limits) as other:
        one.c2c.send(to_account="bob", msg_body=HI)
        with pytest.raises(WaitTooLongError):
            other.with_options(deadline=1).c2c.send(to_account="bob", msg_body=HI)


def test_interrupted_caller_frees_its_turn(interrupt: Callable[[], None]) -> None:
    """What would have been its turn is the next one's, and nothing was sent."""
    with client_of(rate_limits={SEND: Rate(1, 0.4)}) as client:
        client.c2c.send(to_account="bob", msg_body=HI)
        waits = threading.Event()

        def watch() -> None:
            while not client.stats()[SEND].waiting:
                time.sleep(0.001)
            waits.set()

        watcher, interrupter = threading.Thread(target=watch), after(waits, interrupt)
        watcher.start()
        with pytest.raises(Interruption) as caught:
            client.c2c.send(to_account="carol", msg_body=HI)
        assert not may_have_been_delivered(caught.value)
        assert "cannot have taken effect" in caught.value.__notes__[0]
        assert (client.stats()[SEND].waiting, client.stats()[SEND].cancelled) == (0, 1)
        client.c2c.send(to_account="dave", msg_body=HI)
        watcher.join()
        interrupter.join()
        pool = client.pool
        assert isinstance(pool, FakePool)
        assert [sent.fields["To_Account"] for sent in pool.sent] == ["bob", "dave"]


def test_interruption_while_the_answer_is_awaited_says_that_it_may_have_been_delivered(
    interrupt: Callable[[], None],
) -> None:
    is_sent = threading.Event()

    async def never(_: Sent) -> bytes:
        is_sent.set()
        await asyncio.Event().wait()
        return OK

    pool = FakePool(never)
    with TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", pool=pool) as client:
        interrupter = after(is_sent, interrupt)
        with pytest.raises(Interruption) as caught:
            client.c2c.send(to_account="bob", msg_body=HI)
        assert may_have_been_delivered(caught.value)
        interrupter.join()


def test_closing_ends_the_calls_of_other_threads() -> None:
    client = client_of(rate_limits={SEND: Rate(1, 600)})
    client.c2c.send(to_account="bob", msg_body=HI)
    errors: list[Exception] = []

    def work() -> None:
        try:
            client.c2c.send(to_account="bob", msg_body=HI)
        except UsageError as error:
            errors.append(error)

    callers = [threading.Thread(target=work) for _ in range(64)]
    for thread in callers:
        thread.start()
    while client.stats()[SEND].waiting < 64:
        time.sleep(0.001)
    client.close()
    for thread in callers:
        thread.join(10)
    assert [str(error) for error in errors] == [f"{SEND}: the client is closed"] * 64
    assert threads() == 0


# Where it must not be used


async def test_call_in_an_event_loop_names_the_asynchronous_client() -> None:
    client = client_of()
    for call in (client.open, lambda: client.c2c.send(to_account="bob", msg_body=HI), client.close):
        with pytest.raises(UsageError, match=r"use tim_async\.TimClient there"):
            call()
    assert threads() == 0
    await asyncio.to_thread(client.c2c.send, to_account="bob", msg_body=HI)
    await asyncio.to_thread(client.close)


def test_call_by_what_runs_in_the_loop_is_refused_and_does_not_hang() -> None:
    async def provider(identifier: str) -> str:
        client.c2c.send(to_account="bob", msg_body=HI)
        return "never"

    client = client_of(user_sig_provider=provider, retry=RetryPolicy.off())
    with pytest.raises(UsageError, match="a call would wait for itself"):
        client.c2c.send(to_account="bob", msg_body=HI)
    client.close()


def test_error_of_the_wrong_loop_names_the_blocking_client() -> None:
    client = AsyncClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", retry=RetryPolicy.off())

    async def main() -> None:
        client.open()
        with pytest.raises(UsageError, match=r"tim_async\.blocking\.TimClient.*shared by threads"):
            await asyncio.to_thread(asyncio.run, client.c2c.send(to_account="bob", msg_body=HI))
        await client.close()

    asyncio.run(main())


def test_refusals_of_the_service_slow_all_threads() -> None:
    with client_of(refusal(60007), OK, retry=RetryPolicy.off()) as client:
        with pytest.raises(RateLimitedError):
            client.c2c.send(to_account="bob", msg_body=HI)
        client.c2c.send(to_account="bob", msg_body=HI)


def test_nothing_is_left_of_a_client_that_is_closed() -> None:
    before = len([each for each in gc.get_objects() if isinstance(each, asyncio.AbstractEventLoop)])
    for _ in range(3):
        with client_of() as client:
            client.c2c.send(to_account="bob", msg_body=HI)
        del client
    gc.collect()
    left = [each for each in gc.get_objects() if isinstance(each, asyncio.AbstractEventLoop)]
    assert len(left) <= before


def test_module_is_where_the_documentation_says() -> None:
    assert blocking.TimClient is TimClient
