"""The file: its state survives a killed writer, and a lost or damaged file starts a new epoch."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.host_limiter.conftest import limits_file
from tests.shared_limits.claims import FAST, claim, grant, ready
from tests.shared_limits.script import PLAIN, SECOND, START, STEM, FileStore, settled
from tim_async import HostRateLimiter, LimiterUnavailableError, Rate
from tim_async._host_limiter import state_file
from tim_async._host_limiter.share import StoredShare
from tim_async._host_limiter.state import StoredApp, StoredBucket
from tim_async._host_limiter.state_file import BusyError, DamagedError, StateFile

Make = Callable[..., Awaitable[HostRateLimiter]]
NOW = 1000.0
APP = StoredApp("epoch", NOW, 0.0, 0.0, 0.0, [], 1.0, StoredShare())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def opened(folder: int, now: float = NOW) -> StateFile:
    return StateFile(folder, "1.limits", lambda: now)


def bucket(tail: float = 0.0, *, kept_until: float = NOW + 1, slices: int = 0) -> StoredBucket:
    found = [(float(index), 1, 0, 1) for index in range(slices)]
    return StoredBucket("epoch", kept_until, tail, 0.0, [], found, 5000.0, NOW, 200, 200.0, 1e6, StoredShare())


def newest(folder: Path, cell: int) -> int:
    """Return where the half of a cell lies that counts."""
    data, size = limits_file(folder).read_bytes(), state_file._HALF_SIZE
    halves = [state_file._HEAD_SIZE + cell * 2 * size + each * size for each in (0, 1)]
    return max(halves, key=lambda at: int.from_bytes(data[at : at + 8], "little"))


def damage(path: Path, at: int, data: bytes = b"\xff" * 40) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_what_was_saved_is_read_again(folder: int) -> None:
    with opened(folder) as file:
        assert file.app("app") is None
        assert file.bucket("a") is None
        file.save("app", APP, [("a", bucket(7.0)), ("b", bucket(8.0))])
    for tail in (9.0, 10.0, 11.0):
        with opened(folder) as file:
            assert file.app("app") == APP
            file.save("app", APP, [("a", bucket(tail))])
        with opened(folder) as file:
            assert (file.bucket("a"), file.bucket("b")) == (bucket(tail), bucket(8.0))


def test_lock_is_held_until_it_is_closed(folder: int) -> None:
    with opened(folder), pytest.raises(BusyError):
        opened(folder)
    opened(folder).close()


def test_writer_that_was_killed_leaves_what_was_there_before(folder: int, tmp_path: Path) -> None:
    for tail in (1.0, 2.0, 3.0):
        with opened(folder) as file:
            file.save("app", APP, [("a", bucket(tail))])
    cell = state_file._index("a", 64)
    damage(limits_file(tmp_path), newest(tmp_path, cell) + 30)
    with opened(folder) as file:
        assert file.bucket("a") == bucket(2.0)
        file.save("app", APP, [("a", bucket(4.0))])
    with opened(folder) as file:
        assert file.bucket("a") == bucket(4.0)


def test_damage_of_both_halves_is_noticed(folder: int, tmp_path: Path) -> None:
    for _ in range(2):
        with opened(folder) as file:
            file.save("app", APP, [("a", bucket())])
    cell = state_file._HEAD_SIZE + state_file._index("a", 64) * 2 * state_file._HALF_SIZE
    for half in (0, state_file._HALF_SIZE):
        damage(limits_file(tmp_path), cell + half)
    with opened(folder) as file, pytest.raises(DamagedError):
        file.bucket("a")


@pytest.mark.parametrize("what", ["app", "bucket"])
async def test_damaged_state_is_a_lost_one(what: str, host: Make, tmp_path: Path) -> None:
    limiter = await host()
    await ready(limiter)
    for _ in range(3):
        await grant(limiter, claim(FAST))
    epoch = limiter._apps[1].epoch
    size = 2 * state_file._HALF_SIZE
    name = f"{limiter._apps[1]._stem}:openim/sendmsg:0:"
    at = state_file._HEAD_SIZE + (0 if what == "app" else state_file._index(name, 64)) * size
    damage(limits_file(tmp_path), at, os.urandom(size))
    before = time.monotonic()
    await grant(limiter, claim(FAST))
    assert limiter._apps[1].epoch != epoch
    assert time.monotonic() - before >= FAST.per, "nothing goes before a burst of the old state has left"


@pytest.mark.parametrize("length", [0, 1, 30, 100, 4096, 5000, 30_000, 500_000])
async def test_file_that_was_cut_short_is_a_lost_state(length: int, host: Make, tmp_path: Path) -> None:
    limiter = await host()
    await ready(limiter)
    epoch = limiter._apps[1].epoch
    os.truncate(limits_file(tmp_path), length)
    await grant(limiter, claim(FAST))
    assert limiter._apps[1].epoch != epoch


def test_whatever_lies_in_the_file_is_answered(tmp_path: Path) -> None:
    """Bytes are changed at random; a reservation is made every time, and not before its time."""
    own, store = random.Random(1), FileStore(tmp_path)
    caller, at = settled(store), float(START)
    for _ in range(150):
        at += own.choice((0, 1000, 300_000, 2_000_000))
        try:
            answer = caller.reserve(at, [3, PLAIN, own.choice((0, 5))], refused=[[own.choice((0, 1)), at - 1000]])
        except DamagedError:
            store.lose()  # as the limiter does it
            continue
        assert answer["batches"][0] or answer["bursts"][0]
        assert all(each >= at for each in answer["batches"][0])
        file = tmp_path / "1.limits"
        for _ in range(own.choice((0, 0, 1, 5))):
            cell = own.choice((0, state_file._index(f"{STEM}:0", 64)))
            offset = state_file._HEAD_SIZE + cell * 2 * state_file._HALF_SIZE
            damage(file, offset + own.randrange(600), own.randbytes(own.choice((1, 8, 200))))


async def test_removed_file_is_made_again(host: Make, tmp_path: Path) -> None:
    one, two = await host(), await host()
    await ready(one)
    await grant(two, claim(FAST))
    limits_file(tmp_path).unlink()
    for each in (one, two, one):
        await grant(each, claim(FAST))
    assert one._apps[1].epoch == two._apps[1].epoch


async def test_removed_folder_is_made_again(tmp_path: Path) -> None:
    async with HostRateLimiter(folder=tmp_path / "limits") as limiter:
        await ready(limiter)
        limits_file(tmp_path / "limits").unlink()
        (tmp_path / "limits").rmdir()
        await grant(limiter, claim(FAST))


async def test_other_format_is_waited_for_while_it_is_in_use_and_then_replaced(
    host: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions of this library, or two kernels, would take each other's state for lost in turn."""
    limiter = await host(outage_wait_s=0.2)
    await ready(limiter)
    file = limits_file(tmp_path)
    monkeypatch.setattr(state_file, "_FORMAT", 0x04030201)
    damage(file, 0, state_file._head(64))
    monkeypatch.undo()
    with pytest.raises(LimiterUnavailableError, match="in use by another version"):
        await grant(limiter, claim(FAST))
    assert file.read_bytes()[len(state_file._MAGIC) :].startswith(b"\1\2\3\4")
    os.utime(file, (time.time() - 6, time.time() - 6))
    limiter._link.outage.failed_at -= 0.3  # calls fail at once for a moment
    await grant(limiter, claim(FAST))
    assert "is available again" in caplog.text


