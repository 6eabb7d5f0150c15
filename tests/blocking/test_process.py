"""The blocking client in its process: one thread for all clients, the exit of the interpreter, and forks."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from tests.clock import worst_window
from tests.scripted import OK, SECRET_KEY
from tim_async import UsageError
from tim_async.blocking import Campaign, TimClient
from tim_async.testing import FakePool

ROOT = Path(__file__).parents[2]
PRELUDE = """
import atexit, os, sys, threading, time
from tests.blocking.test_process import client_of, threads
from tim_async import Rate, UsageError
from tim_async.blocking import TimClient

def send(client):
    return client.request("openim/sendmsg", {})["MsgKey"][:5]

def refusal(client):
    try:
        return send(client)
    except UsageError as error:
        return "refused: " + str(error)
"""


def client_of(*script: bytes, **options: object) -> TimClient:
    """Make a client over a pool without sockets."""
    pool = FakePool(*(script or (OK,)))
    return TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", pool=pool, **options)  # type: ignore[arg-type]


def threads() -> int:
    """Return how many threads there are that belong to blocking clients."""
    return sum("tim_async.blocking" in thread.name for thread in threading.enumerate())


def command_of(script: str) -> list[str]:
    """Return how a script is run, with warnings as errors, except the one about forks with threads."""
    ignored = ["-W", "ignore:This process:DeprecationWarning"]
    return [sys.executable, "-W", "error", *ignored, "-c", PRELUDE + textwrap.dedent(script)]


def output_of(script: str, *, status: int = 0) -> list[str]:
    """Run a script that prints nothing to stderr; return the lines of its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        command_of(script), check=False, capture_output=True, encoding="utf-8", env=environment, timeout=30
    )
    assert done.stderr == ""
    assert done.returncode == status
    return done.stdout.splitlines()


# One thread for all


def test_clients_share_a_thread_that_ends_with_the_last_of_them() -> None:
    first, second, unused = client_of(), client_of(), client_of()
    assert threads() == 0
    assert first.request("openim/sendmsg", {})["ErrorCode"] == 0
    assert second.request("openim/sendmsg", {})["ErrorCode"] == 0
    assert threads() == 1
    first.close()
    with pytest.raises(UsageError, match="the client is closed"):
        first.request("openim/sendmsg", {})
    assert second.request("openim/sendmsg", {})["ErrorCode"] == 0
    second.close()
    second.close()
    unused.close()
    assert threads() == 0
    for closed in (first, second, unused):
        with pytest.raises(UsageError, match="the client is closed"):
            closed.request("openim/sendmsg", {})
        assert "closed" in repr(closed)
    with client_of() as third:
        assert third.request("openim/sendmsg", {})["ErrorCode"] == 0
        assert threads() == 1
    assert threads() == 0


def test_client_that_is_dropped_without_being_closed_is_closed() -> None:
    client = client_of()
    view = client.with_options(timeout=1)
    view.request("openim/sendmsg", {})
    pool = client.pool
    del client
    gc.collect()
    assert threads() == 1  # the view is a client as well
    del view
    gc.collect()
    end = time.monotonic() + 60
    while threads() and time.monotonic() < end:
        time.sleep(0.001)
    assert threads() == 0
    assert pool.is_closed


