"""Suppression lists of a million: the cost of reading and counting them, and of skipping recipients.

Run as `python -m benchmarks.suppression FOLDER`; prints one JSON object. Neighbouring accounts are far apart, and a
tenth of the campaign is on the list. The run is shorter, over a pool without sockets: its cost per recipient does not
depend on their number.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from tim_async.bulk import Campaign, SuppressionLists, Template

from .million import MILLION, peak_mb, used_mb
from .recipient import new_client
from .report import Row

_RUN = 20_000
_SHARE = 10
# Not a divisor of a million: neighbours are far apart.
_SCATTER = 618_033


async def lists() -> list[Row]:
    """A list of a million, in a separate process."""
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(_write, Path(folder))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.suppression", folder, stdout=asyncio.subprocess.PIPE
        )
        found = json.loads((await process.communicate())[0])
    name = f"suppression list of {MILLION:,}"
    return [
        Row(name=f"{name}: memory grows by while it is read", value=found["read_mb"], unit="MB", limit=60),
        Row(name=f"{name}: entries read", value=MILLION / found["read_s"], unit="per CPU second"),
        Row(name=f"{name}: memory has grown by after a plan of as many", value=found["plan_mb"], unit="MB", limit=60),
        Row(name=f"{name}: counted by a plan", value=found["count_s"], unit="s CPU", note=f"{MILLION:,} recipients"),
        Row(name=f"{name}: memory has grown by after a run of {_RUN:,}", value=found["run_mb"], unit="MB", limit=60),
    ]


async def cost(count: int = 10_000, rounds: int = 5) -> list[Row]:
    """The cost of a recipient, one by one: with a list of a million, with a bound on messages, and with neither."""
    plain, listed, bounded = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        entries = folder / "entries.txt"
        entries.write_text("\n".join(f"other-{number}" for number in range(MILLION)), encoding="utf-8")
        await SuppressionLists(folder / "listed.db").add(entries)
        for turn in range(rounds):
            recipients = [{"account": f"user-{number}", "name": f"Name {number}"} for number in range(count)]
            for seconds, ledger, options in (
                (plain, "plain.db", {}),
                (listed, "listed.db", {}),
                (bounded, "bounded.db", {"at_most": (rounds + 1, 7)}),
            ):
                campaign = Campaign(
                    f"turn {turn}",
                    ledger=folder / ledger,
                    recipients=recipients,
                    message=Template("Hi $name"),
                    **options,  # type: ignore[arg-type]  # of one argument
                )
                async with new_client() as client:
                    await campaign.plan(client=client)
                    began = time.process_time()
                    report = await campaign.run(client)
                    seconds.append((time.process_time() - began) / count * 1e6)
                assert report.sent == count
    name = "a recipient, one by one, call included"
    none = min(plain)
    return [
        Row(name=f"{name}: neither list nor bound", value=none, unit="us CPU"),
        Row(name=f"{name}: a list of {MILLION:,} in the ledger", value=min(listed), unit="us CPU", baseline=none),
        Row(name=f"{name}: at most so many messages", value=min(bounded), unit="us CPU", baseline=none),
    ]


def _write(folder: Path) -> None:
    """Write the files: the accounts of the list, every tenth of them a recipient's, and the recipients.

    They are written line by line, because a started process inherits this one's peak memory.
    """
    for name, step in (("entries.txt", _SHARE), ("people.txt", 1)):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.writelines(f"user-{number * _SCATTER % MILLION * step}\n" for number in range(MILLION))


async def _measure(folder: Path) -> dict[str, float]:
    ledger = folder / "big.db"
    found: dict[str, float] = {}
    before, began = used_mb(), time.process_time()
    change = await SuppressionLists(ledger).add(folder / "entries.txt")
    found |= {"read_mb": peak_mb() - before, "read_s": time.process_time() - began}
    assert change.added == MILLION
    plan = await Campaign("big", ledger=ledger, recipients=folder / "people.txt", message="Hi").plan()
    found["plan_mb"] = peak_mb() - before
    assert plan.suppressed == MILLION // _SHARE
    began = time.process_time()
    await Campaign("big", ledger=ledger).plan()
    found["count_s"] = time.process_time() - began
    some = (f"user-{number}" for number in range(_RUN))
    async with new_client() as client:
        report = await Campaign("small", ledger=ledger, recipients=some, message=Template("Hi $account")).run(client)
    found["run_mb"] = peak_mb() - before
    assert (report.sent, report.suppressed) == (_RUN - _RUN // _SHARE, _RUN // _SHARE)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(Path(sys.argv[1])))))
