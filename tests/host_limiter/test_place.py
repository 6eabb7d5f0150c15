"""The folder of the files: this user's own, and nothing that another user has put there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.shared_limits.claims import FAST, claim, grant
from tim_async import HostRateLimiter, LimiterSetupError, LimiterUnavailableError, UsageError
from tim_async._host_limiter import place

Make = Callable[..., Awaitable[HostRateLimiter]]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runtime folder of the user."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


async def test_runtime_folder_of_the_user_is_used(runtime: Path) -> None:
    async with HostRateLimiter() as limiter:
        await grant(limiter, claim(FAST))
    (file,) = (runtime / "tim-async").iterdir()
    assert file.name == "tim%3A1.limits"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert repr(limiter) == f"<HostRateLimiter at the file of limits in {runtime}/tim-async>"


@pytest.mark.parametrize("value", ["", "relative", "/does/not/exist"])
def test_without_a_runtime_folder_there_is_a_private_one(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", value)
    found = place.own_folder()
    assert found in (Path(f"/run/user/{os.geteuid()}/tim-async"), Path(f"/tmp/tim-async-{os.geteuid()}"))


def test_runtime_folder_of_another_user_is_left_alone(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo -E` and `su` keep the variable."""
    uid = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert place.own_folder() == Path(f"/tmp/tim-async-{uid}")


def test_runtime_folder_that_others_can_write_to_is_not_used(runtime: Path) -> None:
    runtime.chmod(0o777)
    assert runtime not in place.own_folder().parents


async def test_folder_that_goes_while_it_is_used_is_left_for_the_next_one(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runtime folder is removed when the user's last session ends, while a service of the user continues."""
    folder = runtime / "tim-async"
    monkeypatch.setattr(place, "own_folder", lambda: folder)
    async with HostRateLimiter() as limiter:
        await grant(limiter, claim(FAST))
        folder = tmp_path / "next"
        await grant(limiter, claim(FAST, command="openim/other"))
    assert [each.name for each in (tmp_path / "next").iterdir()] == ["tim%3A1.limits"]


def plant_link(path: Path, folder: Path) -> None:
    path.symlink_to(folder, target_is_directory=True)


def plant_dangling(path: Path, folder: Path) -> None:
    path.symlink_to(folder / "nothing")


def plant_file(path: Path, folder: Path) -> None:
    path.write_bytes(b"")


def plant_open(path: Path, folder: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize(
    ("plant", "problem"),
    [
        (plant_link, "is not a folder"),
        (plant_dangling, "is not a folder"),
        (plant_file, "is not a folder"),
        (plant_open, "can be written to by other users"),
    ],
)
async def test_what_others_put_in_the_place_of_the_folder_is_refused(
    plant: Callable[[Path, Path], None], problem: str, runtime: Path, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir(mode=0o700)
    plant(runtime / "tim-async", aside)
    async with HostRateLimiter() as limiter:
        with pytest.raises(LimiterSetupError, match=problem) as caught:
            await grant(limiter, claim(FAST))
    assert caught.value.field == "folder"
    assert list(aside.iterdir()) == []


async def test_folder_of_another_user_is_refused(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (runtime / "tim-async").mkdir(mode=0o700)
    found = place.own_folder()
    monkeypatch.setattr(place, "own_folder", lambda: found)
    monkeypatch.setattr("tim_async._host_limiter.place.os.geteuid", lambda: 12345)
    async with HostRateLimiter() as limiter:
        with pytest.raises(LimiterSetupError, match="belongs to another user") as caught:
            await grant(limiter, claim(FAST))
    assert caught.value.field == "folder"


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(lambda path: path.symlink_to(path.with_name("other")), id="link"),
        pytest.param(lambda path: path.mkdir(), id="folder"),
        pytest.param(lambda path: os.mkfifo(path), id="pipe"),
        pytest.param(lambda path: path.write_text("notes that matter"), id="foreign file"),
    ],
)
async def test_what_stands_in_the_place_of_the_file_is_refused_and_kept(
    plant: Callable[[Path], None], host: Make, tmp_path: Path
) -> None:
    file = tmp_path / "tim%3A1.limits"
    plant(file)
    before = file.lstat()
    limiter = await host()
    with pytest.raises(LimiterSetupError, match="remove it") as caught:
        await grant(limiter, claim(FAST))
    assert caught.value.field == "folder"
    after = file.lstat()
    assert (after.st_ino, after.st_size, after.st_mode) == (before.st_ino, before.st_size, before.st_mode)
    assert not (tmp_path / "other").exists()


async def test_given_folder_is_made(tmp_path: Path) -> None:
    async with HostRateLimiter(folder=str(tmp_path / "limits")) as limiter:
        await grant(limiter, claim(FAST))
    assert stat.S_IMODE((tmp_path / "limits").stat().st_mode) == 0o700


async def test_given_folder_does_not_depend_on_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    limiter = HostRateLimiter(folder="limits")
    monkeypatch.chdir("/")
    async with limiter:
        await grant(limiter, claim(FAST))
    assert (tmp_path / "limits").is_dir()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.chmod(0o777), id="others can write"),
        pytest.param(lambda path: (path.rmdir(), path.write_bytes(b"")), id="file"),
        pytest.param(lambda path: (path.rmdir(), path.parent.rmdir()), id="no parent"),
    ],
)
async def test_given_folder_that_cannot_be_used_fails_at_once(spoil: Callable[[Path], Any], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    spoil(folder)
    async with HostRateLimiter(folder=folder) as limiter:
        with pytest.raises(LimiterSetupError, match=str(folder)) as caught:
            await grant(limiter, claim(FAST))
        assert caught.value.field == "folder"
        assert limiter.stats().outages == 0


@pytest.mark.parametrize("folder", [5, "", b"bytes", "a\0b"])
def test_folder_that_is_no_path_is_refused(folder: Any) -> None:
    with pytest.raises(UsageError) as caught:
        HostRateLimiter(folder=folder)
    assert caught.value.field == "folder"


async def test_ping_looks_at_the_folder(host: Make, tmp_path: Path) -> None:
    limiter = await host()
    await limiter.ping()
    limiter = await host(folder=tmp_path / "no" / "parent")
    with pytest.raises(LimiterUnavailableError, match="No such file"):
        await limiter.ping()


def test_system_without_these_locks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows, where `fcntl` cannot be imported."""
    for name in ("tim_async._host_limiter.host_link", "tim_async._host_limiter.state_file"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(UsageError, match="RedisRateLimiter"):
        HostRateLimiter()
