"""Streamed group messages: from the first piece to the end, and what becomes of the text."""

from __future__ import annotations

from typing import Any

import pytest

from tests import clock
from tests.families.groups import code_of, make_group
from tests.in_process import inside
from tim_async import StreamElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.elements import StreamChunk

STREAM = "stream_msg/send_group_stream_msg"


def shown(emulator: Emulator, group: str) -> StreamElem:
    (stored,) = emulator.group_history(group)
    (element,) = stored.msg_body
    assert isinstance(element, StreamElem)
    return element


def test_a_text_is_streamed_to_a_group_and_ended() -> None:
    async def main() -> None:
        async with inside("alice", "bob", "carol", emulated={"tolerance": 0.0}) as (client, emulator):
            group = make_group(emulator)
            emulator.groups[group].thread.mute("bob", 600, emulator._clock())  # streams ignore mutes
            async with client.group_msg.stream(
                group, from_account="bob", compatible_text="旧", cloud_custom_data="mine"
            ) as stream:
                for number in range(40):
                    await stream.write(f"{number} ")
                    assert stream.result is not None
            assert stream.is_ended
            element = shown(emulator, group)
            assert "".join(chunk.markdown or "" for chunk in element.chunks) == "".join(f"{n} " for n in range(40))
            assert element.chunks[-1].is_last is True
            assert element.compatible_text == "旧"
            (stored,) = emulator.group_history(group)
            assert (stored.from_account, stored.cloud_custom_data) == ("bob", "mine")
            assert len({arrival.body for arrival in emulator.arrivals}) == emulator.count(STREAM) > 1

    clock.run(main())


def piece(index: int, text: str = "x", **fields: Any) -> list[StreamElem]:
    return [StreamElem(chunks=[StreamChunk(index=index, markdown=text)], **fields)]


async def test_pieces_that_fit_nowhere_are_refused(client: TimClient, emulator: Emulator) -> None:
    emulator.add_accounts("carol")
    family, group = client.group_msg, make_group(emulator)
    first = {"group_id": group, "msg_random": 5, "msg_body": piece(1)}
    made = await family.send_stream(**first)  # type: ignore[arg-type]
    assert (await family.send_stream(**first)).stream_msg_id == made.stream_msg_id, "a repeat"  # type: ignore[arg-type]
    name = made.stream_msg_id
    await family.send_stream(group_id=group, msg_body=piece(2), stream_msg_id=name)
    await family.send_stream(group_id=group, msg_body=piece(3, stream_msg_id=name))
    await family.send_stream(group_id=group, msg_body=piece(3, stream_msg_id=name))
    assert [chunk.index for chunk in shown(emulator, group).chunks] == [1, 2, 3]
    wrong: dict[int, dict[str, Any]] = {
        90054: {"group_id": group, "msg_body": piece(4), "stream_msg_id": "x"},
        90010: {"group_id": group, "msg_body": piece(5), "stream_msg_id": name},
        20003: {"group_id": group, "msg_body": piece(1), "from_account": "nobody"},
        93000: {"group_id": group, "msg_body": piece(4, "x" * 131_072), "stream_msg_id": name},
    }
    for code, fields in wrong.items():
        assert await code_of(family.send_stream(**fields)) == code
    other = family.send_stream(group_id=group, msg_body=piece(4), stream_msg_id=name, from_account="alice")
    assert await code_of(other) == 90054
    assert await code_of(family.send_stream(group_id=group, msg_body=piece(2))) == 90010
    assert await code_of(family.send_stream(group_id="nothing", msg_body=piece(1))) == 10010
    assert len(emulator.group_history(group)) == 1
    emulator.reset(messages_only=True)
    assert await code_of(family.send_stream(group_id=group, msg_body=piece(4), stream_msg_id=name)) == 90054


async def test_a_live_group_keeps_no_stream(client: TimClient, emulator: Emulator) -> None:
    emulator.add_accounts("carol")
    group = make_group(emulator, "AVChatRoom")
    async with client.group_msg.stream(group) as stream:
        await stream.write("hi")
    assert stream.is_ended
    assert emulator.groups[group].thread.next_seq == 2
    assert not emulator.groups[group].thread.entries


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"group_id": "", "msg_body": piece(1)}, "group_id"),
        ({"group_id": "g", "msg_body": piece(1), "from_account": ""}, "from_account"),
        ({"group_id": "g", "msg_body": piece(0)}, "msg_body[0].chunks[0].index"),
        ({"group_id": "g", "msg_body": piece(1), "stream_msg_id": ""}, "stream_msg_id"),
    ],
)
async def test_bad_fields_are_named(client: TimClient, emulator: Emulator, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        await client.group_msg.send_stream(**fields)
    assert caught.value.field == field
    with pytest.raises(UsageError):
        client.group_msg.stream("")
    assert emulator.count() == 0
