"""The command line as a separate process: killed, stopped, watched on a terminal. Full test: `python -m benchmarks`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import sqlite3
import sys

import pytest

from tests.bulk.conftest import accounts, each_got, until
from tim_async.emulator import DEFAULT_SECRET_KEY

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
COUNT = 600
KILLS = 3


FAST = ("--limit", "openim/sendmsg=100000", "--limit", "openim/batchsendmsg=6000000/min")


async def start(emulator, folder, *args, source="people.csv", limits=FAST, stderr=asyncio.subprocess.PIPE):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIM_")}
    own = {
        "TIM_BASE_URL": emulator.url,
        "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
        "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
        "TIM_LEDGER": str(folder / "spring.db"),
        "PYTHONPATH": os.getcwd(),
        "TERM": "xterm",
        "COLUMNS": "200",
    }
    line = ["bulk", "run", *([] if source is None else [source]), "--name", "spring", *args]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tim_async",
        *line,
        *limits,
        cwd=folder,
        env={**kept, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("--text", "Hi $name"), marks=pytest.mark.soak),
        ("--text", "Hi", "--lanes", "both", "--batch-size", "10"),
    ],
    ids=["single", "both"],
)
async def test_killed_at_work_and_run_again(emulator, tmp_path, args):
    rows = "\n".join(f"u{index},Name {index}" for index in range(COUNT))
    (tmp_path / "people.csv").write_text(f"account,name\n{rows}\n", encoding="utf-8")
    emulator.faults.delay(0.05, after=True)  # so that some are always on their way
    rng, kills = random.Random(1), 0
    for _ in range(KILLS):
        process = await start(emulator, tmp_path, *args)
        enough = len(emulator.messages()) + rng.randint(1, COUNT // KILLS // 2)
        await until(lambda: len(emulator.messages()) >= enough or process.returncode is not None)  # noqa: B023
        if process.returncode is None:
            process.kill()
            kills += 1
        await process.communicate()
    assert kills > 0
    emulator.faults.clear()
    process = await start(emulator, tmp_path, *args)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert f"{COUNT} of {COUNT} recipients sent, 0 failed, 0 unknown, 0 to do" in output.decode()
    assert each_got(emulator) == {1: COUNT}


def read_so_far(ledger):
    """How many rows of the source a ledger has, and whether it is planned; 0 while there is none."""
    try:
        book = sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0, 0
    try:
        query = "SELECT coalesce(reading ->> 'rows', recipients), is_planned FROM tim_bulk_campaigns"
        return book.execute(query).fetchone() or (0, 0)
    except sqlite3.OperationalError:
        return 0, 0
    finally:
        book.close()


@pytest.mark.soak
async def test_killed_while_it_is_planned_and_run_again(emulator, tmp_path):
    count, ledger = 60_000, tmp_path / "spring.db"
    (tmp_path / "people.csv").write_text("\n".join(["account", *accounts(count)]) + "\n", encoding="utf-8")
    line = ("--text", "Hi", "--batch-size", "500")
    before = 0
    for _ in range(2):
        process = await start(emulator, tmp_path, *line)
        before, _ = read_so_far(ledger)
        await until(lambda: 0 < read_so_far(ledger)[0] > before or process.returncode is not None)  # noqa: B023
        process.kill()
        await process.communicate()
        assert 0 < read_so_far(ledger)[0] < count
        assert read_so_far(ledger)[1] == 0
    assert emulator.count() == 0
    process = await start(emulator, tmp_path, source=None)
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "the plan of 'spring' was not finished: give FILE" in errors.decode()
    process = await start(emulator, tmp_path, *line)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert "60,000 of 60,000 recipients sent, 0 failed" in output.decode()
    assert each_got(emulator) == {1: count}


async def test_second_signal_does_not_wait_for_what_is_in_flight(emulator, tmp_path):
    (tmp_path / "people.csv").write_text("\n".join(["account", *accounts(200)]) + "\n", encoding="utf-8")
    line = ("--text", "Hi $account")
    emulator.faults.delay(30, after=True)
    process = await start(emulator, tmp_path, *line)
    await until(lambda: len(emulator.messages()) >= 20)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        while b"a second signal stops at once" not in (await process.stderr.readline()):
            pass
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert "stopped at once; to continue, run it again: tim-async bulk run people.csv" in errors.decode()
    assert "Traceback" not in errors.decode()
    emulator.faults.clear()
    process = await start(emulator, tmp_path, *line)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert each_got(emulator) == {1: 200}


async def test_display_on_a_terminal_shows_how_far_it_is(emulator, tmp_path):
    (tmp_path / "people.csv").write_text("\n".join(["account", *accounts(120)]) + "\n", encoding="utf-8")
    emulator.faults.answer(90048, times=3)
    emulator.faults.answer(20003, times=2)
    ours, theirs = os.openpty()
    shown = b""
    try:
        process = await start(
            emulator, tmp_path, "--text", "Hi $account", limits=("--limit", "openim/sendmsg=60"), stderr=theirs
        )
    finally:
        os.close(theirs)

    def read():
        nonlocal shown
        with contextlib.suppress(OSError):  # the process has ended and closed its side
            while part := os.read(ours, 65536):
                shown += part

    reading = asyncio.create_task(asyncio.to_thread(read))
    async with asyncio.timeout(30):
        await process.communicate()
        await reading
    os.close(ours)
    assert process.returncode == 1
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"spring ━+.* \d+% \d+ sent, 5 failed \(90048: 3, 20003: 2\), \d+ of \d+/s, 0:00:0\d left", text)
    assert re.search(r"spring ━+ 100% 115 sent, 5 failed \(90048: 3, 20003: 2\), \d+ of (59|60)/s", text)
