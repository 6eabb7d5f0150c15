"""The whole state, exported and imported, and kept in a file over restarts."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import NOW, SEND, Clock, message, running, text, until
from tests.emulator.golden import GOLDEN
from tests.emulator.handlers.test_group_msg import SEND as SEND_GROUP
from tests.emulator.handlers.test_group_msg import make
from tests.emulator.handlers.test_group_msg import message as group_message
from tests.emulator.test_golden_answers import fields
from tests.emulator.worlds import prepared
from tim_async import UsageError
from tim_async.emulator import Emulator, saved_state, state_lock
from tim_async.emulator.state.core import Part
from tim_async.emulator.state_lock import StateLock, _try_lock

FOREIGN = {
    "not JSON": b"{",
    "empty": b"",
    "another JSON": b'{"accounts": []}',
    "a list": b"[1]",
    "another program's": b'{"format": "other", "version": 1, "sdk_app_id": 1400000000, "state": {}}',
    "another version's": b'{"format": "tim-async emulator state", "version": 2, "sdk_app_id": 1400000000, "state": {}}',
    "another app's": b'{"format": "tim-async emulator state", "version": 1, "sdk_app_id": 5, "state": {}}',
    "nothing in it": b'{"format": "tim-async emulator state", "version": 1, "sdk_app_id": 1400000000, "state": {}}',
    "deep": b'{"format": "tim-async emulator state", "version": 1, "sdk_app_id": 1400000000, "state": '
    + b'{"a":' * 900
    + b"1"
    + b"}" * 901,
}


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_every_request_is_answered_alike_after_an_import(name: str) -> None:
    first = prepared(name)
    expected = fields(first.answer())
    exported = first.emulator.export_state()
    world = prepared(name)
    world.emulator.import_state(world.emulator.export_state())
    assert fields(world.answer()) == expected
    # The answered calls have changed the state: that is exported and imported as well.
    world.emulator.import_state(exported)
    assert json.loads(world.emulator.export_state())["state"] == json.loads(exported)["state"]


def test_every_part_of_the_state_is_among_the_examples() -> None:
    seen = {name for each in GOLDEN for name in json.loads(_answered(each).export_state())["state"]["parts"]}
    assert seen >= {part.__name__ for part in Part.__subclasses__()} - {"Streams", "GroupStreams", "Chatbots"}


def _answered(name: str) -> Emulator:
    world = prepared(name)
    world.answer()
    return world.emulator


async def test_repeat_across_a_restart_is_one_message(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with running(state_file=file) as api:
        group = await make(api)
        first = await api.call(SEND, message())
        in_group = await api.call(SEND_GROUP, group_message(group))
        api.emulator.set_online("bob", "iOS")
        api.emulator.faults.answer(20004)
    async with running(state_file=file) as api:
        assert set(api.emulator.accounts) == {"administrator", "alice", "bob"}
        assert not api.emulator.faults.active
        api.clock.now += 119
        assert (await api.call(SEND, message()))["MsgKey"] == first["MsgKey"]
        assert (await api.call(SEND_GROUP, group_message(group)))["MsgSeq"] == in_group["MsgSeq"]
        assert [each.text for each in api.emulator.sent()] == ["hi", "hi"]
        assert await api.code(SEND, message(MsgSeq=2)) == 0
        assert len({each.index for each in api.emulator._state._entries.values()}) == 2
        online = await api.call("openim/query_online_status", {"To_Account": ["bob"]})
        assert online["QueryResult"][0]["Status"] == "Online"


async def test_traces_and_the_clock_survive_a_restart(tmp_path: Path) -> None:
    options = {"state_file": tmp_path / "state.json", "keep": {"messages": 1}}
    async with running(**options) as api:
        for seq in range(3):
            await api.call(SEND, message(MsgSeq=seq))
        api.emulator._clock.forward(1000)
    async with running(**options) as api:
        assert [each.msg_seq for each in api.emulator.history("bob", "alice")] == [0, 1, 2]
        assert api.emulator._clock() == NOW + 1000
        api.emulator._clock.set(5.0, stopped=True)
    async with running(**options) as api:
        assert api.emulator._clock.is_stopped
        assert api.emulator._clock() == 5.0


async def test_state_is_written_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_state, "_PAUSE_S", 0.0)
    file = tmp_path / "state.json"
    async with running(state_file=file) as api:
        await api.call(SEND, message(MsgBody=[text("你好 🌸")]))
        await until(lambda: file.exists() and "你好 🌸" in file.read_text("utf-8"))
        assert sorted(os.listdir(tmp_path)) == [".state.json.lock", "state.json"]


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
async def test_file_that_is_no_state_is_an_error_and_left_as_it_is(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=r"state\.json") as caught:
        Emulator(state_file=file)
    assert caught.value.field == "state_file"
    assert file.read_bytes() == data
    with pytest.raises(UsageError):
        Emulator().import_state(data)


async def test_file_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder"):
        await Emulator(state_file=tmp_path / "none" / "state.json").start()
    with pytest.raises(UsageError, match="cannot be read"):
        Emulator(state_file=tmp_path)


async def test_file_that_something_else_has_changed_is_left_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "state.json"
    async with running(state_file=file):
        pass
    async with running(state_file=file) as api:
        file.write_text("mine")
        await api.call(SEND, message())
    assert file.read_text() == "mine"
    assert "has changed the file" in caplog.text


async def test_second_emulator_on_one_file_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with running(state_file=file) as api:
        other = Emulator(state_file=file)
        with pytest.raises(UsageError, match=r"state\.json: another emulator is using it") as caught:
            await other.start()
        assert caught.value.field == "state_file"
        await api.call(SEND, message())
    assert os.listdir(tmp_path) == ["state.json"]
    with pytest.raises(UsageError, match=r"state\.json: another program has changed it since it was read"):
        await other.start()
    async with running(state_file=file) as api:
        assert [each.text for each in api.emulator.sent()] == ["hi"]


async def test_emulator_starts_again_on_its_own_file(tmp_path: Path) -> None:
    emulator = Emulator(state_file=tmp_path / "state.json")
    for name in ("alice", "bob"):
        async with emulator:
            emulator.add_accounts(name)
    assert set(Emulator(state_file=tmp_path / "state.json").accounts) == {"administrator", "alice", "bob"}


async def test_port_that_is_taken_leaves_the_file_to_others(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with Emulator() as taken:
        with pytest.raises(UsageError, match="cannot listen"):
            await Emulator(state_file=file, port=int(taken.url.rpartition(":")[2])).start()
    async with running(state_file=file):
        pass


async def test_disk_without_locks_is_used_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    async with running(state_file=tmp_path / "state.json"):
        pass
    assert os.listdir(tmp_path) == ["state.json"]


def test_lock_whose_file_was_just_removed_is_taken_on_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last holder removes the file between the opening and the locking of the next one."""
    file, tried = tmp_path / ".state.json.lock", []

    def removed_first(descriptor: int) -> bool:
        tried.append(descriptor)
        if len(tried) == 1:
            file.unlink()
        return _try_lock(descriptor)

    monkeypatch.setattr(state_lock, "_try_lock", removed_first)
    lock = StateLock(tmp_path / "state.json")
    lock.acquire()
    assert (len(tried), file.exists()) == (2, True)
    with pytest.raises(UsageError, match="another emulator"):
        StateLock(tmp_path / "state.json").acquire()
    lock.release()
    lock.release()
    assert os.listdir(tmp_path) == []