def test_first_calls_of_many_threads_start_one_thread() -> None:
    client = client_of(rate_limits={"openim/sendmsg": 100_000})
    together = threading.Barrier(64)
    seen: list[int] = []

    def call() -> None:
        together.wait()
        client.request("openim/sendmsg", {})
        seen.append(threads())

    callers = [threading.Thread(target=call) for _ in range(64)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert seen == [1] * 64
    client.close()
    assert threads() == 0


def test_closing_from_many_threads_leaves_none_behind() -> None:
    client = client_of()
    client.open()
    left: list[int] = []

    def close() -> None:
        client.close()
        left.append(threads())

    callers = [threading.Thread(target=close) for _ in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert left == [0] * 8


def test_thread_that_cannot_be_started_is_the_callers_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = client_of()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            client.open()
    client.open()
    client.close()
    assert threads() == 0


# The exit of the interpreter


def test_client_that_is_never_closed_neither_hangs_nor_warns() -> None:
    """Neither one in a module, nor one with calls that wait in threads of daemons, nor a half-read iterator."""
    began = time.monotonic()
    lines = output_of(
        """
        client = client_of(rate_limits={"openim/sendmsg": Rate(1, 600)})
        print(send(client))
        for _ in range(5):
            threading.Thread(target=send, args=(client,), daemon=True).start()
        while client.stats()["openim/sendmsg"].waiting < 5:
            time.sleep(0.001)
        print(threads())
        """
    )
    assert lines == ["89541", "1"]
    assert time.monotonic() - began < 15


def test_campaign_that_the_exit_ends_has_written_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.db"
    began = time.monotonic()
    lines = output_of(
        f"""
        from tim_async.blocking import Campaign
        client = client_of(rate_limits={{"openim/sendmsg": Rate(1, 0.2)}})
        accounts = [f"user-{{number}}" for number in range(50)]
        campaign = Campaign("long", ledger={str(path)!r}, recipients=accounts, message="hi", lanes="single")
        threading.Thread(target=campaign.run, args=(client,), daemon=True).start()
        while "openim/sendmsg" not in client.stats() or not client.stats()["openim/sendmsg"].succeeded:
            time.sleep(0.001)
        stream = client.c2c.stream("bob").__enter__()
        print(client.stats()["openim/sendmsg"].succeeded)
        """
    )
    assert time.monotonic() - began < 15
    report = Campaign("long", ledger=path).status()
    assert report.sent >= int(lines[0])
    assert report.in_flight == 0


def test_threads_that_outlive_the_main_thread_go_on() -> None:
    lines = output_of(
        """
        client, unused = client_of(), client_of()
        def work():
            threading.main_thread().join()
            print(send(client), send(unused), flush=True)
        if len(sys.argv) == 1:
            send(client)
        threading.Thread(target=work).start()
        """
    )
    assert lines == ["89541 89541"]


def test_call_after_the_exit_has_begun_is_refused() -> None:
    """Python calls handlers in reverse order: this one was registered before the library was imported, or after."""
    lines = output_of(
        """
        client, unused = client_of(), client_of()
        def after():
            print("after:", refusal(client)[:38])
            print("after:", refusal(unused)[:38])
            client.close(), unused.close()
        def before():
            print("before:", send(client))
            client.close()
            print("before:", refusal(unused)[:38])
        class Late:
            def __del__(self):
                after()
        send(client)
        atexit.register(before)
        late = Late()
        """
    )
    exiting = "refused: the interpreter is exiting an"
    assert lines[0] == "before: 89541"
    assert lines[1:] == [f"before: {exiting}", "after: refused: the client is closed", f"after: {exiting}"]


def test_ctrl_c_ends_a_script_that_waits_for_its_turn() -> None:
    script = """
        client = client_of(rate_limits={"openim/sendmsg": Rate(1, 600)})
        send(client)
        print("waits", flush=True)
        try:
            send(client)
        finally:
            print(client.stats()["openim/sendmsg"].cancelled, client.stats()["openim/sendmsg"].waiting)
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command_of(script), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waits\n"
    time.sleep(0.05)  # a Ctrl-C that comes before it waits has the same outcome
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out in ("1 0\n", "0 0\n")
    assert err.rstrip().endswith(
        "KeyboardInterrupt\nopenim/sendmsg was cancelled before anything was sent; it cannot have taken effect"
    )
    assert err.count("Traceback") == 1


# Forks


FORK = """
        def in_child(function):
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                try:
                    function()
                finally:
                    sys.stdout.flush()
                    os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
"""


def test_client_that_was_used_before_a_fork_stays_with_the_parent() -> None:
    lines = output_of(
        FORK
        + """
        client, unused = client_of(), client_of()
        def child():
            print("child:", refusal(client))
            client.close()
            print("child:", threads(), send(unused), threads())
            with client_of() as own:
                print("child:", send(own))
            unused.close()
            print("child:", threads())
        with client:
            print("parent:", send(client))
            in_child(child)
            print("parent:", send(client), send(unused), threads())
        """
    )
    assert lines[1].startswith("child: refused: the client was used before this process was forked")
    assert "create one client in each process, or make the first call after the fork (gunicorn" in lines[1]
    assert lines[:1] + lines[2:] == [
        "parent: 89541",
        "child: 0 89541 1",
        "child: 89541",
        "child: 0",
        "parent: 89541 89541 1",
    ]


@pytest.mark.soak
def test_forks_while_threads_call_hold_up_neither_side() -> None:
    lines = output_of(
        FORK
        + """
        import gc
        client = client_of(rate_limits={"openim/sendmsg": 1_000_000})
        is_over = threading.Event()
        def work():
            while not is_over.is_set():
                send(client)
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        def child():
            gc.collect()
            assert refusal(client).startswith("refused: the client was used before")
            with client_of() as own:
                assert send(own)
            gc.collect()
        for _ in range(10):
            in_child(child)
        is_over.set()
        for worker in workers:
            worker.join()
        client.close()
        print(threads())
        """
    )
    assert lines == ["0"]


def test_child_of_multiprocessing_exits_with_an_open_client() -> None:
    lines = output_of(
        """
        import multiprocessing
        client = client_of()
        def child():
            print("child:", send(client), flush=True)
        if __name__ == "__main__":
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
            process.join(20)
            print(process.exitcode, send(client))
        """
    )
    assert lines == ["child: 89541", "0 89541"]


def test_fork_in_what_a_call_asks_of_its_caller_ends_the_call_in_the_child() -> None:
    lines = output_of(
        """
        from tim_async.blocking._job import current_job
        from tim_async.blocking._home import portal
        def fork():
            sys.stdout.flush()
            return os.fork()
        async def ask():
            return await current_job().in_caller(fork)
        with portal() as entered:
            try:
                child = entered.serve(ask)
            except UsageError as error:
                print("child:", str(error)[:30], flush=True)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            print("parent goes on")
        print(threads())
        """
    )
    assert lines == ["child: the client was used before thi", "parent goes on", "0"]


PREFORK = """
        import json, logging
        from pathlib import Path
        from tim_async import HostRateLimiter
        logging.basicConfig(stream=sys.stdout, format="%(message)s")
        folder = Path(FOLDER)
        class Noted(KIND):
            granted = []
            async def acquire(self, claim, slot):
                await super().acquire(claim, slot)
                self.granted.append(time.monotonic())
        limiter = Noted(ARGS)
        client = client_of(limiter=limiter, rate_limits={"openim/sendmsg": Rate(10, 0.5)})
        def worker():
            until = time.monotonic() + 1.5
            with client:
                while time.monotonic() < until:
                    send(client)
            (folder / f"{os.getpid()}.json").write_text(json.dumps(limiter.granted))
        sys.stdout.flush()
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                try:
                    worker()
                finally:
                    sys.stdout.flush()
                    os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
"""


def run_prefork(folder: Path, kind: str, arguments: str) -> tuple[list[str], list[float]]:
    """Run a server of four worker processes; return what they print, and when they sent."""
    script = PREFORK.replace("FOLDER", repr(str(folder))).replace("KIND", kind).replace("ARGS", arguments)
    lines = output_of(
        textwrap.dedent(script).replace("class Noted", "from tim_async import LocalRateLimiter\nclass Noted")
    )
    return lines, [when for path in folder.glob("*.json") for when in json.loads(path.read_text())]


def test_workers_of_a_prefork_server_share_one_limit_by_a_host_limiter(tmp_path: Path) -> None:
    lines, granted = run_prefork(tmp_path, "HostRateLimiter", f"folder={str(tmp_path)!r}")
    assert lines == []
    assert len(granted) > 1
    assert worst_window(granted, 0.5) <= 10


def test_workers_of_a_prefork_server_say_that_each_has_a_limit_of_its_own(tmp_path: Path) -> None:
    lines, granted = run_prefork(tmp_path, "LocalRateLimiter", "")
    assert len(lines) == 4
    assert {line[:72] for line in lines} == {"the client was created before this process was forked, and has its own l"}
    assert all("limiter=HostRateLimiter() shares one limit" in line for line in lines)
    assert worst_window(granted, 0.5) > 10
