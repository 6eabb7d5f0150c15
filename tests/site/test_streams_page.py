"""What the guide to streams shows does what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from tests.site.blocks import defined_by
from tim_async import StreamElem, TimClient
from tim_async.emulator import Emulator

PAGE: Final[dict[str, Any]] = defined_by("how-to/streams")
WORDS: Final = ["It ", "is ", "on ", "its ", "way"]


async def words() -> AsyncIterator[str]:
    for word in WORDS:
        yield word


async def broken() -> AsyncIterator[str]:
    for word in WORDS[:3]:
        yield word
    raise RuntimeError("the model broke")


def text_of(element: object) -> tuple[str, bool]:
    assert isinstance(element, StreamElem)
    text = "".join(chunk.markdown or "" for chunk in element.chunks)
    return text, bool(element.chunks[-1].is_last)


@pytest.fixture
def emulator(tim_emulator: Emulator) -> Emulator:
    tim_emulator.add_accounts("alice", "bob", "bot")
    return tim_emulator


async def test_reply_is_one_message(tim_client: TimClient, emulator: Emulator) -> None:
    assert await PAGE["reply"](tim_client, words()) == "".join(WORDS)
    (message,) = emulator.history("bob", "bot")
    assert text_of(message.msg_body[0]) == ("".join(WORDS), True)
    assert emulator.count("stream_msg/send_c2c_stream_msg") < len(WORDS)


async def test_reply_is_ended_when_the_model_breaks(tim_client: TimClient, emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="the model broke"):
        await PAGE["reply"](tim_client, broken())
    (message,) = emulator.history("bob", "bot")
    assert text_of(message.msg_body[0]) == ("".join(WORDS[:3]), True)


async def test_stream_to_a_group(tim_client: TimClient, emulator: Emulator) -> None:
    group_id = (await tim_client.group.create(type="Public", name="Team", owner_account="alice")).group_id
    await PAGE["minutes"](tim_client, group_id, ["one", "two"])
    assert text_of(emulator.group_history(group_id)[-1].msg_body[0]) == ("one\ntwo\n", True)


async def test_robot_answers(tim_client: TimClient, emulator: Emulator) -> None:
    assert await PAGE["set_up"](tim_client) == ["@RBT#helper"]
    key = await PAGE["answer"](tim_client, "bob", words())
    with pytest.raises(RuntimeError, match="the model broke"):
        await PAGE["answer"](tim_client, "bob", broken())
    first, second = emulator.history("bob", "@RBT#helper")
    assert first.msg_key == key
    assert text_of(first.msg_body[0]) == ("".join(WORDS), True)
    assert text_of(second.msg_body[0]) == ("".join(WORDS[:3]), True)

    async def nothing() -> AsyncIterator[str]:
        return
        yield ""

    assert await PAGE["answer"](tim_client, "bob", nothing()) == ""