HOLDER = """
import asyncio, sys
from tim_async.emulator import Emulator
async def main():
    async with Emulator(state_file=sys.argv[1]):
        print("started", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.soak
async def test_killed_emulator_does_not_keep_others_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(file), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"started\n"
    with pytest.raises(UsageError, match="another emulator is using it"):
        await Emulator(state_file=file).start()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with running(state_file=file):
        pass
    assert os.listdir(tmp_path) == ["state.json"]


@pytest.mark.parametrize(("place", "name"), [(os, "fsync"), (Path, "replace")], ids=["disk", "move"])
async def test_write_that_fails_leaves_the_old_file_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    file = tmp_path / "state.json"
    async with running(state_file=file) as api:
        await api.call(SEND, message())
    before = file.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(place, name, full)
        async with running(state_file=file) as api:
            await api.call(SEND, message(MsgSeq=2))
    assert file.read_bytes() == before
    assert "No space left on device" in caplog.text
    assert os.listdir(tmp_path) == ["state.json"]
    async with running(state_file=file) as api:
        assert len(api.emulator.sent()) == 1


async def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".state.json.123.new"
    left.write_text("{")
    async with running(state_file=tmp_path / "state.json"):
        assert not left.exists()


PROGRAM = """
import asyncio, sys, msgspec
from tim_async.emulator import Emulator, saved_state
saved_state._PAUSE_S = saved_state._PAUSE_FACTOR = 0
async def main():
    async with Emulator(state_file=sys.argv[1]) as emulator:
        for number in range(100_000):
            emulator.add_accounts(f"user{number}")
            emulator._note_change()
            if number % 100 == 0:
                await asyncio.sleep(0)
                print(number, flush=True)
asyncio.run(main())
"""


@pytest.mark.soak
def test_process_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    file, kept = tmp_path / "state.json", 0
    for number in range(8):
        with subprocess.Popen([sys.executable, "-c", PROGRAM, file], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            while not file.exists():
                time.sleep(0.01)
            time.sleep(0.05 * number)
            process.send_signal(signal.SIGKILL)
        kept = max(kept, len(Emulator(state_file=file).accounts))
    assert kept > 100


@pytest.fixture(scope="module")
def exported() -> dict[str, Any]:
    """A state with something of most kinds in it."""
    emulator = _answered("group_msg/send_group_msg")
    emulator.add_accounts("alice")
    found: dict[str, Any] = json.loads(emulator.export_state())
    return found


OTHER = (
    st.none()
    | st.integers(-1, 2**70)
    | st.text(max_size=4)
    | st.sampled_from(
        [
            [],
            {},
            {"$": "same", "#": 1},
            {"$": "same", "#": []},
            {"$": "os.system", "of": "true"},
            {"$": "core.State", "#": 1},
            {"$": "array", "of": ["Q", "AAA="]},
            {"$": "count", "of": "x"},
        ]
    )
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_state_is_refused_or_had_and_never_half_of_it(exported: dict[str, Any], data: st.DataObject) -> None:
    damaged = json.loads(json.dumps(exported))
    *way, last = data.draw(st.sampled_from(_places(exported)[1:]))
    inner = damaged
    for key in way:
        inner = inner[key]
    inner[last] = data.draw(OTHER)
    emulator = Emulator(clock=Clock())
    emulator.add_accounts("before")
    try:
        emulator.import_state(json.dumps(damaged).encode())
    except UsageError:
        assert set(emulator.accounts) == {"administrator", "before"}
    else:
        assert "before" not in emulator.accounts
