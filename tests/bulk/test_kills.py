"""The command line's own process, killed with SIGKILL at work and run again. At full size: `python -m benchmarks`."""

from __future__ import annotations

import asyncio
import os
import random
import sys

import pytest

from tests.bulk.conftest import each_got, until
from tim_async.emulator import DEFAULT_SECRET_KEY

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
COUNT = 600
KILLS = 3


async def start(emulator, folder, *args):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIM_")}
    own = {
        "TIM_BASE_URL": emulator.url,
        "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
        "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
        "PYTHONPATH": os.getcwd(),
    }
    line = ["bulk", "run", "people.csv", "--name", "spring", *args]
    limits = ["--limit", "openim/sendmsg=100000", "--limit", "openim/batchsendmsg=6000000/min"]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tim_async",
        *line,
        *limits,
        cwd=folder,
        env={**kept, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize(
    "args",
    [("--text", "Hi $name"), ("--text", "Hi", "--lanes", "both", "--batch-size", "10")],
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
    told, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert f"{COUNT} of {COUNT} recipients sent, 0 failed, 0 unknown, 0 to do" in told.decode()
    assert each_got(emulator) == {1: COUNT}
