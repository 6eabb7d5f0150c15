"""The three acts: a conversation, a burst against the limit of the service, and an answer that is lost.

Nothing in them is faked: the counts are those of emulators of the service, and messages shown as arrived were read back
from the history.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter

from ..._core.client import TimClient
from ..._core.retry import RetryPolicy
from ...emulator import DEFAULT_ADMIN, DEFAULT_SECRET_KEY, Emulator
from ...errors import TimError
from ...families.c2c import C2C
from ...models.account import AccountItem
from ...models.c2c import RoamMsg
from ...models.elements import Element, TextElem
from ...usersig import generate_user_sig
from .messages import ALICE, BOB, MESSAGES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CROWD: Final = 600
# Clients and emulators share one event loop here: requests that wait for it arrive in bursts. Both senders are equal.
_TOLERANCE: Final = 0.2
_TICK_S: Final = 0.1
_COMMAND: Final = C2C.send.command
_TOO_MANY: Final = 60007


class Lane(msgspec.Struct):
    """The progress of one of two senders.

    Attributes:
        name: the sender.
        total: how many messages it has.
        sent: messages that the service accepted.
        refused: messages that the service refused.
        busiest: the most calls that reached the service within one second.
        rate: messages accepted within the last second.
        took_s: seconds until the last answer.
    """

    name: str
    total: int
    sent: int = 0
    refused: int = 0
    busiest: int = 0
    rate: int = 0
    took_s: float = 0.0


class _Counter:
    """Counts the answers of a lane."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._began = time.monotonic()
        self._taken: deque[float] = deque()

    def count(self, *, is_taken: bool) -> None:
        """Count an answer."""
        now = time.monotonic()
        self.lane.took_s = now - self._began
        if is_taken:
            self.lane.sent += 1
            self._taken.append(now)
        else:
            self.lane.refused += 1
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        self.lane.rate = len(self._taken)


class Repeat(msgspec.Struct, frozen=True):
    """The result of a message whose answer was lost.

    Attributes:
        attempts: how often it reached the service.
        messages: how many messages the recipient has.
        msg_key: the message.
    """

    attempts: int
    messages: int
    msg_key: str


class Performance(msgspec.Struct):
    """The results of the acts.

    Attributes:
        address: the address of the emulator.
        total: messages of the conversation.
        arrived: messages that were read back as they were sent.
        lanes: the two senders of the crowd, this library first.
        repeat: the message whose answer was lost.
    """

    address: str
    total: int
    arrived: int = 0
    lanes: list[Lane] = msgspec.field(default_factory=list)
    repeat: Repeat | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept: all messages arrived, none was refused, and none exists twice."""
        own, repeat = self.lanes[0], self.repeat
        return (
            self.arrived == self.total
            and (own.sent, own.refused) == (own.total, 0)
            and repeat is not None
            and repeat.messages == 1
        )


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Emulator, TimClient]]:
    """Start an emulator of the service, and a client of it."""
    async with (
        Emulator(auto_import=True, tolerance=_TOLERANCE) as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        names = [AccountItem(user_id=ALICE, nick="Alice"), AccountItem(user_id=BOB, nick="Bob")]
        await client.account.import_accounts(account_list=names)
        yield emulator, client


async def converse(client: TimClient) -> list[RoamMsg]:
    """Send every kind of message, the accounts taking turns; return those that arrived, as read back."""
    sent: dict[str, Element] = {}
    for index, (element, push) in enumerate(MESSAGES):
        sender, recipient = (ALICE, BOB) if index % 2 == 0 else (BOB, ALICE)
        result = await client.c2c.send(
            from_account=sender, to_account=recipient, msg_body=[element], offline_push_info=push
        )
        sent[result.msg_key] = element
    found = {
        message.msg_key: message
        for reader, writer in ((BOB, ALICE), (ALICE, BOB))
        async for message in client.c2c.iter_roam_msgs(reader, writer)
    }
    return [found[key] for key in sent if key in found and list(found[key].msg_body) == [sent[key]]]


async def race(
    emulator: Emulator, client: TimClient, show: Callable[[list[Lane]], None], count: int = CROWD
) -> list[Lane]:
    """Send many messages at once, by this library and by hand with a common limiter, each to its own emulator.

    Args:
        emulator: receives this library's messages.
        client: this library.
        show: called periodically with the progress of both.
        count: messages of each sender.
    """
    own, other = _Counter(Lane("tim-async", count)), _Counter(Lane("AsyncLimiter(200, 1)", count))
    lanes = [own.lane, other.lane]
    async with Emulator(auto_import=True, tolerance=_TOLERANCE) as target, aiohttp.ClientSession() as session:
        send_by_hand = _by_hand(session, target)
        both = asyncio.gather(
            *(_send(client, index, own) for index in range(count)),
            *(send_by_hand(index, other) for index in range(count)),
        )
        try:
            while not both.done():
                await asyncio.wait([both], timeout=_TICK_S)
                own.lane.busiest, other.lane.busiest = emulator.worst_window(_COMMAND), target.worst_window(_COMMAND)
                show(lanes)
            both.result()
        finally:
            both.cancel()
            # Retrieve the exceptions: the event loop prints a traceback for those that are not.
            await asyncio.gather(both, return_exceptions=True)
    return lanes


async def _send(client: TimClient, index: int, counter: _Counter) -> None:
    try:
        await client.c2c.send(from_account=ALICE, to_account=f"guest-{index}", msg_body=[TextElem(text="welcome")])
    except TimError:
        counter.count(is_taken=False)
    else:
        counter.count(is_taken=True)


def _by_hand(session: aiohttp.ClientSession, target: Emulator) -> Callable[[int, _Counter], Awaitable[None]]:
    """Return the usual hand-written code: a session, and a limiter with the documented number."""
    limiter = AsyncLimiter(200, 1)
    params = {
        "sdkappid": str(target.sdk_app_id),
        "identifier": DEFAULT_ADMIN,
        "usersig": generate_user_sig(target.sdk_app_id, DEFAULT_SECRET_KEY, DEFAULT_ADMIN),
        "contenttype": "json",
    }

    async def send(index: int, counter: _Counter) -> None:
        body: dict[str, Any] = {
            "From_Account": ALICE,
            "To_Account": f"guest-{index}",
            "MsgRandom": index + 1,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "welcome"}}],
        }
        async with limiter:
            url = f"{target.url}/v4/{_COMMAND}"
            async with session.post(url, params={**params, "random": str(index)}, json=body) as answer:
                code = json.loads(await answer.read())["ErrorCode"]
        counter.count(is_taken=code != _TOO_MANY)

    return send


async def lose_an_answer(emulator: Emulator, client: TimClient) -> Repeat:
    """Send a message whose answer is lost in transit, and return the result of the repeat."""
    before = emulator.count(_COMMAND), len(emulator.messages(to=BOB))
    emulator.faults.drop(command=_COMMAND, times=1, after=True)
    patient = client.with_options(retry=RetryPolicy(transport="any", base=0.5))
    sent = await patient.c2c.send(from_account=ALICE, to_account=BOB, msg_body=[TextElem(text="See you at eight!")])
    attempts, messages = emulator.count(_COMMAND) - before[0], len(emulator.messages(to=BOB)) - before[1]
    return Repeat(attempts, messages, sent.msg_key)