def test_format_is_another_one_with_every_change_of_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "StoredApp", StoredBucket)
    assert state_file._format() != state_file._FORMAT


# A disk that is full


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A disk that has no room while something is in the list."""
    write, full = os.pwrite, [""]

    def pwrite(descriptor: int, data: bytes, at: int) -> int:
        if not full:
            return write(descriptor, data, at)
        if full[0] == "short":
            return write(descriptor, data[: len(data) // 2], at)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    full.clear()
    monkeypatch.setattr(os, "pwrite", pwrite)
    return full


@pytest.mark.parametrize("way", ["error", "short"])
@pytest.mark.parametrize("is_new", [True, False])
async def test_full_disk_is_an_outage(way: str, is_new: bool, host: Make, full_disk: list[str]) -> None:
    limiter = await host(outage_wait_s=0.2)
    if not is_new:
        await ready(limiter)
    full_disk.append(way)
    with pytest.raises(LimiterUnavailableError, match=r"No space left on device.*nothing was sent"):
        await grant(limiter, claim(FAST))
    full_disk.clear()
    limiter._link.outage.failed_at -= 0.3  # calls fail at once for a moment
    await grant(limiter, claim(FAST))
    assert limiter.stats().outages == 1


async def test_what_came_back_does_not_come_back_twice_where_it_was_saved_in_part(
    host: Make, full_disk: list[str]
) -> None:
    limiter = await host()
    await ready(limiter, FAST, Rate(1000))
    request_class = limiter._request_class(claim(FAST, Rate(1000)))
    app, buckets = request_class.scheduler.app, request_class.buckets
    (batch,) = await app.reserve(buckets, batches=[(5, [(1, 1), (2, 1)], 0)])
    back = [(at, [(each, 1, each.length) for each in buckets]) for at in batch.moments[2:]]
    asked: list[int] = []
    answer = limiter._link._answer

    def count(name: str, keys: list[str], request: object) -> object:
        asked.append(len(request.back))  # type: ignore[attr-defined]
        full_disk[:] = ["error"] if len(asked) == 1 else []
        return answer(name, keys, request)  # type: ignore[arg-type]

    limiter._link._answer = count  # type: ignore[method-assign,assignment]
    await app.reserve(buckets, back=back)
    assert asked == [len(back), 0]


# More keys than fit


def test_file_grows_with_its_keys_and_keeps_them(folder: int, tmp_path: Path) -> None:
    names = [f"group {index}" for index in range(2000)]
    sizes = set()
    for start in range(0, len(names), 100):
        with opened(folder) as file:
            file.save("app", APP, [(name, bucket(5.0, slices=12)) for name in names[start : start + 100]])
        sizes.add(limits_file(tmp_path).stat().st_size)
    assert len(sizes) > 1
    with opened(folder) as file:
        assert file.app("app") == APP
        assert {file.bucket(name) == bucket(5.0, slices=12) for name in names} == {True}
    assert [each.name for each in tmp_path.iterdir()] == ["1.limits"]


def full(*_: object, **__: object) -> None:
    raise OSError("full")


def test_growth_that_was_killed_is_begun_again(folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1.limits.new").write_bytes(b"half of it")
    with opened(folder) as file:
        file.save("app", APP, [("kept", bucket(5.0))])
        many = [(f"group {index}", bucket(slices=12)) for index in range(2000)]
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", full)
            with pytest.raises(OSError, match="full"):
                file.save("app", APP, many)
    with opened(folder) as file:
        assert file.bucket("kept") == bucket(5.0)
        file.save("app", APP, many)
    with opened(folder) as file:
        assert file.bucket("kept") == bucket(5.0)


def test_who_waited_for_the_smaller_file_finds_the_larger_one(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was opened earlier, and is replaced before it is locked."""
    with opened(folder) as file:
        file.save("app", APP, [("a", bucket(1.0))])
    lock, first = fcntl.flock, list[bool]()

    def flock(descriptor: int, how: int) -> None:
        if not first:
            first.append(True)
            os.rename("1.limits", "aside", src_dir_fd=folder, dst_dir_fd=folder)
            with opened(folder) as other:
                other.save("app", APP, [("a", bucket(2.0))])
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with opened(folder) as file:
        assert file.bucket("a") == bucket(2.0)


