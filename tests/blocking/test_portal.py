"""The loop in its own thread: what a caller gets from it, whatever happens to either."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.blocking.interruption import Interruption, after
from tim_async import TimError, UsageError, may_have_been_delivered
from tim_async.blocking._job import Job, current_job
from tim_async.blocking._portal import CLOSED, Portal

pytestmark = pytest.mark.usefixtures("_left_behind")


@pytest.fixture
def portal() -> Iterator[Portal]:
    portal = Portal()
    portal.start()
    yield portal
    portal.stop(CLOSED)
    portal.join(10)
    assert not [thread for thread in threading.enumerate() if "tim_async.blocking" in thread.name]
    assert portal.jobs == set()


async def double(number: int, *, plus: int = 0) -> int:
    await asyncio.sleep(0)
    return 2 * number + plus


def test_call_returns_what_the_coroutine_returns(portal: Portal) -> None:
    assert portal.run(double, 21) == 42
    assert portal.run(double, 21, plus=1) == 43
    assert portal.serve(double, 1) == 2


class OddError(Exception):
    """An error of the test."""


async def fail(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


@pytest.mark.parametrize("kind", [OddError, SystemExit, KeyboardInterrupt, GeneratorExit, StopAsyncIteration])
def test_caller_gets_the_very_error_and_the_loop_goes_on(kind: type[BaseException], portal: Portal) -> None:
    error = kind("why")
    with pytest.raises(kind) as caught:
        portal.run(fail, error)
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    assert portal.run(double, 1) == 2


def test_traceback_leads_from_the_caller_to_where_it_was_raised(portal: Portal) -> None:
    with pytest.raises(OddError) as caught:
        portal.run(fail, OddError())
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_traceback_leads_from_the_caller_to_where_it_was_raised"
    assert names[-1] == "fail"
    assert names.count("_run") == 1  # the portal's own, not the job's


def test_task_that_ends_the_loops_run_ends_nothing_else(portal: Portal) -> None:
    async def start() -> None:
        tasks.append(asyncio.create_task(fail(SystemExit(3))))
        await asyncio.sleep(0.01)

    tasks: list[asyncio.Task[None]] = []

    portal.loop.set_exception_handler(lambda *_: None)
    for _ in range(3):
        portal.run(start)
    assert portal.run(double, 1) == 2


def test_call_runs_in_the_context_of_its_caller(portal: Portal) -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    name.set("outside")

    async def change() -> str:
        seen = name.get()
        name.set("inside")
        return seen

    assert portal.run(change) == "outside"
    assert name.get() == "outside"


def test_nothing_is_kept_of_a_call_that_is_over(portal: Portal) -> None:
    class Thing:
        pass

    async def make(given: Thing) -> Thing:
        return Thing()

    async def refuse(given: Thing) -> None:
        raise OddError

    given = Thing()
    found = [weakref.ref(portal.run(make, given)), weakref.ref(given)]
    with pytest.raises(OddError):
        portal.run(refuse, given)
    del given
    portal.run(double, 1)
    gc.collect()
    assert [ref() for ref in found] == [None, None]


def test_ten_thousand_calls_from_64_threads_all_return(portal: Portal) -> None:
    results: list[int] = []

    def work(start: int) -> None:
        results.extend(portal.run(double, number) for number in range(start, 10_000, 64))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [2 * number for number in range(10_000)]


# Interrupted


class Waiting:
    """A call that waits until it is cancelled, and then as long as the test wants."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end: asyncio.Event | None = None
        self.ended: list[str] = []

    async def __call__(self) -> None:
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            if self.may_end is not None:
                await self.may_end.wait()
            self.ended.append("cancelled")
            error.maybe_delivered = True  # type: ignore[attr-defined]  # as a call does that was sent
            error.add_note("openim/sendmsg was cancelled")
            raise


def test_interrupted_caller_has_cancelled_the_call_when_the_interruption_goes_on(
    portal: Portal, interrupt: Callable[[], None]
) -> None:
    waiting = Waiting()
    thread = after(waiting.has_begun, interrupt)
    with pytest.raises(Interruption) as caught:
        portal.run(waiting)
    assert waiting.ended == ["cancelled"]
    assert may_have_been_delivered(caught.value)
    assert caught.value.__notes__ == ["openim/sendmsg was cancelled"]
    assert caught.value.__context__ is None
    thread.join()


