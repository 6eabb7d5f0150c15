"""Chatbots, end to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.emulator.conftest import until
from tim_async import ApiError, ConnectionLostError, RetryPolicy, StreamElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.account import UserIDItem
from tim_async.models.robot import MAX_SIGNATURE_BYTES

BOT = "@RBT#客服"
STREAM = "openim_robot_http_svc/send_stream_msg"


@pytest.fixture
async def bot(client: TimClient) -> str:
    await client.robot.create(user_id=BOT, nick="小助手 🤖", self_signature="有问必答")
    return BOT


async def received(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


def read(emulator: Emulator, *, to: str = "bob") -> list[tuple[list[str | None], bool | None]]:
    """Return the pieces of every streamed message, and whether it has ended."""
    messages: list[tuple[list[str | None], bool | None]] = []
    for message in emulator.history(to, BOT):
        (element,) = message.msg_body
        assert isinstance(element, StreamElem)
        messages.append(([chunk.markdown for chunk in element.chunks], element.chunks[-1].is_last))
    return messages


async def test_chatbots_are_accounts(client: TimClient, emulator: Emulator, bot: str) -> None:
    await client.robot.create(user_id="@RBT#2")
    assert (await client.robot.get_all()).robot_account == [bot, "@RBT#2"]
    assert emulator.accounts[bot].nick == "小助手 🤖"
    await client.c2c.send_text(bot, "在吗?", from_account="bob")
    await client.robot.delete(robot_account=bot)
    await client.account.delete(delete_item=[UserIDItem(user_id="@RBT#2")])
    assert (await client.robot.get_all()).robot_account == []
    assert bot not in emulator.accounts


async def test_an_app_has_twenty(client: TimClient) -> None:
    for number in range(20):
        await client.robot.create(user_id=f"@RBT#{number}")
    with pytest.raises(ApiError) as caught:
        await client.robot.create(user_id="@RBT#20")
    assert caught.value.code == 10004
    await client.robot.delete(robot_account="@RBT#0")
    await client.robot.create(user_id="@RBT#20")


async def test_pieces_make_one_message(client: TimClient, emulator: Emulator, bot: str) -> None:
    first = await client.robot.send_stream_msg(from_account=bot, to_account="bob", chunk="你")
    assert read(emulator) == [(["你"], False)]
    for chunk, finish in (("好", 0), ("😀", 1)):
        more = await client.robot.send_stream_msg(
            from_account=bot, to_account="bob", chunk=chunk, msg_key=first.msg_key, finish=finish
        )
        assert more.msg_key == first.msg_key
    assert read(emulator) == [(["你", "好", "😀"], True)]
    page = await client.c2c.get_roam_msgs(
        operator_account="bob", peer_account=bot, max_cnt=9, min_time=0, max_time=2**31
    )
    assert [message.msg_key for message in page.msg_list] == [first.msg_key]


async def test_a_stream_goes_out_as_it_comes_and_ends(client: TimClient, emulator: Emulator, bot: str) -> None:
    seen: list[int] = []

    async def pieces() -> AsyncIterator[str]:
        for piece in ("一", "", "二", "三", ""):
            seen.append(emulator.count(STREAM))
            yield piece

    key = await client.robot.send_stream(bot, "bob", pieces())
    assert read(emulator) == [(["一", "二", "三"], True)]
    assert emulator.history("bob", bot)[0].msg_key == key
    assert seen == [0, 0, 0, 1, 2]


async def test_a_stream_of_one_piece_and_of_none(client: TimClient, emulator: Emulator, bot: str) -> None:
    assert await client.robot.send_stream(bot, "bob", received("", "")) == ""
    assert emulator.count(STREAM) == 0
    assert await client.robot.send_stream(bot, "bob", received("全部"))
    assert read(emulator) == [(["全部"], True)]


async def test_a_stream_whose_source_breaks_is_ended(client: TimClient, emulator: Emulator, bot: str) -> None:
    async def breaks() -> AsyncIterator[str]:
        yield "一"
        yield "二"
        raise RuntimeError("the model broke")

    with pytest.raises(RuntimeError, match="the model broke"):
        await client.robot.send_stream(bot, "bob", breaks())
    assert read(emulator) == [(["一", "二"], True)]


async def test_a_cancelled_stream_is_ended(client: TimClient, emulator: Emulator, bot: str) -> None:
    async def waits() -> AsyncIterator[str]:
        yield "一"
        yield "二"
        yield "三"
        await asyncio.Event().wait()

    task = asyncio.create_task(client.robot.send_stream(bot, "bob", waits()))
    await until(lambda: emulator.count(STREAM) >= 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ((pieces, is_last),) = read(emulator)
    assert is_last
    assert pieces[-1] == "三"


async def test_cancelled_before_its_key_is_known_no_second_message_begins(
    client: TimClient, emulator: Emulator, bot: str
) -> None:
    stall = emulator.faults.stall(command=STREAM)
    task = asyncio.create_task(client.robot.send_stream(bot, "bob", received("一", "二")))
    await until(lambda: emulator.count(STREAM))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stall.release()
    assert emulator.count(STREAM) == 1


async def test_a_piece_that_cannot_be_sent_is_reported_and_nothing_follows(
    client: TimClient, emulator: Emulator, bot: str
) -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "一"
        yield "二"
        emulator.faults.drop(after=True, command=STREAM, times=1)
        yield "三"
        yield "四"

    calm = client.with_options(retry=RetryPolicy.off())
    with pytest.raises(ConnectionLostError):
        await calm.robot.send_stream(bot, "bob", pieces())
    assert read(emulator) == [(["一", "二"], False)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"from_account": "@RBT#nobody"}, 10004, id="no chatbot"),
        pytest.param({"to_account": "nobody"}, 10004, id="to nobody"),
        pytest.param({"msg_key": "nobody knows this"}, 10004, id="no message"),
    ],
)
async def test_pieces_that_are_refused(client: TimClient, bot: str, fields: dict[str, str], code: int) -> None:
    with pytest.raises(ApiError) as caught:
        await client.robot.send_stream_msg(**{"from_account": bot, "to_account": "bob", "chunk": "x", **fields})  # type: ignore[arg-type]
    assert caught.value.code == code


async def test_an_ended_message_takes_no_more_and_another_s_none(client: TimClient, bot: str) -> None:
    begun = await client.robot.send_stream_msg(from_account=bot, to_account="bob", chunk="x")
    for to_account, is_over in (("alice", False), ("bob", True)):
        if is_over:
            await client.robot.send_stream_msg(
                from_account=bot, to_account="bob", chunk="y", msg_key=begun.msg_key, finish=1
            )
        with pytest.raises(ApiError) as caught:
            await client.robot.send_stream_msg(
                from_account=bot, to_account=to_account, chunk="z", msg_key=begun.msg_key
            )
        assert caught.value.code == 10004


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("create", {"user_id": "bob"}, "user_id"),
        ("create", {"user_id": "@RBT#"}, "user_id"),
        ("create", {"user_id": "@RBT#" + "x" * 28}, "user_id"),
        ("create", {"user_id": "@RBT#1", "self_signature": "长" * (MAX_SIGNATURE_BYTES // 3 + 1)}, "self_signature"),
        ("delete", {"robot_account": "rbt"}, "robot_account"),
        ("send_stream_msg", {"from_account": "bob", "to_account": "bob", "chunk": "x"}, "from_account"),
        ("send_stream_msg", {"from_account": BOT, "to_account": "", "chunk": "x"}, "to_account"),
        ("send_stream_msg", {"from_account": BOT, "to_account": "bob", "chunk": "x", "finish": True}, "finish"),
        ("send_stream_msg", {"from_account": BOT, "to_account": "bob", "chunk": 5}, "chunk"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.robot, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
