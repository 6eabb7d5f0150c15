"""Server-sent events of the control API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.emulator.control.conftest import PREFIX, Remote
from tim_async._pages import event_stream
from tim_async._pages.event_stream import EventStream


class Said(msgspec.Struct):
    word: int


async def events_of(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, str, Any]]:
    """Yield id, kind and data of events, as a browser's EventSource reads them."""
    fields: dict[str, str] = {}
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(": ")
            fields[name] = value
        else:
            if "data" in fields:
                yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
            fields = {}


async def test_what_happens_is_sent_as_it_happens(remote: Remote) -> None:
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events") as response:
        assert response.content_type == "text/event-stream"
        events = events_of(response)
        await remote.client.c2c.send_text("bob", "hi")
        await remote.do("POST", "/clock/forward", {"seconds": 5})
        kinds: dict[str, tuple[int, Any]] = {}
        while len(kinds) < 3:
            number, kind, data = await anext(events)
            kinds[kind] = (int(number), data)
    assert set(kinds) == {"webhook", "call", "clock"}
    assert kinds["call"][1]["command"] == "openim/sendmsg"
    assert kinds["webhook"][0] < kinds["clock"][0]


async def test_who_was_away_goes_on_from_the_last_event(remote: Remote) -> None:
    for number in range(3):
        await remote.do("POST", "/clock/forward", {"seconds": number})
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events", headers={"Last-Event-ID": "1"}) as response:
        events = events_of(response)
        assert [(await anext(events))[0] for _ in range(2)] == ["2", "3"]


@pytest.mark.parametrize("last", ["4", "99999"])
async def test_who_was_away_over_a_restart_is_sent_that_it_missed_something(remote: Remote, last: str) -> None:
    """A number above the newest is from before the restart: it is not known what happened until then."""
    for number in range(3):
        await remote.do("POST", "/clock/forward", {"seconds": number})
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events", headers={"Last-Event-ID": last}) as response:
        events = events_of(response)
        assert [(await anext(events))[:2] for _ in range(4)] == [
            ("", "missed"),
            ("1", "clock"),
            ("2", "clock"),
            ("3", "clock"),
        ]


async def test_emulator_stops_while_events_are_read(remote: Remote) -> None:
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events") as response:
        await remote.emulator.stop()
        with suppress(aiohttp.ClientError):  # the end, or the end of the connection
            await response.content.read()
    assert not remote.emulator._control._control.events._waiting


def test_what_is_not_kept_any_more_is_counted() -> None:
    stream = EventStream(keep=3)
    for number in range(5):
        stream.publish("said", partial(Said, number))
    missed, events = stream.after(0)
    assert (missed, [each.number for each in events]) == (2, [3, 4, 5])
    assert [each.data() for each in events] == [Said(2), Said(3), Said(4)]
    assert stream.after(4)[0] == 0
    assert stream.after(5) == (0, [])
    assert stream.after(-1)[0] == 3, "what was before a restart is one more"


async def test_listener_that_has_missed_events_is_sent_their_number(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = EventStream(keep=2)
    monkeypatch.setattr(remote.emulator._control._control, "events", stream)
    for number in range(5):
        stream.publish("said", partial(Said, number))
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events", headers={"Last-Event-ID": "0"}) as response:
        events = events_of(response)
        assert [(await anext(events))[1:] for _ in range(3)] == [
            ("missed", 3),
            ("said", {"word": 3}),
            ("said", {"word": 4}),
        ]
    stream.end()


async def test_heartbeat_shows_that_both_are_there(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_S", 0.001)
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events") as response:
        lines = [await response.content.readline() for _ in range(4)]
    assert lines == [b"retry: 1000\n", b"\n", b":\n", b"\n"]
    async with asyncio.timeout(60):
        while remote.emulator._control._control.events._waiting:  # noqa: ASYNC110 - it ends with the next heartbeat
            await asyncio.sleep(0)
