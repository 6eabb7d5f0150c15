"""Many messages to a hostile server, some of them cancelled, comparing what was reported with what was accepted.

The server runs in a separate process, spoils a tenth of its answers in every known way, and keeps count (`hostile`).
Nothing may be lost, doubled or misreported, whatever the policy retries.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine
from enum import Enum
from typing import Final, Literal

import aiohttp

from tim_async import RetryPolicy, TextElem, TimClient, TimError
from tim_async.errors import may_have_been_delivered

from .processes import SECRET_KEY, remote
from .report import Row

APP: Final = 1400000000
MESSAGES: Final = 100_000
POOL_SIZE: Final = 40
TASKS: Final = 100  # more than the pool has places, so that calls wait for one
CANCELLED: Final = 0.05  # the part of the calls that is cancelled, unless it ends first
LATEST_CANCEL_S: Final = 0.05
TIMEOUT_S: Final = 0.5

Transport = Literal["never", "connect", "any"]
Way = Literal["connection", "session"]


class Reported(Enum):
    """What the caller learns about a message."""

    SENT = "sent"
    FAILED = "failed"
    MAYBE = "maybe delivered"
    CANCELLED = "cancelled before it was sent"
    CANCELLED_MAYBE = "cancelled, maybe delivered"
    OF_ANOTHER = "the answer to another message"
    UNEXPECTED = "an error of no kind that is documented"


# How often a message with this report may have taken effect; what is not listed must not happen.
_ALLOWED: Final = {
    Reported.SENT: "1",
    Reported.FAILED: "0",
    Reported.MAYBE: "01",
    Reported.CANCELLED: "0",
    Reported.CANCELLED_MAYBE: "01",
}


class _Sender:
    """Sends messages, cancels some, and records the reports."""

    def __init__(self, client: TimClient, messages: int, seed: int) -> None:
        self._client = client
        self._random = random.Random(seed)
        self._numbers = iter(range(messages))
        self.reported: dict[int, Reported] = {}
        self.unexpected: Counter[str] = Counter()

    async def work(self) -> None:
        for number in self._numbers:
            if self._random.random() >= CANCELLED:
                self.reported[number] = await self._report(self._send(number))
                continue
            task = asyncio.ensure_future(self._send(number))
            timer = asyncio.get_running_loop().call_later(self._random.uniform(0, LATEST_CANCEL_S), task.cancel)
            self.reported[number] = await self._report(task)
            timer.cancel()

    async def _send(self, number: int) -> Reported:
        sent = await self._client.c2c.send(to_account=f"m{number}", msg_body=[TextElem(text="hi")])
        return Reported.SENT if sent.msg_key == f"key of m{number}" else Reported.OF_ANOTHER

    async def _report(self, sending: asyncio.Future[Reported] | Coroutine[None, None, Reported]) -> Reported:
        try:
            return await sending
        except TimError as error:
            return Reported.MAYBE if error.maybe_delivered else Reported.FAILED
        except asyncio.CancelledError as error:
            is_open = may_have_been_delivered(error)
            return Reported.CANCELLED_MAYBE if is_open else Reported.CANCELLED
        except Exception as error:  # noqa: BLE001 - it is a finding
            self.unexpected[repr(error)] += 1
            return Reported.UNEXPECTED


def judge(reported: dict[int, Reported], accepted: str) -> Counter[str]:
    """Return how many messages were lost, doubled or misreported.

    Args:
        reported: the caller's report, by the message's number.
        accepted: one digit per message: how often it took effect.
    """
    faults: Counter[str] = Counter(lost=0, doubled=0, wrong=0)
    for number, times in enumerate(accepted):
        what = reported.get(number)
        if times > "1":
            faults["doubled"] += 1
        if what is None or (what is Reported.SENT and times == "0"):
            faults["lost"] += 1
        elif times not in _ALLOWED.get(what, "") and times <= "1":
            faults["wrong"] += 1
    return faults


async def soak(
    transport: Transport, way: Way = "connection", messages: int = MESSAGES, seed: int | None = None
) -> list[Row]:
    """Send the messages with one policy over one route, and compare the two records.

    The seed determines the spoiled answers and the cancelled calls; without one, each run differs.
    """
    if seed is None:
        seed = random.randrange(1_000_000)
    policy = RetryPolicy(transport=transport, base=0.02, cap=0.2)
    async with remote("hostile", messages=messages, seed=seed) as server:
        began = time.monotonic()
        async with TimClient(
            APP,
            SECRET_KEY,
            base_url=server.url,
            retry=policy,
            timeout=TIMEOUT_S,
            connect_timeout=TIMEOUT_S,
            pool_size=POOL_SIZE,
            rate_limits={"openim/sendmsg": 1_000_000},
            # User-defined trace hooks force the use of aiohttp's session.
            trace_configs=[aiohttp.TraceConfig()] if way == "session" else [],
        ) as client:
            sender = _Sender(client, messages, seed)
            await asyncio.gather(*(sender.work() for _ in range(TASKS)))
            retries = client.stats()["openim/sendmsg"].retries
        seconds = time.monotonic() - began
        counts = await server.request()
    faults = judge(sender.reported, counts["accepted"])
    tally = Counter(each.value for each in sender.reported.values())
    reports = ", ".join(f"{tally[each.value]:,} {each.value}" for each in Reported if tally[each.value])
    name = f"soak of {messages:,}, transport={transport}{', session' * (way == 'session')}"
    trouble = (
        f"{counts['trouble']:,} of {counts['requests']:,} answers in trouble, {counts['away']} times not listening"
    )
    return [
        Row(name=f"{name}: lost", value=faults["lost"], unit="messages", limit=0, note=reports),
        Row(
            name=f"{name}: doubled",
            value=faults["doubled"] + counts["others"],
            unit="messages",
            limit=0,
            note=f"{retries:,} repeats, {counts['repeats']:,} of them removed by the service",
        ),
        Row(
            name=f"{name}: reported wrongly",
            value=faults["wrong"],
            unit="messages",
            limit=0,
            note="; ".join(f"{count} x {error}" for error, count in sender.unexpected.most_common(3)) or trouble,
        ),
        Row(
            name=f"{name}: most connections open",
            value=counts["most_open"],
            unit="connections",
            limit=POOL_SIZE,
            note=f"as the server counts; {counts['connections']:,} in all, {seconds:.0f} s, seed {seed}",
        ),
        # Trouble that did not happen proves nothing.
        Row(
            name=f"{name}: kinds of trouble that did not happen",
            value=len(counts["missing_kinds"]),
            unit="kinds",
            limit=0,
            note=", ".join(counts["missing_kinds"]),
        ),
    ]
