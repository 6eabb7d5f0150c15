"""The thread of a ledger, when the tasks and the loop that wait for it end."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest

from tim_async import UsageError
from tim_async.bulk._ledger.thread import WorkerThread


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "tim_async: test"]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, whatever happens."""
    gate = threading.Event()
    yield gate
    gate.set()


async def test_functions_run_in_their_order_in_one_thread() -> None:
    thread = WorkerThread("tim_async: test")
    done: list[tuple[int, str]] = []

    def note(number: int) -> int:
        done.append((number, threading.current_thread().name))
        return -number

    assert await asyncio.gather(*(thread.submit(partial(note, number)) for number in range(5))) == [0, -1, -2, -3, -4]
    assert done == [(number, "tim_async: test") for number in range(5)]


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3)], ids=lambda error: type(error).__name__)
async def test_failure_is_that_of_the_caller(error: BaseException) -> None:
    thread = WorkerThread("tim_async: test")

    def fail() -> None:
        raise error

    done, _ = await asyncio.wait([thread.submit(fail)])
    assert done.pop().exception() is error
    assert await thread.submit(lambda: 7) == 7


async def test_what_is_cancelled_before_its_turn_is_not_run(gate: threading.Event) -> None:
    thread = WorkerThread("tim_async: test")
    done: list[int] = []
    first = thread.submit(gate.wait)
    second = thread.submit(lambda: done.append(2))
    second.cancel()
    gate.set()
    assert await first
    await thread.submit(lambda: done.append(3))
    assert done == [3]


async def test_what_is_cancelled_at_work_ends_by_itself(gate: threading.Event) -> None:
    thread = WorkerThread("tim_async: test")
    started = threading.Event()
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))

    def work() -> None:
        started.set()
        gate.wait()

    first = thread.submit(work)
    await asyncio.to_thread(started.wait)
    first.cancel()
    gate.set()
    assert await thread.submit(lambda: "next") == "next"
    assert first.cancelled()
    assert problems == []


def test_loop_that_ends_before_the_function(gate: threading.Event) -> None:
    thread, done = WorkerThread("tim_async: test"), threading.Event()

    async def leave() -> None:
        thread.submit(gate.wait)
        thread.submit(done.set)

    asyncio.run(leave())
    gate.set()
    assert done.wait(10)

    async def again() -> str:
        return await thread.submit(lambda: "in another loop")

    assert asyncio.run(again()) == "in another loop"


async def test_thread_ends_with_the_last_reference() -> None:
    thread = WorkerThread("tim_async: test")
    await thread.submit(int)
    [running] = threads()
    seen = weakref.ref(thread)
    del thread
    gc.collect()
    assert seen() is None
    running.join(10)
    assert not threads()


async def test_thread_that_waits_keeps_no_result() -> None:
    class Large:
        pass

    thread = WorkerThread("tim_async: test")
    result = weakref.ref(await thread.submit(Large))
    async with asyncio.timeout(60):
        while result() is not None:
            await asyncio.sleep(0.001)
            gc.collect()


async def test_forked_process_is_refused() -> None:
    thread = WorkerThread("tim_async: test")
    real = os.getpid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getpid", lambda: real + 1)
        with pytest.raises(UsageError, match="before the process forked"):
            thread.submit(int)
    assert await thread.submit(int) == 0


def test_process_ends_while_the_thread_works() -> None:
    code = (
        "import asyncio, threading\n"
        "from tim_async.bulk._ledger.thread import WorkerThread\n"
        "async def main():\n"
        "    WorkerThread('x').submit(threading.Event().wait)\n"
        "asyncio.run(main())\n"
        "print('over')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
