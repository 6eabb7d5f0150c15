"""What identifies messages does not come from `random`, which an app may seed."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tim_async
from tests.families.groups import make_group, texts
from tests.layers import modules
from tim_async import _randomness
from tim_async.emulator import Emulator

SENDER = """
import random
random.seed(1234)
import asyncio, os, sys
import tim_async
random.seed(1234)

async def main(name, group):
    async with tim_async.TimClient.from_env() as client:
        for number in range(3):
            random.seed(1234)
            await client.group_msg.send_text(group, f"{name}{number}")

asyncio.run(main(*sys.argv[1:]))
"""

NUMBERS = """
import random
random.seed(1234)
from tim_async._core.call import ClientState
from tim_async._core.config import Credentials, Settings
from tim_async._core.retry import RetryPolicy, next_backoff
from tim_async.errors import from_reply
from tim_async.models.group_msg import SendGroupMsg
from tim_async.models.c2c import SendMsg

random.seed(1234)
print(SendGroupMsg(group_id="g", msg_body=[]).identified().random)
random.seed(1234)
print(SendMsg(to_account="bob", msg_body=[]).identified().msg_random)
random.seed(1234)
print(ClientState(Credentials(1400000000, "k" * 64, "admin"), Settings(), None, "").query("").partition("random=")[2])
random.seed(1234)
print(next_backoff(RetryPolicy(), from_reply("openim", 91000, ""), attempt=1, elapsed=0, repeat="never"))
"""


async def start(code: str, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )


async def test_two_processes_with_one_seed_both_reach_a_group() -> None:
    async with Emulator() as emulator:
        emulator.add_accounts("alice", "bob", "carol")
        group = make_group(emulator)
        address = {
            "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
            "TIM_SECRET_KEY": emulator.secret_key,
            "TIM_BASE_URL": emulator.url,
        }
        both = [await start(SENDER, name, group, **address) for name in "ab"]
        assert [await process.wait() for process in both] == [0, 0]
        assert sorted(texts(emulator.group_history(group))) == ["a0", "a1", "a2", "b0", "b1", "b2"]


async def test_no_number_follows_from_a_seed() -> None:
    outputs = [(await (await start(NUMBERS)).communicate())[0].split() for _ in range(2)]
    assert [len(numbers) for numbers in outputs] == [4, 4]
    assert all(one != other for one, other in zip(*outputs, strict=True)), outputs


def test_no_module_uses_the_random_module() -> None:
    """Except for faults of the emulator, whose seed is an argument."""
    users = [
        name
        for name, path in modules(Path(tim_async.__file__).parent).items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "random" and not node.level)
    ]
    assert users == ["emulator.server.fault_kinds"]


def test_numbers_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_randomness, "_words", [])
    monkeypatch.setattr(os, "urandom", lambda size: b"\x01\x00\x00\x80" * (size // 4))
    assert _randomness.random_u32() == 0x80000001
    assert _randomness.uniform(10, 20) == pytest.approx(15)


FORK = """
import os
from tim_async._randomness import random_u32

random_u32()
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, b" ".join(b"%d" % random_u32() for _ in range(20)))
    os._exit(0)
os.wait()
child = os.read(reader, 10_000).split()
assert len(child) == 20
assert not {int(number) for number in child} & {random_u32() for _ in range(256)}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no forking here")
def test_a_forked_process_shares_no_number_with_its_parent() -> None:
    subprocess.run([sys.executable, "-c", FORK], check=True)
