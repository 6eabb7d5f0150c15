"""What names the machine since it was started, and the clock that its processes read alike."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clock import worst_window
from tests.shared_limits.claims import FAST, claim, grant, ready
from tim_async import HostRateLimiter
from tim_async._host_limiter import machine, state_file


def test_boot_id_is_the_same_for_all_processes_until_the_machine_is_started_again() -> None:
    found = subprocess.check_output(
        [sys.executable, "-c", "from tim_async._host_limiter.machine import boot_id; print(boot_id())"], text=True
    )
    assert found.strip() == machine.boot_id()
    if sys.platform == "linux":
        assert len(machine.boot_id()) == 36


@pytest.mark.parametrize(
    ("offsets", "own", "expected"),
    [
        pytest.param("monotonic           0         0\nboottime            0         0\n", True, 0.0, id="none"),
        pytest.param("monotonic        1000 500000000\nboottime           7 0\n", True, 1000.5, id="ahead"),
        pytest.param("monotonic       -1000 500000000\n", True, -999.5, id="behind"),
        pytest.param("monotonic        1000 0\n", False, 0.0, id="of children only"),
        pytest.param("what is this\n\nmonotonic x\n", True, 0.0, id="garbage"),
        pytest.param(None, True, 0.0, id="not there"),
    ],
)
def test_offset_of_a_time_namespace_is_read(
    offsets: str | None, own: bool, expected: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "time").symlink_to("time:[1]")
    (tmp_path / "time_for_children").symlink_to("time:[1]" if own else "time:[2]")
    if offsets is not None:
        (tmp_path / "offsets").write_text(offsets)
    monkeypatch.setattr(machine, "_NAMESPACES", tmp_path)
    monkeypatch.setattr(machine, "_OFFSETS", tmp_path / "offsets")
    assert machine.clock_offset_s() == pytest.approx(expected)


def test_system_that_has_no_boot_id_is_borne(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_BOOT_ID", tmp_path / "nothing")
    machine.boot_id.cache_clear()
    assert machine.boot_id() == ""
    asyncio.run(grant(HostRateLimiter(folder=tmp_path), claim(FAST)))
    machine.boot_id.cache_clear()


_GRANTS = """
import asyncio, json, sys, time
from tests.shared_limits.claims import FAST, claim, crowd
from tim_async import HostRateLimiter
from tim_async._host_limiter.machine import clock_offset_s

async def main():
    async with HostRateLimiter(folder=sys.argv[1]) as limiter:
        granted = await crowd(limiter, FAST, count=60)
    print(json.dumps([when - clock_offset_s() for when in granted]))

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare on this machine")
async def test_processes_in_a_time_namespace_share_the_limits_too(tmp_path: Path) -> None:
    """Their monotonic clock differs by a day; a moment is the same to both."""
    spaced = ("unshare", "-T", "--monotonic", "86400", "--", sys.executable)
    look = await asyncio.create_subprocess_exec(*spaced, "-c", "", stderr=asyncio.subprocess.DEVNULL)
    if await look.wait():
        pytest.skip("time namespaces need rights that this user does not have")
    children = [
        await asyncio.create_subprocess_exec(*command, "-c", _GRANTS, tmp_path, stdout=asyncio.subprocess.PIPE)
        for command in (spaced, (sys.executable,))
    ]
    answers = [(await child.communicate())[0] for child in children]
    parts = [json.loads(each) for each in answers]
    log = sorted(when for part in parts for when in part)
    assert len(log) == 120
    assert log[-1] - log[0] < 60
    assert worst_window(log, FAST.per) <= FAST.limit


async def test_file_from_before_the_machine_was_started_is_a_lost_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_file, "_IN_USE_S", 0.0)
    async with HostRateLimiter(folder=tmp_path) as limiter:
        await ready(limiter)
        epoch = limiter._apps[1].epoch
        monkeypatch.setattr(state_file, "boot_id", lambda: "another start")
        await grant(limiter, claim(FAST))
        assert limiter._apps[1].epoch != epoch
