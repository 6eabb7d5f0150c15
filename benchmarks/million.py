"""A million recipients: memory and speed of planning, of the ledger alone, and of whole runs.

Run as `python -m benchmarks.million plan|ledger|batch|single`; prints one JSON object. Planning, the ledger and the run
in batches have the full size; the latter uses an emulator, which keeps every message and needs 3 GB.

One by one, a million calls would take too long, so these runs are shorter. The ledger's speed comes from a run with
immediate answers, without a socket: its cost per recipient does not depend on their number, as `ledger` shows at full
size. The memory growth comes from a run through an emulator, extrapolated: the growth in its second half is assumed to
repeat for every further block of that many recipients.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self

from tim_async import TimClient
from tim_async.bulk import Campaign, Template
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import Changes, Outcome, SendStart
from tim_async.bulk._ledger.schema import Lane, RecipientState

from .campaign import LIMIT, LIMITS, write_people
from .cap import APP
from .processes import REPLY, SECRET_KEY, remote

MILLION: Final = 1_000_000
SHORTER: Final = 40_000
WITHOUT_SOCKET: Final = 200_000
BODY: Final = '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi Name 123456, spring has come"}}]}'


def used_mb() -> float:
    """Return the memory currently in use."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """Return the peak memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class _Slot:
    """A place in a pool that answers immediately."""

    def take_nowait(self) -> bool:
        return True

    async def take(self) -> None: ...

    def release(self) -> None: ...

    async def post(self, command: str, query: str, body: bytes, *, timeout: float) -> bytes:
        await asyncio.sleep(0)
        return REPLY

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class NoSocketPool:
    """A pool whose calls are answered immediately."""

    is_closed = False
    calls = 0

    def open(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def slot(self, rank: tuple[int, int]) -> _Slot:
        self.calls += 1
        return _Slot()

    async def warm_up(self, connections: int) -> int:
        return 0

    async def close(self) -> None: ...


async def plan(folder: Path) -> dict[str, object]:
    """Read a CSV of a million rows into a ledger, and weigh the messages."""
    people = folder / "people.csv"
    write_people(people, MILLION)
    before, began = used_mb(), time.perf_counter()
    campaign = Campaign("big", ledger=folder / "big.db", recipients=people, message=Template("Hi $name"))
    progress = await campaign.plan()
    seconds = time.perf_counter() - began
    assert progress.recipients == MILLION
    return _result("planned from CSV", MILLION, seconds, peak_mb() - before, f"{seconds:.0f} s")


async def ledger(folder: Path) -> dict[str, object]:
    """Claim, write ahead with a message each, settle: the whole life of a million recipients on disk."""
    before = used_mb()
    async with Ledger(folder / "big.db", purpose="benchmark") as book:
        made = await book.campaigns.create(
            "big", kind="template", message="{}", fingerprint="x", chunk_size=50, now=time.time()
        )
        staging = book.staging(made)
        await staging.begin(source="", message="x", limit=12_288)
        for first in range(0, MILLION, 20_000):
            numbers = range(first, first + 20_000)
            await staging.add([(number, number + 1, f"user-{number}", None, None, None) for number in numbers])
        await staging.end()
        await staging.sort()
        while await staging.move():
            pass
        await staging.finish()
        began = time.perf_counter()
        changes, commits = Changes(), 0
        while chunks := await book.chunks.claim(made.id, limit=4):
            changes.starts = [
                SendStart(
                    number=chunk.number,
                    lane=Lane.SINGLE,
                    since=time.time(),
                    bodies=[(recipient.ordinal, BODY) for recipient in chunk.recipients],
                )
                for chunk in chunks
            ]
            await book.chunks.apply(made.id, changes)
            changes = Changes(
                outcomes=[
                    Outcome(ordinal=recipient.ordinal, state=RecipientState.SENT, msg_key="1_2_3" * 5, msg_time=1)
                    for chunk in chunks
                    for recipient in chunk.recipients
                ],
                done=[chunk.number for chunk in chunks],
            )
            commits += 2
        await book.chunks.apply(made.id, changes)
        seconds = time.perf_counter() - began
        counts = await book.queries.counts(made.id)
    assert counts == {(RecipientState.SENT, None): MILLION}
    note = f"{commits:,} commits, each synced, {seconds:.0f} s"
    return _result("the ledger by itself", MILLION, seconds, peak_mb() - before, note)


async def batch(folder: Path, count: int = MILLION) -> dict[str, object]:
    """A whole run in batches, through an emulator."""
    campaign = Campaign(
        "big", ledger=folder / "big.db", recipients=(f"user-{number}" for number in range(count)), message="Hi"
    )
    async with (
        remote("emulator", LIMIT) as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, rate_limits=LIMITS) as client,
    ):
        await campaign.plan(client=client)
        before, began = used_mb(), time.perf_counter()
        report = await campaign.run(client)
        seconds = time.perf_counter() - began
        grown = peak_mb() - before
        counts = await server.request()
    assert report.sent == count
    assert (counts["recipients"], counts["doubled"]) == (count, 0)
    return _result("run in batches", count, seconds, grown, f"through an emulator, {seconds:.0f} s")


async def single(folder: Path, count: int = SHORTER, without_socket: int = WITHOUT_SOCKET) -> dict[str, object]:
    """Runs one by one, shorter: through an emulator for memory, then without a socket for the ledger's speed."""
    people = folder / "people.csv"
    write_people(people, count)
    campaign = Campaign("big", ledger=folder / "big.db", recipients=people, message=Template("Hi $name"))
    at_half: list[float] = []
    async with (
        remote("emulator", LIMIT) as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, rate_limits=LIMITS) as client,
    ):
        await campaign.plan(client=client)
        before, began = used_mb(), time.perf_counter()
        report = await campaign.run(
            client, on_progress=lambda done: at_half.append(used_mb()) if done.settled >= count / 2 else None
        )
        seconds = time.perf_counter() - began
        after, own = used_mb(), peak_mb() - before
    assert report.sent == count
    later = max(after - at_half[0], 0.0)
    grown = own + later * (MILLION - count) / (count / 2)
    note = (
        f"run of {count:,} through an emulator: {own:.1f} MB, of which {later:.2f} MB in its second half, "
        f"{seconds:.0f} s; pace: run of {without_socket:,} without a socket"
    )
    return {
        **_result("run one by one, extrapolated", MILLION, seconds, grown, note),
        "rate": await _pace(folder, without_socket),
    }


async def _pace(folder: Path, count: int) -> float:
    """Return the recipients a second of a one-by-one run with immediate answers."""
    people = folder / "pace.csv"
    write_people(people, count)
    campaign = Campaign("pace", ledger=folder / "pace.db", recipients=people, message=Template("Hi $name"))
    async with TimClient(APP, SECRET_KEY, pool=NoSocketPool(), rate_limits=LIMITS) as client:
        await campaign.plan(client=client)
        began = time.perf_counter()
        report = await campaign.run(client)
        seconds = time.perf_counter() - began
    assert report.sent == count
    return count / seconds


def _result(what: str, count: int, seconds: float, grown_mb: float, note: str) -> dict[str, object]:
    return {
        "what": what,
        "count": count,
        "rate": count / seconds,
        "least": 3000,
        "grown_mb": grown_mb,
        "note": note,
    }


def main() -> None:
    case = {"plan": plan, "ledger": ledger, "batch": batch, "single": single}[sys.argv[1]]
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(asyncio.run(case(Path(place)))))


if __name__ == "__main__":
    main()
