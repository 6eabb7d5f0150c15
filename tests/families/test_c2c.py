"""One-to-one messages, end to end: client, wire, emulator, history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from tests.clock import skip
from tests.families.conftest import Clock, client_of, sign
from tim_async import (
    ApiError,
    BodyTooLargeError,
    ConnectionLostError,
    CustomElem,
    FaceElem,
    FileElem,
    ImageElem,
    ImageInfo,
    LocationElem,
    OfflinePushInfo,
    RawElem,
    RelayElem,
    RelayMsg,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    SoundElem,
    TextElem,
    TimClient,
    TimError,
    VideoFileElem,
    encode,
    may_have_been_delivered,
)
from tim_async.emulator import Emulator, Faults
from tim_async.families.c2c import C2C
from tim_async.models.c2c import GetRoamMsgs, RoamMsg, SendMsg

T = TypeVar("T")

ADMIN = "administrator"

EVERY_KIND = [
    TextElem(text="你好，世界 👋🏽"),
    LocationElem(desc="深圳", latitude=29.340656774469956, longitude=116.77497920478824),
    FaceElem(index=1, data="content"),
    CustomElem(data="message", desc="notification", ext="url", sound="dingdong.aiff"),
    SoundElem(url="https://x/1.mp3", uuid="1", size=62351, second=1),
    ImageElem(
        uuid="2", image_format=1, image_info_array=[ImageInfo(type=1, size=1, width=2, height=3, url="https://x")]
    ),
    FileElem(url="https://x/1.pdf", uuid="3", file_size=1773552, file_name="报告.pdf"),
    VideoFileElem(
        video_url="https://x/v", video_uuid="4", thumb_url="https://x/t", thumb_uuid="5", thumb_width=1, thumb_height=2
    ),
    RelayElem(title="聊天记录", msg_num=1, msg_list=[RelayMsg(from_account="x", msg_body=[TextElem(text="a")])]),
    RawElem("TIMNewElem", {"Anything": [1, {"x": None}]}),
]


async def test_every_kind_of_element_arrives_as_it_was_sent(client: TimClient, emulator: Emulator) -> None:
    sent = await client.c2c.send(to_account="bob", msg_body=EVERY_KIND, cloud_custom_data='{"a": "好"}')
    (message,) = emulator.history("bob", ADMIN)
    assert message.msg_body == EVERY_KIND
    assert (message.msg_key, message.msg_time_stamp) == (sent.msg_key, sent.msg_time)
    assert message.cloud_custom_data == '{"a": "好"}'
    page = await client.c2c.get_roam_msgs(
        operator_account="bob", peer_account=ADMIN, max_cnt=10, min_time=0, max_time=sent.msg_time + 1
    )
    assert page.is_complete
    assert page.msg_list[0].msg_body == EVERY_KIND


async def test_three_sends_awaited_one_after_the_other_are_read_in_that_order() -> None:
    async with Emulator(clock=Clock()) as emulator, client_of(emulator, user_sig_provider=sign) as client:
        emulator.add_accounts("bob")
        for text in "一二三":
            await client.c2c.send_text("bob", text)
        texts = [message.msg_body[0].text async for message in client.c2c.iter_roam_msgs("bob", ADMIN, max_time=2**31)]
    assert texts == ["三", "二", "一"]


async def test_history_is_read_page_by_page_without_gap_or_repeat() -> None:
    async with (
        Emulator(rate_limits={"*": 100_000}) as busy,
        client_of(busy, rate_limits={"openim/sendmsg": 100_000, "openim/admin_getroammsg": 100_000}) as other,
    ):
        busy.add_accounts("bob")
        for index in range(60):
            await other.c2c.send_text("bob", f"{index} " + "好" * 400)  # about 1.3 KB each: ten pages by size alone
        read = [message async for message in other.c2c.iter_roam_msgs("bob", ADMIN, page_size=20)]
        assert [message.msg_body[0].text.split()[0] for message in read] == [str(index) for index in range(59, -1, -1)]
        assert busy.count("openim/admin_getroammsg") >= 6
        some: list[RoamMsg] = []
        async for message in other.c2c.iter_roam_msgs("bob", ADMIN, page_size=5):
            some.append(message)
            if len(some) == 7:
                break
        assert busy.count("openim/admin_getroammsg") >= 8


class Scripted:
    """Answers with pages that are not the last: their LastMsgKey, LastMsgTime and number of messages."""

    def __init__(self, *pages: tuple[str, int, int]) -> None:
        self.pages = pages
        self.requests: list[GetRoamMsgs] = []
        self.read: list[RoamMsg] = []

    async def call(self, endpoint: Any, request: Any) -> Any:
        request.check()
        key, seconds, count = self.pages[len(self.requests) % len(self.pages)]
        self.requests.append(request)
        return endpoint.result(complete=0, last_msg_key=key, last_msg_time=seconds, msg_list=[RoamMsg()] * count)

    async def iterate(self) -> None:
        async for message in C2C(self).iter_roam_msgs("a", "b", min_time=5):  # type: ignore[arg-type]
            self.read.append(message)


@pytest.mark.parametrize(
    ("pages", "calls"),
    [
        pytest.param([("same", 9, 1)], 2, id="the same place"),
        pytest.param([("a", 9, 1), ("b", 8, 1)], 3, id="a circle"),
        pytest.param([("", 9, 1)], 1, id="no key"),
        pytest.param([("a", 0, 1)], 1, id="no time"),
        pytest.param([("", 0, 0)], 1, id="nothing at all"),
    ],
)
async def test_history_that_goes_on_nowhere_is_not_passed_off_as_all_of_it(
    pages: list[tuple[str, int, int]], calls: int
) -> None:
    odd = Scripted(*pages)
    with pytest.raises(ReplyDecodeError, match="the history has more messages, but the answer names") as caught:
        await odd.iterate()
    assert caught.value.command == "openim/admin_getroammsg"
    assert not caught.value.maybe_delivered
    assert len(odd.requests) == calls
    assert len(odd.read) == calls * pages[0][2]


async def test_iterator_ends_at_a_place_before_the_oldest_second_and_goes_on_after_an_empty_page() -> None:
    odd = Scripted(("a", 9, 1), ("b", 8, 0), ("c", 4, 1))
    await odd.iterate()
    assert len(odd.read) == 2
    assert [(each.max_time, each.last_msg_key) for each in odd.requests] == [(2**31 - 1, None), (9, "a"), (8, "b")]


@pytest.mark.parametrize("ahead_s", [1, 3600])
async def test_message_of_a_service_whose_clock_is_ahead_is_read(ahead_s: float) -> None:
    async with Emulator(clock=lambda: time.time() + ahead_s) as emulator, client_of(emulator) as client:
        emulator.add_accounts("bob")
        await client.c2c.send_text("bob", "hi")
        assert len([message async for message in client.c2c.iter_roam_msgs("bob", ADMIN)]) == 1


@pytest.mark.parametrize("code", [20004, 20005, 91000, 90992])
async def test_transient_code_is_repeated_until_it_goes_through(
    client: TimClient, emulator: Emulator, code: int
) -> None:
    emulator.faults.answer(code, times=2)
    view = client.with_options(retry=RetryPolicy(base=0.001))
    await view.c2c.send_text("bob", "hi")
    assert len(emulator.history("bob", ADMIN)) == 1
    assert [arrival.code for arrival in emulator.arrivals] == [code, code, 0]
    assert len({arrival.body for arrival in emulator.arrivals}) == 1
    assert len({arrival.random for arrival in emulator.arrivals}) == 3


async def test_code_after_acceptance_does_not_double_the_message(client: TimClient, emulator: Emulator) -> None:
    """The service took the message, and still said "internal error": the repeat is recognised."""
    emulator.faults.answer(91000, times=1, after=True)
    sent = await client.with_options(retry=RetryPolicy(base=0.001)).c2c.send_text("bob", "hi")
    (message,) = emulator.history("bob", ADMIN)
    assert message.msg_key == sent.msg_key


async def outlasted(emulator: Emulator, call: Coroutine[Any, Any, T], seconds: float) -> T:
    """Await a call; these seconds pass at once when its first request has arrived."""
    task = asyncio.create_task(call)
    if seconds:
        while not emulator.count("openim/sendmsg"):  # noqa: ASYNC110 - it is counted by another task of this loop
            await asyncio.sleep(0.001)
        skip(seconds)
    return await task


@pytest.mark.parametrize(
    ("fault", "passes"),
    [
        pytest.param(lambda faults: faults.drop(after=True, times=1), 0, id="dropped after acceptance"),
        pytest.param(lambda faults: faults.drop(times=1), 0, id="dropped before acceptance"),
        pytest.param(lambda faults: faults.delay(60, after=True, times=1), 6, id="answered too late"),
        pytest.param(lambda faults: faults.status(502, after=True, times=1), 0, id="502 after acceptance"),
        pytest.param(lambda faults: faults.truncate(times=1), 0, id="truncated"),
        pytest.param(lambda faults: faults.garbage(after=True, times=1), 0, id="garbage"),
    ],
)
async def test_lost_answer_is_repeated_and_there_is_one_message(
    client: TimClient, emulator: Emulator, fault: Callable[[Faults], object], passes: float
) -> None:
    fault(emulator.faults)
    view = client.with_options(timeout=5, retry=RetryPolicy(transport="any", base=0.001))
    sent = await outlasted(emulator, view.c2c.send_text("bob", "hi"), passes)
    (message,) = emulator.history("bob", ADMIN)
    assert message.msg_key == sent.msg_key
    assert emulator.count("openim/sendmsg") == 2


@pytest.mark.parametrize(
    ("fault", "cls", "passes"),
    [
        pytest.param(lambda faults: faults.drop(after=True), ConnectionLostError, 0, id="dropped"),
        pytest.param(lambda faults: faults.delay(60, after=True), ReplyTimeoutError, 6, id="late"),
        pytest.param(lambda faults: faults.status(502), ReplyDecodeError, 0, id="502"),
        pytest.param(lambda faults: faults.truncate(), ReplyDecodeError, 0, id="truncated"),
        pytest.param(lambda faults: faults.endless(), ReplyDecodeError, 0, id="endless"),
    ],
)
async def test_lost_answer_is_not_repeated_by_default(
    client: TimClient, emulator: Emulator, fault: Callable[[Faults], object], cls: type[TimError], passes: float
) -> None:
    fault(emulator.faults)
    with pytest.raises(cls) as caught:
        await outlasted(emulator, client.with_options(timeout=5).c2c.send_text("bob", "hi"), passes)
    assert caught.value.maybe_delivered
    assert emulator.count("openim/sendmsg") == 1


async def test_failed_message_can_be_sent_again_as_the_same_one(client: TimClient, emulator: Emulator) -> None:
    emulator.faults.drop(after=True, times=1)
    with pytest.raises(ConnectionLostError) as caught:
        await client.c2c.send_text("bob", "hi")
    assert isinstance(caught.value.request, SendMsg)
    await client.call(C2C.send, caught.value.request)
    assert len(emulator.history("bob", ADMIN)) == 1


async def test_cancelled_while_waiting_for_the_answer_says_so(client: TimClient, emulator: Emulator) -> None:
    stall = emulator.faults.stall()
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.1):
            await client.c2c.send_text("bob", "hi")
    assert may_have_been_delivered(caught.value)
    assert len(emulator.history("bob", ADMIN)) == 1
    stall.release()


def _of_size(size: int, text: str) -> SendMsg:
    """Make a message whose encoded request has exactly `size` bytes."""
    request = SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="")])
    room = size - len(encode(request))
    filler = text * (room // len(text.encode()))
    filler += "x" * (room - len(filler.encode()))
    request = SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text=filler)])
    assert len(encode(request)) == size
    return request


@pytest.mark.parametrize("text", ["x", "好", "😀"])
async def test_8192_bytes_pass_and_one_more_is_not_even_sent(client: TimClient, emulator: Emulator, text: str) -> None:
    await client.call(C2C.send, _of_size(8192, text))
    (message,) = emulator.history("bob", ADMIN)
    assert text in message.msg_body[0].text
    (bucket,) = client._state.limiter._buckets.values()
    await asyncio.sleep(0.02)
    room = bucket.tokens.room()
    with pytest.raises(BodyTooLargeError) as caught:
        await client.call(C2C.send, _of_size(8193, text))
    assert (caught.value.actual, caught.value.limit, caught.value.field) == (8193, 8192, "MsgBody")
    assert emulator.count() == 1
    assert bucket.tokens.room() >= room


async def test_the_emulator_refuses_what_the_client_would_not_send(emulator: Emulator) -> None:
    async with client_of(emulator, body_limit=100_000) as client:
        with pytest.raises(ApiError) as caught:
            await client.call(C2C.send, _of_size(8193, "好"))
    assert caught.value.code == 93000


async def test_offline_push_info_travels_along(client: TimClient, emulator: Emulator) -> None:
    await client.c2c.send(to_account="bob", msg_body=[TextElem("x")], offline_push_info=OfflinePushInfo(desc="标题"))
    assert '"OfflinePushInfo":{"Desc":"标题"}'.encode() in emulator.arrivals[-1].body


async def test_unknown_command_is_the_services_to_refuse(client: TimClient) -> None:
    with pytest.raises(ApiError) as caught:
        await client.request("no_such_svc/nothing")
    assert caught.value.code == 60009


async def test_two_hundred_a_second_pass_the_emulators_own_count(emulator: Emulator) -> None:
    """A short burst; the long one, with its figures, is in the benchmarks."""
    async with client_of(emulator) as client:
        await asyncio.gather(*(client.c2c.send_text("bob", "hi") for _ in range(60)))
    assert {arrival.code for arrival in emulator.arrivals} == {0}


@pytest.fixture
async def strict() -> AsyncIterator[Emulator]:
    async with Emulator(rate_limits={"openim/sendmsg": 3}, tolerance=0) as emulator:
        emulator.add_accounts("bob")
        yield emulator


async def test_client_with_too_high_a_limit_is_refused_and_holds_back(strict: Emulator) -> None:
    async with client_of(strict) as client:
        for _ in range(3):
            await client.c2c.send_text("bob", "hi")
        with pytest.raises(ApiError) as caught:
            await client.c2c.send_text("bob", "hi")
        assert caught.value.code == 60007
        refused = await asyncio.gather(*(client.c2c.send_text("bob", "hi") for _ in range(30)), return_exceptions=True)
        assert {getattr(each, "code", None) for each in refused} == {60007}
        (in_force,) = client.limiter.rates(client.sdk_app_id, "openim/sendmsg")
        assert in_force.share < 0.9