def test_ctrl_c_is_a_keyboard_interrupt_of_the_caller(portal: Portal) -> None:
    waiting = Waiting()
    thread = after(waiting.has_begun, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        portal.run(waiting)
    assert waiting.ended == ["cancelled"]
    thread.join()


def test_second_interruption_does_not_wait_for_the_end(portal: Portal, interrupt: Callable[[], None]) -> None:
    waiting = Waiting()
    may_end = waiting.may_end = asyncio.Event()
    is_cancelled = threading.Event()
    cancel = Job.cancel

    def cancelling(job: Job[Any]) -> None:
        cancel(job)
        is_cancelled.set()

    threads = [after(waiting.has_begun, interrupt), after(is_cancelled, interrupt)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Job, "cancel", cancelling)
        with pytest.raises(Interruption) as caught:
            portal.run(waiting)
    assert waiting.ended == []
    assert caught.value.__context__ is None
    portal.loop.call_soon_threadsafe(may_end.set)
    for thread in threads:
        thread.join()


def test_interruption_that_comes_with_the_result_says_that_the_call_may_have_taken_effect(portal: Portal) -> None:
    class LateJob(Job[int]):
        def wait(self) -> None:
            super().wait()
            raise Interruption

    with pytest.raises(Interruption) as caught:
        portal._run(LateJob(portal, double, (1,), {}, is_served=False))
    assert may_have_been_delivered(caught.value)


@pytest.mark.parametrize("is_handed_over", [True, False])
def test_call_that_is_cancelled_before_it_begins_is_never_made(is_handed_over: bool, portal: Portal) -> None:
    made: list[int] = []

    async def make() -> None:
        made.append(1)

    job = Job(portal, make, (), {}, is_served=False)

    async def cancel_at_once() -> None:
        if is_handed_over and sys.version_info < (3, 12):  # where a task does not begin at once
            job.begin()
        job.cancel()
        job.begin()

    portal.run(cancel_at_once)
    job.wait()
    with pytest.raises(TimError, match="cancelled"):
        job.outcome()
    assert made == []


# Served by the caller


def test_what_a_call_asks_for_is_done_in_the_calling_thread(portal: Portal) -> None:
    async def ask() -> tuple[threading.Thread, threading.Thread]:
        return await current_job().in_caller(threading.current_thread), threading.current_thread()

    asked, own = portal.serve(ask)
    assert asked is threading.current_thread()
    assert own.name == "tim_async.blocking"


def test_tasks_of_a_call_ask_its_caller_too(portal: Portal) -> None:
    async def ask() -> list[int]:
        idents: list[int] = await asyncio.gather(*(current_job().in_caller(threading.get_ident) for _ in range(100)))
        return idents

    assert set(portal.serve(ask)) == {threading.get_ident()}


@pytest.mark.parametrize("kind", [OddError, TimError, asyncio.CancelledError])
def test_what_the_caller_raises_is_raised_where_it_is_awaited(kind: type[BaseException], portal: Portal) -> None:
    error = kind("why")

    def work() -> None:
        raise error

    async def ask() -> BaseException | None:
        try:
            await current_job().in_caller(work)
        except kind as raised:
            return raised
        return None

    if issubclass(kind, Exception):
        assert portal.serve(ask) is error
    else:  # anything that is not an Exception is the caller's
        with pytest.raises(kind):
            portal.serve(ask)


def test_stop_iteration_of_the_caller_is_no_end_of_anything_else(portal: Portal) -> None:
    async def ask() -> object:
        return await current_job().in_caller(next, iter(()))

    with pytest.raises(RuntimeError, match="StopIteration") as caught:
        portal.serve(ask)
    assert isinstance(caught.value.__cause__, StopIteration)


def test_interruption_of_what_the_caller_does_cancels_the_call(portal: Portal) -> None:
    ended: list[str] = []

    def work() -> None:
        raise Interruption

    async def ask() -> None:
        try:
            await current_job().in_caller(work)
        finally:
            ended.append("ended")

    with pytest.raises(Interruption):
        portal.serve(ask)
    assert ended == ["ended"]


def test_call_made_by_what_a_call_asks_for_is_made(portal: Portal) -> None:
    async def ask() -> int:
        result: int = await current_job().in_caller(portal.run, double, 4)
        return result

    assert portal.serve(ask) == 8


def test_caller_that_left_is_asked_for_nothing_more(portal: Portal, interrupt: Callable[[], None]) -> None:
    asked: list[int] = []
    is_cancelled, has_asked = threading.Event(), threading.Event()
    may_ask = asyncio.Event()

    async def ask() -> None:
        job = current_job()
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_cancelled.set()
            await may_ask.wait()
            try:
                await job.in_caller(asked.append, 1)
            finally:
                has_asked.set()

    began = threading.Event()
    threads = [after(began, interrupt), after(is_cancelled, interrupt)]
    with pytest.raises(Interruption):
        portal.serve(ask)
    portal.loop.call_soon_threadsafe(may_ask.set)
    assert has_asked.wait(10)
    assert asked == []
    for thread in threads:
        thread.join()


def test_posted_functions_are_called_in_order_before_the_call_returns(portal: Portal) -> None:
    seen: list[int] = []

    async def ask() -> None:
        for number in range(100):
            current_job().post_to_caller(lambda number=number: seen.append(number))  # type: ignore[misc]

    portal.serve(ask)
    assert seen == list(range(100))


# Refused


async def test_call_from_a_running_loop_is_refused_with_the_remedy(portal: Portal) -> None:
    with pytest.raises(UsageError, match=r"tim_async\.TimClient there, with .async with. and .await."):
        portal.run(double, 1)
    assert await asyncio.to_thread(portal.run, double, 1) == 2


def test_call_from_the_loops_own_thread_is_refused_with_the_remedy(portal: Portal) -> None:
    async def call() -> None:
        portal.run(double, 1)

    with pytest.raises(UsageError, match=r"a call would wait for itself.*move the call to another thread"):
        portal.run(call)


# The end


def test_end_of_the_loop_ends_every_call_that_waits(portal: Portal) -> None:
    errors: list[Exception] = []
    all_wait = threading.Barrier(101)

    async def wait() -> None:
        await asyncio.Event().wait()

    def call() -> None:
        all_wait.wait()
        try:
            portal.run(wait)
        except UsageError as error:
            errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(100)]
    for thread in threads:
        thread.start()
    all_wait.wait()
    portal.stop(CLOSED)  # some of the calls have started by now, others have not
    for thread in threads:
        thread.join(10)
    assert {str(error) for error in errors} <= {CLOSED, f"{CLOSED}; the call was in flight"}
    assert len(errors) == 100


