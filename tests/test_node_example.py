"""A test suite in another language steers the emulator: the example for Node."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tim_async.emulator import Emulator

SCRIPT = Path(__file__).parents[1] / "examples" / "emulator" / "steer.mjs"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="needs Node.js: `node` on PATH")
async def test_node_plans_a_fault_sends_reads_the_inbox_and_resets() -> None:
    assert NODE is not None
    async with Emulator() as emulator:
        emulator.add_accounts("carol")
        process = await asyncio.create_subprocess_exec(
            NODE,
            str(SCRIPT),
            env={"PATH": os.environ["PATH"], "TIM_BASE_URL": emulator.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            output, errors = await process.communicate()
        assert (process.returncode, errors.decode()) == (0, "")
        assert output.decode("utf-8").splitlines() == [
            "attempts of the app: 2",
            'bob\'s inbox: ["alice: welcome 🌸"]',
            "codes, the newest first: [0,20004]",
            "messages after the reset: 0",
        ]
        assert set(emulator.accounts) == {"administrator"}


@pytest.mark.skipif(NODE is None, reason="needs Node.js: `node` on PATH")
async def test_node_says_what_the_service_refused() -> None:
    assert NODE is not None
    async with Emulator(secret_key="k" * 64) as emulator:
        process = await asyncio.create_subprocess_exec(
            NODE,
            str(SCRIPT),
            env={"PATH": os.environ["PATH"], "TIM_BASE_URL": emulator.url},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            _, errors = await process.communicate()
        assert process.returncode == 1
        assert "70009" in errors.decode()
