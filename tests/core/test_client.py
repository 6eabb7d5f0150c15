"""The way of one call, over a scripted pool and a clock that jumps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from tests import clock
from tests.scripted import OK, SECRET_KEY, refusal, scripted
from tim_async import (
    TRANSIENT_CODES,
    ApiError,
    AuthError,
    BodyTooLargeError,
    Claim,
    ClientStats,
    ConnectError,
    ConnectionLostError,
    InvalidRequestError,
    LocalRateLimiter,
    Rate,
    RateLimitedError,
    Region,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    ServiceBusyError,
    Settings,
    TextElem,
    TimClient,
    TimError,
    UsageError,
    WaitTooLongError,
    endpoints,
    may_have_been_delivered,
)
from tim_async._core.config import SETTING_NAMES, SettingsOptions
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg, SendMsgResult
from tim_async.testing import FakePool, Sent

HI = [TextElem(text="hi")]


def call(client: TimClient, **changes: Any) -> Awaitable[Any]:
    return client.c2c.send(**{"to_account": "bob", "msg_body": HI, **changes})


def failing(client: TimClient) -> Awaitable[TimError]:
    """Call and return the error."""

    async def caught() -> TimError:
        with pytest.raises(TimError) as info:
            await call(client)
        return info.value

    return caught()


def test_call_returns_the_result_and_sends_what_the_documents_show() -> None:
    client, pool = scripted()
    result = clock.run(call(client, msg_seq=1, msg_random=2))
    assert (result.msg_time, result.msg_key) == (1572870301, "89541_2574206_1572870301")
    (sent,) = pool.sent
    assert sent.command == "openim/sendmsg"
    assert sent.body == (
        b'{"MsgSeq":1,"MsgRandom":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],'
        b'"To_Account":"bob"}'
    )
    assert {**sent.query, "usersig": "", "random": ""} == {
        "sdkappid": "1400000000",
        "identifier": "administrator",
        "contenttype": "json",
        "usersig": "",
        "random": "",
    }
    assert 0 <= int(sent.query["random"]) <= 0xFFFF_FFFF


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_transient_code_is_repeated_with_the_same_bytes_and_a_new_random(code: int) -> None:
    client, pool = scripted(code, code, code, OK)
    clock.run(call(client))
    assert len(pool.sent) == 4
    assert len({sent.body for sent in pool.sent}) == 1
    assert len({sent.query["random"] for sent in pool.sent}) == 4
    stats = client.stats()["openim/sendmsg"]
    assert (stats.calls, stats.attempts, stats.retries, stats.succeeded) == (1, 4, 3, 1)
    assert stats.errors == {str(code): 3}


@pytest.mark.parametrize(
    "answer",
    [
        *(20001, 20002, 20003, 20006, 20018, 60003, 60007, 60008, 60010, 60014, 70001, 70009, 70169, 70500, 80001),
        *(90001, 90003, 90005, 90007, 90009, 90010, 90012, 90026, 90048, 90994, 90995, 93000, 4711, -5),
        ReplyTimeoutError("late", timeout=10),
        ConnectionLostError("lost"),
        ConnectError("refused"),
        ReplyDecodeError("502", status=502),
        pytest.param(b"<html>", id="garbage"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"ActionStatus":"OK"}', id="no code"),
        pytest.param(b'{"ErrorCode":"x"}', id="code is text"),
        pytest.param(b'{"ErrorCode":0,', id="truncated"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_nothing_else_is_repeated(answer: Any) -> None:
    client, pool = scripted(answer)
    error = clock.run(failing(client))
    assert len(pool.sent) == 1
    assert error.attempts == 1
    assert error.command == "openim/sendmsg"
    if isinstance(answer, int):
        assert isinstance(error, ApiError)
        assert error.code == answer
    else:
        assert isinstance(error, type(answer) if isinstance(answer, TimError) else ReplyDecodeError)


@pytest.mark.parametrize(
    ("code", "cls", "maybe"),
    [
        (20003, InvalidRequestError, False),
        (70009, AuthError, False),
        (60007, RateLimitedError, False),
        (20006, ApiError, False),
        (91000, ServiceBusyError, True),
    ],
)
def test_code_becomes_the_class_that_says_what_to_do(code: int, cls: type[ApiError], maybe: bool) -> None:
    client, _ = scripted(refusal(code, "说明 info"), retry=RetryPolicy.off())
    error = clock.run(failing(client))
    assert type(error) is cls
    assert error.info == "说明 info"
    assert error.maybe_delivered is maybe
    assert str(code) in str(error)
    assert "openim/sendmsg" in str(error)


def test_later_refusal_does_not_hide_that_an_earlier_attempt_may_have_been_delivered() -> None:
    client, _ = scripted(20005, 60010)
    error = clock.run(failing(client))
    assert isinstance(error, AuthError)
    assert error.attempts == 2
    assert error.maybe_delivered


def test_error_holds_the_request_as_sent_for_a_repeat_with_the_same_identity() -> None:
    client, pool = scripted(ReplyTimeoutError("late", timeout=10), OK)

    async def main() -> None:
        with pytest.raises(ReplyTimeoutError) as caught:
            await call(client)
        assert caught.value.maybe_delivered
        await client.call(C2C.send, caught.value.request)

    clock.run(main())
    assert pool.sent[0].body == pool.sent[1].body


def test_request_of_a_raw_call_is_sent_again_as_it_is_and_read_as_the_endpoint_says() -> None:
    client, pool = scripted(ReplyTimeoutError("late", timeout=10), OK)

    async def main() -> object:
        with pytest.raises(ReplyTimeoutError) as caught:
            await client.request("openim/sendmsg", {"To_Account": "bob", "MsgBody": [], "NewField": 1})
        return await client.call(C2C.send, caught.value.request)

    assert clock.run(main()) == SendMsgResult(msg_time=1572870301, msg_key="89541_2574206_1572870301")
    assert pool.sent[0].body == pool.sent[1].body
    assert b'"NewField":1' in pool.sent[1].body


def test_error_outside_of_a_call_has_no_request() -> None:
    first, second = TimError("x"), TimError("y")
    assert first.request == {}
    assert first.request is not second.request


def test_ready_request_is_not_changed_and_gets_a_new_identity_each_time() -> None:
    client, pool = scripted()
    request = SendMsg(to_account="bob", msg_body=HI)

    async def main() -> None:
        await client.call(C2C.send, request)
        await client.call(C2C.send, request)

    clock.run(main())
    assert request == SendMsg(to_account="bob", msg_body=HI)
    first, second = (sent.fields for sent in pool.sent)
    assert first["MsgSeq"] < second["MsgSeq"]
    assert (first["MsgSeq"], first["MsgRandom"]) != (second["MsgSeq"], second["MsgRandom"])


def test_every_attempt_takes_a_token() -> None:
    client, pool = scripted(*[20004, 20004, 20004, OK] * 100, retry=RetryPolicy(base=0.001, max_elapsed=1000))

    async def main() -> None:
        await asyncio.gather(*(call(client) for _ in range(300)), return_exceptions=True)

    clock.run(main())
    assert len(pool.sent) > 390
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200


def test_max_elapsed_counts_from_the_first_attempt() -> None:
    """The wait for the first turn does not count, and the last attempt begins inside of max_elapsed."""
    policy = RetryPolicy(base=0.7, factor=1, cap=0.7, max_attempts=1000, max_elapsed=3)
    client, pool = scripted(91000, retry=policy)

    async def main() -> float:
        await use_up(client)
        await failing(client)
        return asyncio.get_running_loop().time()

    ended = clock.run(main())
    first = pool.sent[0].at
    assert first == pytest.approx(1001.05)
    assert all(sent.at - first <= 3 for sent in pool.sent)
    assert len(pool.sent) > 4
    assert ended - first <= 3.0


class _Slot:
    """A slot that is always there."""

    def take_nowait(self) -> bool:
        return True

    async def take(self) -> None: ...

    def release(self) -> None: ...


async def use_up(client: TimClient) -> None:
    """Use up the limit of this second: the next call waits until the second is over."""
    for _ in range(200):
        await client._state.limiter.acquire(_claim(client), _Slot())


def _claim(client: TimClient) -> Claim:
    costs = client._state.costs("openim/sendmsg", C2C.send, None)
    return Claim(app=client.sdk_app_id, command="openim/sendmsg", costs=costs, priority="interactive", order=0)


def test_deadline_is_refused_before_waiting_when_the_turn_would_come_later() -> None:
    client, pool = scripted()

    async def main() -> tuple[WaitTooLongError, float]:
        crowd = [asyncio.create_task(call(client)) for _ in range(400)]
        await asyncio.sleep(0)
        start = asyncio.get_running_loop().time()
        with pytest.raises(WaitTooLongError) as caught:
            await call(client.with_options(deadline=1.5))
        waited = asyncio.get_running_loop().time() - start
        await asyncio.gather(*crowd)
        return caught.value, waited

    error, waited = clock.run(main())
    assert waited == 0
    assert error.wait == pytest.approx(1.05 + 200 / 198.5, abs=0.02)
    assert (error.attempts, error.maybe_delivered, error.command) == (0, False, "openim/sendmsg")
    assert len(pool.sent) == 400


def test_deadline_that_passes_while_waiting_ends_the_call_to_the_millisecond() -> None:
    client, pool = scripted()
    pool.size = 0  # the pool is full and stays so

    async def main() -> float:
        start = asyncio.get_running_loop().time()
        with pytest.raises(WaitTooLongError) as caught:
            await call(client.with_options(deadline=2.5))
        assert caught.value.wait is None
        return asyncio.get_running_loop().time() - start

    assert clock.run(main()) == pytest.approx(2.5, abs=0.001)


def test_deadline_cuts_the_timeout_of_the_attempt() -> None:
    client, pool = scripted(20004, OK)
    clock.run(call(client.with_options(deadline=3)))
    assert pool.sent[0].timeout == pytest.approx(3)
    assert pool.sent[1].timeout < 3
    assert pool.sent[1].timeout == pytest.approx(3 - (pool.sent[1].at - pool.sent[0].at), abs=0.001)


def test_attempt_whose_turn_comes_after_the_deadline_is_not_sent() -> None:
    """The loop was held up while the backoff ran: the deadline has passed when the repeat gets its turn."""
    client, pool = scripted(91000, OK, retry=RetryPolicy(base=0.1, cap=0.1, factor=1))

    async def main() -> TimError:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(failing(client.with_options(deadline=0.5, timeout=0.4)))
        await asyncio.sleep(0)
        loop.now += 1  # type: ignore[attr-defined]
        return await task

    error = clock.run(main())
    assert isinstance(error, ServiceBusyError)
    assert len(pool.sent) == 1
    assert all(sent.timeout > 0 for sent in pool.sent)


def test_limiter_that_grants_too_late_sends_nothing() -> None:
    class Late(LocalRateLimiter):
        async def acquire(self, claim: Any, slot: Any) -> None:
            await super().acquire(claim, slot)
            asyncio.get_running_loop().now += 10  # type: ignore[attr-defined]

    client, pool = scripted(limiter=Late())

    async def main() -> None:
        with pytest.raises(WaitTooLongError):
            await call(client.with_options(deadline=5))

    clock.run(main())
    assert pool.sent == []
    assert pool.busy == 0


def test_no_repeat_is_begun_that_the_deadline_would_cut_off() -> None:
    client, pool = scripted(91000, retry=RetryPolicy(base=1.0, factor=1, cap=1.0, max_attempts=1000))

    async def main() -> tuple[TimError, float]:
        start = asyncio.get_running_loop().time()
        error = await failing(client.with_options(deadline=5))
        return error, asyncio.get_running_loop().time() - start

    error, took = clock.run(main())
    assert isinstance(error, ServiceBusyError)
    assert took < 5
    assert len(pool.sent) >= 3


def test_repeat_that_gets_no_turn_in_time_raises_what_made_it_necessary() -> None:
    client, pool = scripted(91000, retry=RetryPolicy(base=0.01, max_elapsed=0.5))

    async def main() -> TimError:
        task = asyncio.create_task(failing(client))
        await asyncio.sleep(0)
        await use_up(client)
        return await task

    error = clock.run(main())
    assert isinstance(error, ServiceBusyError)
    assert error.attempts == 1
    assert len(pool.sent) == 1


def test_repeat_goes_before_calls_that_came_since() -> None:
    client, pool = scripted(20004, OK, retry=RetryPolicy(base=0.0))

    async def main() -> None:
        first = asyncio.create_task(call(client, to_account="first"))
        later = [asyncio.create_task(call(client, to_account=f"later{index}")) for index in range(250)]
        await asyncio.gather(first, *later)

    clock.run(main())
    repeated = [index for index, sent in enumerate(pool.sent) if sent.fields["To_Account"] == "first"]
    assert repeated[0] == 0
    assert repeated[1] <= 201


def test_stats_show_the_rate_in_force_and_what_waits() -> None:
    client, pool = scripted(60007, rate_limits={"openim/sendmsg": [Rate(20), Rate(1000, 60)]})
    seen: list[ClientStats] = [client.stats()]

    async def hang(_: Sent) -> int:
        await asyncio.sleep(1)
        return 0

    pool.answer("some_new_svc/do_it", {}).answer("some_new_svc/wait", hang)

    async def main() -> None:
        left = [asyncio.create_task(call(client)) for _ in range(40)]
        left.append(asyncio.create_task(client.request("some_new_svc/wait")))
        await client.request("some_new_svc/do_it")
        await asyncio.sleep(0.1)
        seen.append(client.stats())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        assert client.stats()["openim/sendmsg"].waiting == 0

    clock.run(main())
    assert dict(seen[0]) == {}
    stats = seen[1]["openim/sendmsg"]
    assert stats.waiting == 40 - stats.errors["60007"] > 0
    assert stats.rate is not None
    assert stats.configured_rate == pytest.approx(1000 / 60, rel=0.1)
    assert 0.3 < stats.rate / stats.configured_rate < 0.8
    other = seen[1]["some_new_svc/do_it"]
    assert other.rate == other.configured_rate == pytest.approx(198.5, abs=0.1)
    assert seen[1].sdk_app_id == 1400000000
    assert seen[1]["some_new_svc/wait"].waiting == 0, "it waits for its answer"
    assert len(seen[1]) == 3
    assert "60007" in repr(seen[1])
    later = client.stats()["openim/sendmsg"]  # where no loop runs, and in another thread
    assert later.configured_rate == stats.configured_rate
    with ThreadPoolExecutor(1) as pool_of_threads:
        assert pool_of_threads.submit(client.stats).result()["openim/sendmsg"] == later


def test_stats_of_the_next_loop_show_the_rates_of_its_limits() -> None:
    client, _ = scripted(OK)
    clock.run(call(client))
    clock.run(call(client))
    stats = client.stats()["openim/sendmsg"]
    assert stats.rate == stats.configured_rate == pytest.approx(198.5, abs=0.1)


def test_too_many_calls_raises_and_holds_up_no_other_call() -> None:
    client, pool = scripted(60007, OK)

    async def main() -> None:
        with pytest.raises(RateLimitedError) as caught:
            await call(client)
        assert caught.value.code == 60007
        await asyncio.gather(*(call(client) for _ in range(5)))

    clock.run(main())
    assert pool.sent[-1].at == pool.sent[0].at, "one refusal holds up no other call"


def test_official_policy_repeats_too_many_calls_after_half_a_second_and_more() -> None:
    client, pool = scripted(60007, 60007, OK, retry=RetryPolicy.official())
    clock.run(call(client))
    first, second, third = (sent.at for sent in pool.sent)
    assert 0.5 <= second - first <= 1.0
    assert 1.0 <= third - second <= 2.0


@pytest.mark.parametrize(
    ("when", "answer", "maybe"),
    [
        pytest.param(0.5, "hang", True, id="while the answer is awaited"),
        pytest.param(0.5, "full", False, id="while the pool is full"),
        pytest.param(0.5, 60007, False, id="while everyone holds back"),
        pytest.param(0.0001, 20004, True, id="between two attempts"),
    ],
)
def test_cancellation_says_whether_the_message_may_have_been_delivered(when: float, answer: Any, maybe: bool) -> None:
    async def hang(_: Sent) -> bytes:
        await asyncio.sleep(1000)
        raise AssertionError("the call was cancelled long before")

    client, pool = scripted(hang if answer == "hang" else 20004, retry=RetryPolicy(base=29, cap=29))
    if answer == "full":
        pool.size = 0

    async def main() -> list[BaseException]:
        if answer == 60007:
            await use_up(client)
        errors: list[BaseException] = []
        with pytest.raises(TimeoutError) as timeout:
            async with asyncio.timeout(when):
                await call(client)
        errors.append(timeout.value)
        task = asyncio.create_task(call(client))
        await asyncio.sleep(when if answer != 60007 else 0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        errors.append(cancelled.value)
        assert "openim/sendmsg was cancelled" in cancelled.value.__notes__[0]
        return errors

    errors = clock.run(main())
    assert [may_have_been_delivered(error) for error in errors] == [maybe, maybe]
    assert pool.busy == 0
    assert client.stats()["openim/sendmsg"].cancelled == 2


def test_cancelled_calls_free_their_places_at_once() -> None:
    client, pool = scripted()

    async def main() -> float:
        crowd = [asyncio.create_task(call(client)) for _ in range(2000)]
        await asyncio.sleep(0.01)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        start = asyncio.get_running_loop().time()
        await call(client)
        return asyncio.get_running_loop().time() - start

    assert clock.run(main()) == pytest.approx(1.04)  # when the first 200 leave the window
    assert pool.busy == 0


def test_body_over_the_limit_takes_no_token_and_no_slot() -> None:
    client, pool = scripted()

    async def main() -> BodyTooLargeError:
        with pytest.raises(BodyTooLargeError) as caught:
            await call(client, msg_body=[TextElem(text="好" * 2800)])
        return caught.value

    error = clock.run(main())
    assert (error.limit, error.field, error.command, error.attempts) == (8192, "MsgBody", "openim/sendmsg", 0)
    assert error.actual > 8192
    assert pool.sent == []
    assert client._state.limiter._buckets == {}
    assert client.stats()["openim/sendmsg"].errors == {"BodyTooLargeError": 1}


def test_body_limit_is_a_setting() -> None:
    client, pool = scripted(body_limit=12_288)
    clock.run(call(client, msg_body=[TextElem(text="好" * 3000)]))
    assert len(pool.sent) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_account": ""}, "to_account"),
        ({"to_account": 5}, "to_account"),
        ({"msg_seq": 2**32}, "msg_seq"),
        ({"msg_body": []}, "msg_body"),
        ({"no_such_field": 1}, "no_such_field"),
    ],
)
def test_bad_input_is_a_usage_error_before_anything_is_spent(changes: dict[str, Any], field: str | None) -> None:
    client, pool = scripted()

    async def main() -> UsageError:
        with pytest.raises(UsageError) as caught:
            await call(client, **changes)
        return caught.value

    error = clock.run(main())
    assert error.field == field
    assert pool.sent == []
    assert client._state.limiter._buckets == {}


def test_wrong_struct_is_a_usage_error() -> None:
    client, _ = scripted()

    async def main() -> None:
        with pytest.raises(UsageError, match="takes a SendMsg"):
            await client.call(C2C.send, endpoints()["openim/admin_getroammsg"].request)  # type: ignore[arg-type]

    clock.run(main())


def test_success_with_an_unreadable_field_says_that_it_was_done() -> None:
    client, _ = scripted(b'{"ErrorCode":0,"MsgTime":{"no":"number"}}')
    error = clock.run(failing(client))
    assert isinstance(error, ReplyDecodeError)
    assert error.maybe_delivered
    assert "the request succeeded" in str(error)


def test_success_with_missing_and_unknown_fields_is_a_success() -> None:
    client, _ = scripted(b'{"ErrorCode":"0","MsgTime":"17","NewField":[1,{"x":2}]}')
    result = clock.run(call(client))
    assert (result.msg_time, result.msg_key, result.msg_id) == (17, "", "")


def test_raw_request_sends_fields_as_given_and_returns_the_whole_answer() -> None:
    client, pool = scripted(b'{"ActionStatus":"OK","ErrorCode":0,"New":{"a":1}}')
    answer = clock.run(client.request("some_new_svc/do_it", {"Any_Field": "x"}))
    assert answer == {"ActionStatus": "OK", "ErrorCode": 0, "New": {"a": 1}}
    assert pool.sent[0].body == b'{"Any_Field":"x"}'


def test_raw_request_without_fields_sends_an_empty_object() -> None:
    client, pool = scripted()
    clock.run(client.request("ConfigSvc/GetIPList"))
    assert pool.sent[0].body == b"{}"


@pytest.mark.parametrize("body", [[1, 2], "abc", 5])
def test_raw_request_takes_a_mapping(body: Any) -> None:
    client, pool = scripted()

    async def main() -> None:
        with pytest.raises(UsageError) as caught:
            await client.request("openim/sendmsg", body)
        assert caught.value.field == "body"

    clock.run(main())
    assert pool.sent == []


def test_call_takes_an_endpoint() -> None:
    client, _ = scripted()

    async def main() -> None:
        with pytest.raises(UsageError) as caught:
            await client.call("openim/sendmsg", {})  # type: ignore[arg-type]
        assert caught.value.field == "endpoint"

    clock.run(main())


@pytest.mark.parametrize("connections", [0, "x", 1.5])
async def test_warm_up_takes_a_number(connections: Any) -> None:
    client, _ = scripted()
    with pytest.raises(UsageError) as caught:
        await client.warm_up(connections)
    assert caught.value.field == "connections"


def test_raw_message_gets_an_identity_that_stays_through_repeats() -> None:
    client, pool = scripted(20004, OK)
    clock.run(client.request("openim/sendmsg", {"To_Account": "bob", "MsgBody": []}))
    assert pool.sent[0].body == pool.sent[1].body
    assert {"MsgSeq", "MsgRandom"} <= set(pool.sent[0].fields)


def test_raw_message_is_held_to_the_size_limit() -> None:
    client, pool = scripted()

    async def main() -> None:
        with pytest.raises(BodyTooLargeError):
            await client.request("openim/sendmsg", {"To_Account": "bob", "X": "x" * 9000})

    clock.run(main())
    assert pool.sent == []


@pytest.mark.parametrize("command", ["", "openim", "openim/send?x=1", "../v4/openim/sendmsg", "a/b/c", "openim/", 7])
def test_command_that_could_not_be_a_path_is_refused(command: Any) -> None:
    client, _ = scripted()

    async def main() -> None:
        with pytest.raises(UsageError) as caught:
            await client.request(command, {})
        assert caught.value.field == "command"

    clock.run(main())


def test_raw_and_typed_calls_share_the_command_limit() -> None:
    client, pool = scripted()

    async def main() -> None:
        await asyncio.gather(
            *(call(client) for _ in range(200)),
            *(client.request("openim/sendmsg", {"To_Account": "bob"}) for _ in range(200)),
        )

    clock.run(main())
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200


def test_rate_limits_raise_and_lower_a_command_and_cap_all_of_them() -> None:
    client, pool = scripted(rate_limits={"openim/sendmsg": 50, "*": 60})

    async def main() -> None:
        await asyncio.gather(
            *(call(client) for _ in range(150)), *(client.request("openim/other", {}) for _ in range(150))
        )

    clock.run(main())
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 60
    assert clock.worst_window([sent.at for sent in pool.sent if sent.command == "openim/sendmsg"]) <= 50


def test_two_clients_of_one_app_share_a_limiter() -> None:
    limiter = LocalRateLimiter()
    first, pool_1 = scripted(limiter=limiter)
    second, pool_2 = scripted(limiter=limiter)

    async def main() -> None:
        await asyncio.gather(*(call(client) for client in (first, second) for _ in range(300)))

    clock.run(main())
    assert clock.worst_window([sent.at for pool in (pool_1, pool_2) for sent in pool.sent]) <= 200


def test_extra_is_merged_into_the_top_level() -> None:
    client, pool = scripted()
    view = client.with_options(extra={"NewField": {"a": [1]}, "MsgLifeTime": 7}).with_options(extra={"Another": "你"})
    clock.run(call(view, msg_life_time=60))
    fields = pool.sent[0].fields
    assert (fields["NewField"], fields["MsgLifeTime"], fields["Another"]) == ({"a": [1]}, 7, "你")
    assert "你".encode() in pool.sent[0].body


def test_views_share_everything_and_change_only_what_they_name() -> None:
    client, _ = scripted(timeout=4, deadline=9)
    view = client.with_options(priority="background")
    assert view._state is client._state
    assert view._options == client._options._replace(priority="background")
    assert client.with_options(deadline=None)._options.deadline is None
    assert client.with_options(timeout=2)._options == client._options._replace(timeout=2)
    assert client.with_options(retry=RetryPolicy.off())._options.retry == RetryPolicy.off()


def test_what_a_client_was_made_with_can_be_read_and_not_set() -> None:
    limiter, pool = LocalRateLimiter(), FakePool()
    client = TimClient(7, "k" * 9, "boss", base_url="http://127.0.0.1:1", limiter=limiter, pool=pool, timeout=3)
    assert (client.sdk_app_id, client.secret_key, client.identifier) == (7, "k" * 9, "boss")
    assert repr(client.secret_key) == "<hidden>"
    assert (client.base_url, client.settings.timeout) == ("http://127.0.0.1:1", 3)
    assert client.limiter is limiter
    assert client.with_options(timeout=1).pool is client.pool is pool
    for name in ("sdk_app_id", "secret_key", "identifier", "base_url", "settings", "limiter", "pool"):
        with pytest.raises(AttributeError):
            setattr(client, name, None)


async def test_open_refuses_a_closed_client() -> None:
    client, _ = scripted()
    client.open()
    await client.close()
    with pytest.raises(UsageError, match="closed"):
        client.open()


def test_close_ends_the_calls_that_wait_and_leaves_those_in_flight_to_the_pool() -> None:
    async def slowly(sent: Sent) -> bytes:
        await asyncio.sleep(0.1)
        return OK

    client, pool = scripted(slowly, rate_limits={"openim/sendmsg": Rate(1, 100)})

    async def main() -> list[object]:
        calls = [asyncio.create_task(call(client)) for _ in range(2)]
        await asyncio.sleep(0.05)
        await client.close()
        return await asyncio.gather(*calls, return_exceptions=True)

    in_flight, waiting = clock.run(main())
    assert type(in_flight).__name__ == "SendMsgResult"
    assert isinstance(waiting, UsageError)
    assert len(pool.sent) == 1


def test_nothing_is_sent_after_the_end_of_a_lease() -> None:
    client, pool = scripted(rate_limits={"openim/sendmsg": Rate(1, 1)})
    ends = 2.5

    async def main() -> list[object]:
        nonlocal ends
        view = client.with_lease(lambda: begun + ends)
        begun = asyncio.get_running_loop().time()
        first = await asyncio.gather(*(call(view) for _ in range(4)), return_exceptions=True)
        ends = 60  # a lease that was renewed counts
        return [*first, await call(view)]

    outcomes = clock.run(main())
    assert [type(each).__name__ for each in outcomes] == ["SendMsgResult"] * 3 + ["WaitTooLongError", "SendMsgResult"]
    assert len(pool.sent) == 4


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"timeout": 0}, "timeout"),
        ({"deadline": -1}, "deadline"),
        ({"priority": "urgent"}, "priority"),
        ({"retry": 5}, "retry"),
        ({"extra": [1]}, "extra"),
    ],
)
def test_options_are_checked(options: dict[str, Any], field: str) -> None:
    client, _ = scripted()
    with pytest.raises(UsageError) as caught:
        client.with_options(**options)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"sdk_app_id": 0, "secret_key": "k"}, "sdk_app_id"),
        ({"sdk_app_id": "14", "secret_key": "k"}, "sdk_app_id"),
        ({"sdk_app_id": 14, "secret_key": ""}, "secret_key"),
        ({"sdk_app_id": 14}, "secret_key"),
        ({"sdk_app_id": 14, "secret_key": "k", "identifier": "x" * 33}, "identifier"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": "ftp://x"}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": "console.tim.qq.com"}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "region": "mars"}, "region"),
        ({"sdk_app_id": 14, "secret_key": "k", "pool_size": 0}, "pool_size"),
        ({"sdk_app_id": 14, "secret_key": "k", "timeout": float("inf")}, "timeout"),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": {"sendmsg": 5}}, "rate_limits"),
        (
            {"sdk_app_id": 14, "secret_key": "k", "rate_limits": {"openim/sendmsg": "5"}},
            "rate_limits['openim/sendmsg']",
        ),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": {"openim/sendmsg": 0}}, "rate_limits['openim/sendmsg']"),
        ({"sdk_app_id": 14, "secret_key": "k", "no_such_setting": 0}, "no_such_setting"),
        ({"sdk_app_id": 14, "secret_key": "k", "retry": "often"}, "retry"),
        ({"sdk_app_id": 14, "secret_key": "k", "identifier": "\ud800"}, "identifier"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": "http://[::"}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": "http://h:99999"}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": "http://a..b"}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "base_url": 5}, "base_url"),
        ({"sdk_app_id": 14, "secret_key": "k", "settings": 5}, "settings"),
        ({"sdk_app_id": 14, "secret_key": "k", "limiter": 5}, "limiter"),
        ({"sdk_app_id": 14, "secret_key": "k", "ssl": "yes"}, "ssl"),
        ({"sdk_app_id": 14, "secret_key": "k", "proxy": "http://p:99999"}, "proxy"),
        ({"sdk_app_id": 14, "secret_key": "k", "proxy": "squid"}, "proxy"),
        ({"sdk_app_id": 14, "secret_key": "k", "proxy": 5}, "proxy"),
        ({"sdk_app_id": 14, "secret_key": "k", "observer": 5}, "observer"),
        ({"sdk_app_id": 14, "secret_key": "k", "trace_configs": 5}, "trace_configs"),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": 5}, "rate_limits"),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": {5: 5}}, "rate_limits"),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": {"a/b": True}}, "rate_limits['a/b']"),
        ({"sdk_app_id": 14, "secret_key": "k", "rate_limits": {"a/b": 5.0}}, "rate_limits['a/b']"),
        ({"sdk_app_id": 14, "user_sig_provider": 5}, "user_sig_provider"),
    ],
)
def test_configuration_is_checked(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        TimClient(**arguments)
    assert caught.value.field == field


def test_options_go_before_settings() -> None:
    client = TimClient(14, "k", settings=Settings(timeout=3, pool_size=7), timeout=5)
    assert (client._state.settings.timeout, client._state.settings.pool_size) == (5, 7)


def test_every_setting_is_an_option() -> None:
    assert set(SETTING_NAMES) == set(SettingsOptions.__annotations__)


@pytest.mark.parametrize("region", list(Region))
def test_region_names_host_and_backup(region: Region) -> None:
    client = TimClient(14, "k", region=region)
    assert str(client._state.pool._hosts[0].url) == f"https://{region.hosts[0]}/v4/"
    assert len(region.hosts) == (1 if region is Region.SAUDI_ARABIA else 2)


ENV = ("TIM_SDK_APP_ID", "TIM_SECRET_KEY", "TIM_IDENTIFIER", "TIM_REGION", "TIM_BASE_URL")


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    for name in ENV:
        monkeypatch.delenv(name, raising=False)

    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def test_from_env_reads_all_five(env: Callable[..., None]) -> None:
    env(TIM_SDK_APP_ID="14", TIM_SECRET_KEY="k", TIM_IDENTIFIER="boss", TIM_REGION="Tokyo")
    core = TimClient.from_env(timeout=2)._state
    assert (core.credentials.sdk_app_id, core.credentials.secret_key, core.credentials.identifier) == (14, "k", "boss")
    assert str(core.pool._hosts[0].url).startswith("https://adminapijpn.")
    assert core.settings.timeout == 2
    env(TIM_BASE_URL="http://127.0.0.1:1")
    assert str(TimClient.from_env()._state.pool._hosts[0].url) == "http://127.0.0.1:1/v4/"


def test_from_env_needs_no_key_where_another_process_has_it(env: Callable[..., None]) -> None:
    env(TIM_SDK_APP_ID="14")
    assert TimClient.from_env(user_sig_provider=lambda _: "sig")._state.credentials.secret_key is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "TIM_SDK_APP_ID"),
        ({"TIM_SDK_APP_ID": "x", "TIM_SECRET_KEY": "k"}, "TIM_SDK_APP_ID"),
        ({"TIM_SDK_APP_ID": "14"}, "TIM_SECRET_KEY"),
        ({"TIM_SDK_APP_ID": "14", "TIM_SECRET_KEY": "k", "TIM_REGION": "mars"}, "TIM_REGION"),
    ],
)
def test_from_env_names_what_is_missing(env: Callable[..., None], values: dict[str, str], field: str) -> None:
    env(**values)
    with pytest.raises(UsageError, match=field) as caught:
        TimClient.from_env()
    assert caught.value.field == field


def test_logs_one_debug_line_an_attempt_and_a_warning_for_a_repeat(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = scripted(20004, 60007)
    with caplog.at_level(logging.DEBUG, "tim_async"):
        clock.run(failing(client))
    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "tim_async"]
    assert [level for level, _ in lines] == ["DEBUG", "WARNING", "DEBUG"]
    assert lines[0][1].startswith("openim/sendmsg: attempt 1: 20004, waited 0.0000 s, took 0.0000 s")
    assert "attempt 1 failed with 20004" in lines[1][1]
    assert lines[2][1].startswith("openim/sendmsg: attempt 2: 60007")


def test_nothing_is_built_for_logs_that_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("tim_async")
    monkeypatch.setattr(logger, "level", logging.WARNING)
    logger.manager._clear_cache()
    monkeypatch.setattr(logger, "debug", lambda *_: pytest.fail("the level is off"))
    client, _ = scripted()
    clock.run(call(client))


def test_closed_client_refuses_calls() -> None:
    client, _ = scripted()

    async def main() -> None:
        await client.close()
        await client.close()
        with pytest.raises(UsageError, match="closed"):
            await call(client)
        with pytest.raises(UsageError, match="closed"):
            await client.request("openim/sendmsg", {})

    clock.run(main())
    assert "closed" in repr(client)


@pytest.mark.parametrize("deadline", [None, 90.0])
def test_closing_ends_at_once_what_waits_for_its_turn(deadline: float | None) -> None:
    client, pool = scripted()
    view = client.with_options(deadline=deadline)

    async def main() -> list[TimError]:
        loop = asyncio.get_running_loop()
        await use_up(client)
        waiting = [asyncio.create_task(failing(view)) for _ in range(1000)]
        await asyncio.sleep(0.1)
        began = loop.time()
        await client.close()
        errors = await asyncio.gather(*waiting)
        assert loop.time() == began
        assert not client._state.calls
        return errors

    for error in clock.run(main()):
        assert isinstance(error, UsageError)
        assert str(error) == "openim/sendmsg: the client is closed"
        assert not error.maybe_delivered
    assert client.stats()["openim/sendmsg"].errors == {"UsageError": 1000}
    assert not pool.sent


def test_closing_between_two_attempts_reports_that_the_first_may_have_taken_effect() -> None:
    client, _ = scripted(20004, retry=RetryPolicy(base=60, cap=60, max_elapsed=90))

    async def main() -> TimError:
        waiting = asyncio.create_task(failing(client))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await client.close()
        return await waiting

    error = clock.run(main())
    assert isinstance(error, UsageError)
    assert error.maybe_delivered
    assert error.attempts == 1


def test_whoever_is_cancelled_while_the_client_closes_stays_cancelled() -> None:
    client, _ = scripted()

    async def main() -> None:
        await use_up(client)
        waiting = asyncio.ensure_future(call(client))
        await asyncio.sleep(0.1)
        await client._state.auth.close()
        closing = asyncio.create_task(client._state.close())
        while client._state.calls[waiting].dropped_for is None:  # noqa: ASYNC110 - the very moment is what counts
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await closing

    clock.run(main())
    assert client.stats()["openim/sendmsg"].cancelled == 1


def test_error_info_that_echoes_the_user_sig_is_cleaned() -> None:
    async def echo(sent: Sent) -> bytes:
        return refusal(70009, f"bad {sent.query['usersig']}!")

    client, _ = scripted(echo)
    error = clock.run(failing(client))
    assert isinstance(error, AuthError)
    assert error.info == "bad <hidden>!"


def test_refused_user_sig_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    client, pool = scripted(70001, OK)
    now = 1_700_000_000.0
    client._state.auth._clock = lambda: now

    async def main() -> None:
        nonlocal now
        await failing(client)
        now += 1
        await call(client)

    clock.run(main())
    assert pool.sent[0].query["usersig"] != pool.sent[1].query["usersig"]


def test_user_sig_that_runs_out_while_waiting_is_renewed_before_sending() -> None:
    client, pool = scripted()
    now = 1_700_000_000.0
    client._state.auth._clock = lambda: now

    async def main() -> str:
        nonlocal now
        await use_up(client)
        early = str(client._state.auth.peek())
        task = asyncio.create_task(call(client))
        await asyncio.sleep(0.5)
        now += 30 * 86_400
        await task
        return early

    early = clock.run(main())
    assert pool.sent[0].query["usersig"] != early


def test_secret_key_of_the_tests_is_no_prefix_of_other_texts() -> None:
    assert len(SECRET_KEY) == 64
    assert msgspec.json.decode(OK)["ErrorCode"] == 0