def test_call_that_comes_between_the_last_turn_and_the_end_of_the_loop_is_refused(portal: Portal) -> None:
    late: list[Job[int]] = []

    async def last() -> None:
        job = Job(portal, double, (1,), {}, is_served=False)
        portal.jobs.add(job)  # and the loop has no turn left to begin it
        late.append(job)

    shutdown = portal.loop.shutdown_asyncgens

    async def shutdown_with_a_call() -> None:
        await shutdown()
        await last()

    portal.loop.shutdown_asyncgens = shutdown_with_a_call  # type: ignore[method-assign]
    portal.stop(CLOSED)
    portal.join(10)
    (job,) = late
    job.wait()
    with pytest.raises(UsageError, match=CLOSED):
        job.outcome()
    with pytest.raises(UsageError, match=CLOSED):
        portal.run(double, 1)


def test_call_after_the_loop_is_closed_is_refused_whichever_thread_looked_before(portal: Portal) -> None:
    portal.stop(CLOSED)
    portal.join(10)
    portal.refusal = None  # as it was when the caller looked
    with pytest.raises(UsageError, match=CLOSED):
        portal.run(double, 1)
    portal.post(print, "not printed")


def test_task_that_does_not_end_holds_the_end_up_for_a_bounded_time(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tim_async.blocking._portal._LAST_TASKS_S", 0.05)

    async def stay() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def start() -> None:
        tasks.append(asyncio.create_task(stay()))
        await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    portal.loop.set_exception_handler(lambda *_: None)
    portal.run(start)
    portal.stop(CLOSED)
    portal.join(10)
    assert portal.loop.is_closed()
    tasks[0]._log_destroy_pending = False  # type: ignore[attr-defined]  # it is, and that is the point
    for coroutine in (tasks.pop().get_coro(),):
        assert coroutine is not None


def test_thread_of_the_loops_executor_ends_with_it(portal: Portal) -> None:
    async def use() -> str:
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert portal.run(use).startswith("tim_async.blocking")
