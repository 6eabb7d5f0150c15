"""A bare HTTP client for the emulator: no SDK client is between a test and the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.emulator.receiver import TOKEN, Receiver, receiving
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.usersig import generate_user_sig
from tim_async.webhooks import Event

SEND = "openim/sendmsg"
ROAM = "openim/admin_getroammsg"
NOW = 1_700_000_000
MS = NOW * 1000


class Clock:
    """A clock that only a test moves."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Api:
    """Calls an emulator with signed requests."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session
        self.clock: Clock

    def query(self, **changes: object) -> dict[str, str]:
        sig = generate_user_sig(self.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "administrator", 86_400, now=NOW)
        query: dict[str, object] = {
            "sdkappid": self.emulator.sdk_app_id,
            "identifier": "administrator",
            "usersig": sig,
            "random": 7,
            "contenttype": "json",
            **changes,
        }
        return {name: str(value) for name, value in query.items() if value is not None}

    def post(self, command: str, body: object, **changes: object) -> Any:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.session.post(f"{self.emulator.url}/v4/{command}", params=self.query(**changes), data=data)

    async def call(self, command: str, body: object, **changes: object) -> dict[str, Any]:
        async with self.post(command, body, **changes) as response:
            assert response.status == 200
            assert response.content_type == "application/json"
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
        assert (answer["ActionStatus"] == "FAIL") == (answer["ErrorCode"] != 0)
        assert isinstance(answer["ErrorInfo"], str)
        return answer

    async def code(self, command: str, body: object, **changes: object) -> int:
        code: int = (await self.call(command, body, **changes))["ErrorCode"]
        return code

    async def page(self, operator: str, peer: str, **fields: object) -> dict[str, Any]:
        body = {"Operator_Account": operator, "Peer_Account": peer, "MaxCnt": 100, "MinTime": 0, "MaxTime": NOW * 2}
        return await self.call(ROAM, {**body, **fields})

    async def pages(self, operator: str, peer: str, **fields: object) -> list[list[dict[str, Any]]]:
        """Read a conversation to its end, as the documents say, newest page first."""
        pages: list[list[dict[str, Any]]] = []
        more: dict[str, object] = {}
        while True:
            answer = await self.page(operator, peer, **{**fields, **more})
            assert answer["ErrorCode"] == 0
            assert answer["MsgCnt"] == len(answer.get("MsgList", []))
            pages.append(answer.get("MsgList", []))
            if answer["Complete"] == 1:
                return pages
            more = {"MaxTime": answer["LastMsgTime"], "LastMsgKey": answer["LastMsgKey"]}


def text(words: str = "hi") -> dict[str, object]:
    return {"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}


def message(**changes: object) -> dict[str, object]:
    """A message from alice to bob; a field given as None is left out."""
    body = {"From_Account": "alice", "To_Account": "bob", "MsgSeq": 1, "MsgRandom": 2, "MsgBody": [text()], **changes}
    return {name: value for name, value in body.items() if value is not None}


async def events(api: Api, command: str, body: object, *kinds: type[Event]) -> list[Event]:
    """Call a command; return the events of these kinds, or all, that came of it."""
    before = len(api.emulator.webhooks)
    answer = await api.call(command, body)
    assert answer["ErrorCode"] == 0, answer
    found = [webhook.event for webhook in list(api.emulator.webhooks)[before:]]
    return [event for event in found if not kinds or isinstance(event, kinds)]


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so; give up after five seconds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for knows no events
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Api]:
    clock = Clock()
    emulator = Emulator(**{"clock": clock, **options})
    async with emulator, aiohttp.ClientSession() as session:
        emulator.add_accounts("alice", "bob")
        api = Api(emulator, session)
        api.clock = clock
        yield api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with running(rate_limits={"*": 100_000}) as api:
        yield api


@pytest.fixture
def start() -> Callable[..., Any]:
    """Start an emulator with options of one's own: `async with start(tolerance=0) as api`."""
    return running


@pytest.fixture
async def hooked(start: Callable[..., Any]) -> AsyncIterator[tuple[Api, Receiver]]:
    """An emulator and the receiver of its webhooks."""
    async with receiving() as receiver, start(webhook_url=receiver.url, webhook_token=TOKEN) as api:
        yield api, receiver
