"""Run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

from . import bursts, cap, cost
from .comparison import compare, comparison
from .report import Row, merge, table

Case = Callable[[], Coroutine[None, None, list[Row]]]
LOOPS = ("asyncio", "uvloop")


def late(module: str, function: str, *arguments: object) -> Case:
    """Return a case whose module is imported when it runs, because it needs more than the others."""

    async def case() -> list[Row]:
        rows: list[Row] = await getattr(import_module(f"{__package__}.{module}"), function)(*arguments)
        return rows

    return case


CASES: dict[str, tuple[Case, str]] = {
    **{
        f"overhead-{way}-{loop}": (partial(cost.overhead, way), loop)
        for way in ("connection", "session")
        for loop in LOOPS
    },
    **{f"throughput-{loop}": (cost.throughput, loop) for loop in LOOPS},
    "encoding": (cost.encoding, "asyncio"),
    "import": (cost.import_time, "asyncio"),
    "startup": (late("startup", "startup"), "asyncio"),
    "memory": (cost.memory, "asyncio"),
    "enqueueing": (cost.enqueueing, "asyncio"),
    **{f"cap-{tasks}-{loop}": (partial(cap.steady, tasks), loop) for loop in LOOPS for tasks in (1, 50, 5000)},
    "crowd": (cap.at_once, "asyncio"),
    "crowd-idle": (cap.after_idle, "asyncio"),
    "crowd-cancelled": (cap.cancelled, "asyncio"),
    "crowd-faults": (cap.faults, "asyncio"),
    "stall": (cap.stall, "asyncio"),
    "priority": (cap.priority, "asyncio"),
    **{f"soak-{transport}": (late("soak", "soak", transport), "asyncio") for transport in ("never", "connect", "any")},
    "soak-session": (late("soak", "soak", "any", "session"), "asyncio"),
    "bursts": (bursts.at_once, "asyncio"),
    "bursts-poisson": (bursts.poisson, "asyncio"),
    **{f"adaptive-{group}": (late("adaptive", "adaptive", group), "asyncio") for group in ("random", "free", "two")},
    **{
        f"adaptive-redis-{group}": (late("adaptive", "adaptive", group, "redis"), "asyncio")
        for group in ("random", "free")
    },
    "blocking-cap": (late("threads", "cap"), "asyncio"),
    "blocking-cost": (late("threads", "cost"), "asyncio"),
    "blocking-handing-over": (late("threads", "handing_over"), "asyncio"),
    "emulator-watched": (late("watching", "watched"), "asyncio"),
    "side-by-side": (late("side_by_side", "side_by_side"), "asyncio"),
    "campaign-limit": (late("campaign", "at_the_limits", "single"), "asyncio"),
    "campaign-both": (late("campaign", "at_the_limits", "both"), "asyncio"),
    "campaign-interactive": (late("campaign", "interactive"), "asyncio"),
    **{
        f"campaign-killed-{kind}": (late("campaign", "killed", f"killed 30 times, {name}", trouble, *args), "asyncio")
        for kind, name, trouble, args in (
            ("single", "one by one", 0.0, ("single", "--text", "Hi $name")),
            ("both", "both lanes", 0.0, ("both", "--text", "Hi", "--lanes", "both")),
            ("trouble", "a tenth of the calls in trouble", 0.1, ("single", "--text", "Hi $name")),
        )
    },
    **{
        f"campaign-late-{lanes}": (late("campaign", "late", f"killed, run again later, {lanes}", lanes), "asyncio")
        for lanes in ("single", "batch")
    },
    "recipient-cost": (late("recipient", "cost"), "asyncio"),
    "recipient-cost-postgresql": (late("postgres", "cost"), "asyncio"),
    "recipient-export": (late("recipient", "export"), "asyncio"),
    "suppression-lists": (late("suppression", "lists"), "asyncio"),
    "suppression-cost": (late("suppression", "cost"), "asyncio"),
    "recipient-start": (late("recipient", "start"), "asyncio"),
    **{
        f"campaign-million-{what}": (late("campaign", "million", what), "asyncio")
        for what in ("plan", "ledger", "batch", "single")
    },
    **{
        f"planning-{kind}-{order}-{where}": (late("planning", "planning", kind, order, where), "asyncio")
        for where in ("sqlite", "postgresql")
        for kind in ("csv", "list")
        for order in ("random", "sorted", "duplicates")
    },
    "planning-copy-postgresql": (late("postgres", "copy"), "asyncio"),
    "planning-killed": (late("planning", "killed"), "asyncio"),
    "workers": (late("workers", "survive"), "asyncio"),
    "workers-starved": (late("starved", "starved"), "asyncio"),
    "workers-sharing": (late("together", "share"), "asyncio"),
    "cluster": (late("cluster", "steady"), "asyncio"),
    "cluster-stopped": (late("cluster", "stopped"), "asyncio"),
    "cluster-restarted": (late("cluster", "restarted"), "asyncio"),
    "host-4": (late("host", "steady", 4), "asyncio"),
    "host-8": (late("host", "steady", 8), "asyncio"),
    "host-killed": (late("host", "killed"), "asyncio"),
    **{
        f"cluster-vs-{kind}": (late("cluster", "compare", kind, name, processes), "asyncio")
        for kind, name, processes in (
            ("local", "local limiter", 1),
            ("shared", "Redis limiter", 8),
            ("unbatched", "Redis limiter without batches", 8),
            ("limits", "limits", 8),
            ("throttled", "throttled-py", 8),
        )
    },
}


def run(case: Case, loop: str) -> list[Row]:
    """Run one benchmark on its event loop, for at most ten minutes."""

    def factory() -> asyncio.AbstractEventLoop:
        if loop == "uvloop":
            import uvloop

            return uvloop.new_event_loop()
        return asyncio.new_event_loop()

    async def bounded() -> list[Row]:
        async with asyncio.timeout(600):
            return await case()

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(bounded())


def chosen_cases(words: Sequence[str]) -> dict[str, tuple[Case, str]]:
    """Return the named cases; a word that is not a name selects all that contain it, no words select all."""
    if not words:
        return CASES
    return {
        name: case
        for word in words
        for name, case in ({word: CASES[word]} if word in CASES else CASES).items()
        if word in name
    }


def machine() -> str:
    """Describe what the figures depend on: processor, cores, system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the table")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="compare with a saved table; 1 if one is worse")
    parser.add_argument("--repeat", type=int, metavar="N", default=1, help="run each case N times (1)")
    parser.add_argument(
        "--only", metavar="WORD", action="append", default=[], help="run the case of this name, or all that contain it"
    )
    parser.add_argument("--list", action="store_true", help="list the cases and stop")
    chosen = parser.parse_args()
    cases = chosen_cases(chosen.only)
    if chosen.list:
        print("\n".join(cases))
        return 0
    # Read before anything is run: a table that cannot be read is not worth the wait.
    before = json.loads(chosen.compare.read_text(encoding="utf-8"))["rows"] if chosen.compare else None
    rows: list[Row] = []
    for name, (case, loop) in cases.items():
        start = time.perf_counter()
        rows += merge([run(case, loop) for _ in range(chosen.repeat)])
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(f"Python {platform.python_version()}, {machine()}")
    print(table(rows))
    if chosen.json:
        document = {
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "machine": machine(),
            "rows": [row.as_json() for row in rows],
        }
        chosen.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    is_worse = False
    if before is not None:
        changes = compare(before, rows)
        is_worse = any(change.verdict == "WORSE" for change in changes)
        print(f"\nAgainst {chosen.compare}\n{comparison(changes)}")
    return 1 if is_worse or any(row.is_kept is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