def test_what_no_longer_matters_is_left_out(folder: int, tmp_path: Path) -> None:
    for round_ in range(50):
        now = NOW + 10 * round_
        with opened(folder, now) as file:
            names = [f"group {round_} {index}" for index in range(100)]
            file.save("app", APP, [(name, bucket(kept_until=now + 1, slices=12)) for name in names])
    assert limits_file(tmp_path).stat().st_size == state_file._size(64)
    used = limits_file(tmp_path).stat().st_blocks * 512
    assert used <= 64 * 2 * 8192 + 3 * 8192


async def test_long_and_odd_prefixes_make_file_names(host: Make, tmp_path: Path) -> None:
    for prefix in ("a/b", "..", "短信", "p" * 300, "😀" * 60):
        await grant(await host(prefix=prefix), claim(Rate(1000), command=prefix))
    found = os.listdir(tmp_path)
    assert len(found) == 5
    assert all(each.endswith(".limits") and len(each) < 200 for each in found)


async def test_keys_of_any_text_are_kept_apart(host: Make) -> None:
    limiter = await host()
    group = Rate(5, key="group_id")
    for key in ("@TGS#群组😀", "a:b}", "", "x" * 5000):
        await grant(limiter, claim(group, FAST, key=key))


def test_cost_of_a_request_does_not_grow_with_the_keys_of_others(tmp_path: Path) -> None:
    """A bucket is found by its name; of the others only those of its cell are read."""
    store = FileStore(tmp_path)
    caller = settled(store)
    caller.reserve(START, [1, PLAIN])
    with store._open() as file:
        file.save(STEM, file.app(STEM) or APP, [(f"group {i}", bucket(kept_until=START + SECOND)) for i in range(500)])
    with store._open() as file:
        file.bucket(f"{STEM}:0")
        assert len(file._loaded) == 1
