"""Recordings: their contents, omissions, reading and damage."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.recordings import lines, record
from tim_async import (
    ApiError,
    ConnectError,
    ConnectionLostError,
    CustomElem,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
)
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.testing import FakePool, Recorder, envelope, read_recording
from tim_async.testing.fake_pool import _FAKE_KEY as KEY

ROOT = Path(__file__).parents[2]


async def test_recorded_at_the_emulator_and_played_back_without_it(tmp_path):
    path = tmp_path / "traffic.jsonl"
    async with Emulator() as emulator:
        emulator.add_accounts("bob", "alice")
        async with TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client:
            with Recorder(path) as recorder:
                recorder.attach(client)
                await client.warm_up(1)
                sent = await client.with_options(priority="background").c2c.send_text("bob", "你好 👋")
                with pytest.raises(ApiError):
                    await client.c2c.send_text("nobody", "hi")
                page = [message async for message in client.c2c.iter_roam_msgs("bob", "administrator")]
            await client.c2c.send_text("bob", "not recorded any more")
    assert [line["command"] for line in lines(path)] == ["openim/sendmsg"] * 2 + ["openim/admin_getroammsg"]
    pool = FakePool.replay(path)
    async with pool.client() as client:
        again = await client.c2c.send_text("bob", "你好 👋")
        assert (again.msg_key, again.msg_time) == (sent.msg_key, sent.msg_time)
        with pytest.raises(ApiError) as caught:
            await client.c2c.send_text("nobody", "hi")
        assert caught.value.code == 90012
        assert [message async for message in client.c2c.iter_roam_msgs("bob", "administrator")] == page
        with pytest.raises(UsageError, match="no further answer for openim/sendmsg"):
            await client.c2c.send_text("bob", "hi")
        with pytest.raises(UsageError, match="no answer for this command"):
            await client.account.import_account(user_id="x")


async def test_line_has_what_is_needed_and_no_url(tmp_path):
    await record(tmp_path / "r", {"MsgKey": "k", "MsgTime": 1})
    (line,) = lines(tmp_path / "r")
    assert set(line) == {"at", "took", "command", "request", "answer"}
    assert line["request"]["MsgBody"] == [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi bob"}}]
    assert line["answer"] == {"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0, "MsgKey": "k", "MsgTime": 1}


async def test_secrets_are_hidden_wherever_they_are_echoed(tmp_path):
    def echo(sent):
        return envelope({}, code=70001, info=f"bad usersig {sent.query['usersig']} of key {KEY}")

    def echo_in_html(sent):
        return f"<html>{sent.query['usersig']} {KEY}".encode()

    pool, _ = await record(tmp_path / "r", echo, echo_in_html, calls=2)
    text = (tmp_path / "r").read_text()
    first, second = read_recording(tmp_path / "r")
    for secret in (KEY, *(sent.query["usersig"] for sent in pool.sent)):
        assert secret not in text
        assert secret.encode() not in second.reply
    assert "bad usersig <hidden> of key <hidden>" in first.answer["ErrorInfo"]
    assert second.reply == b"<html><hidden> <hidden>"


async def test_account_names_are_replaced_when_asked(tmp_path):
    def answer(sent):
        return {"MsgKey": "k", "ErrorInfo": "alice and bob, not bobby", "FailAccounts": ["carol"], "X": {"alice": 1}}

    await record(tmp_path / "r", answer, hide_accounts=True, calls=2)
    first, second = lines(tmp_path / "r")
    names = (first["request"]["From_Account"], first["request"]["To_Account"])
    assert set(names) | set(first["answer"]["FailAccounts"]) == {"account-1", "account-2", "account-3"}
    alice, bob = names
    assert (second["request"]["From_Account"], second["request"]["To_Account"]) == names, "the same ones throughout"
    assert first["answer"]["ErrorInfo"] == f"{alice} and {bob}, not bobby"
    assert first["answer"]["X"] == {alice: 1}
    assert first["request"]["MsgBody"][0]["MsgContent"]["Text"] == f"hi {bob}"
    assert "carol" not in (tmp_path / "r").read_text()


async def test_names_are_kept_when_not_asked(tmp_path):
    await record(tmp_path / "r", {})
    assert lines(tmp_path / "r")[0]["request"]["To_Account"] == "bob"


async def test_answer_that_is_not_json_is_left_out_where_names_must_not_show(tmp_path):
    await record(tmp_path / "r", b"<html>bob", hide_accounts=True)
    (exchange,) = read_recording(tmp_path / "r")
    assert exchange.reply == b"<hidden>"


ERRORS = [
    ConnectError("refused"),
    ConnectionLostError("lost"),
    ReplyTimeoutError("late", timeout=1.5),
    ReplyDecodeError("502", status=502, content_type="text/html", size=7),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_errors_come_back_as_they_were(tmp_path, error):
    await record(tmp_path / "r", error)
    async with FakePool.replay(tmp_path / "r").client(retry=RetryPolicy.off()) as client:
        with pytest.raises(type(error)) as caught:
            await client.c2c.send_text("bob", "hi")
    assert type(caught.value) is type(error)
    assert caught.value.message == error.message
    for name in ("timeout", "status", "content_type", "size"):
        assert getattr(caught.value, name, None) == getattr(error, name, None)


async def test_garbage_comes_back_as_it_was(tmp_path):
    await record(tmp_path / "r", b"\xff\x00no JSON")
    async with FakePool.replay(tmp_path / "r").client(retry=RetryPolicy.off()) as client:
        with pytest.raises(ReplyDecodeError):
            await client.c2c.send_text("bob", "hi")


async def test_every_attempt_is_a_line(tmp_path):
    pool = FakePool(20004, {})
    async with pool.client(retry=RetryPolicy(base=0.001)) as client:
        with Recorder(tmp_path / "r") as recorder:
            recorder.attach(client)
            await client.c2c.send(to_account="bob", msg_body=[TextElem("hi"), CustomElem(data="x")])
    assert [line["answer"]["ErrorCode"] for line in lines(tmp_path / "r")] == [20004, 0]


async def test_file_is_bounded(tmp_path, caplog):
    await record(tmp_path / "r", {}, calls=20, max_bytes=1_000)
    assert 0 < (tmp_path / "r").stat().st_size <= 1_000
    assert len(lines(tmp_path / "r")) >= 2
    assert caplog.text.count("the recording is full") == 1


async def test_recording_goes_on_where_another_left_off(tmp_path):
    path = tmp_path / "r"
    await record(path, {}, calls=2)
    with path.open("ab") as file:
        file.write(b'{"at":1,"took":')  # a process that was killed in the middle of a line
    assert len(list(read_recording(path))) == 2
    await record(path, {})
    assert len(lines(path)) == 3


async def test_incomplete_last_line_is_skipped_and_logged(tmp_path, caplog):
    path = tmp_path / "r"
    path.write_bytes(b'{"at":1,"took":')
    assert list(read_recording(path)) == []
    assert "skipped line 1, which is incomplete" in caplog.text


async def test_broken_line_before_the_end_is_an_error(tmp_path):
    path = tmp_path / "r"
    await record(path, {})
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    with pytest.raises(UsageError, match="line 1: cannot read it as an attempt"):
        FakePool.replay(path)


def test_killed_process_leaves_readable_lines(tmp_path):
    path = tmp_path / "r"
    code = """
import asyncio, sys
from tim_async.testing import FakePool, Recorder
async def main():
    client = FakePool().client(rate_limits={"openim/sendmsg": 100_000})
    recorder = Recorder(sys.argv[1])
    recorder.attach(client)
    while True:
        await client.c2c.send_text("bob", "x" * 2_000)
        print("sent", flush=True)
asyncio.run(main())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        for _ in range(50):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    exchanges = list(read_recording(path))
    assert len(exchanges) >= 50
    assert {exchange.command for exchange in exchanges} == {"openim/sendmsg"}


@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_file_is_for_its_owner_alone(tmp_path, mask):
    before = os.umask(mask)
    try:
        with Recorder(tmp_path / "r"):
            assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_nothing_recorded_leaves_no_file_but_one_that_was_there(tmp_path):
    (tmp_path / "old").touch()
    for name in ("new", "old"):
        Recorder(tmp_path / name).close()
    assert [each.name for each in tmp_path.iterdir()] == ["old"]


async def test_full_disk_ends_the_recording_not_the_call(tmp_path, caplog, monkeypatch):
    def full(file, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tim_async.testing.recording.os.write", full)
    _, error = await record(tmp_path / "r", {}, calls=2)
    assert error is None
    assert caplog.text.count("could not write the recording: No space left") == 1


async def test_closed_recorder_leaves_the_client_as_it_was(tmp_path):
    pool = FakePool()
    client = pool.client()
    recorder = Recorder(tmp_path / "r")
    recorder.attach(client)
    assert client._state.pool is not pool
    assert not client._state.pool.is_closed
    recorder.close()
    recorder.close()
    assert client._state.pool is pool
    await client.c2c.send_text("bob", "hi")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda path: Recorder(path / "missing" / "r"), "path"),
        (lambda path: Recorder(path), "path"),
        (lambda path: Recorder(path / "r", max_bytes=0), "max_bytes"),
        (lambda path: FakePool.replay(path / "missing"), "path"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, make, field, caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(UsageError) as caught:
        make(tmp_path)
    assert caught.value.field == field


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first in, first out", "last in, first out"])
async def test_two_recorders_of_a_client_are_closed_in_any_order(tmp_path, order):
    pool = FakePool()
    async with pool.client() as client:
        recorders = [Recorder(tmp_path / name) for name in "ab"]
        for recorder in recorders:
            recorder.attach(client)
        await client.c2c.send_text("bob", "for both")
        recorders[order[0]].close()
        await client.c2c.send_text("bob", "for the other")
        recorders[order[1]].close()
        await client.c2c.send_text("bob", "for none")
        assert client._state.pool is pool
    assert [len(lines(tmp_path / "ab"[place])) for place in order] == [1, 2]


async def test_recorder_takes_a_client_once_and_none_when_closed(tmp_path):
    async with FakePool().client() as client, FakePool().client() as other:
        recorder = Recorder(tmp_path / "r")
        recorder.attach(client)
        recorder.attach(other)
        with pytest.raises(UsageError, match="already attached") as caught:
            recorder.attach(client.with_options(timeout=1))
        assert caught.value.field == "client"
        recorder.close()
        with pytest.raises(UsageError, match="closed"):
            recorder.attach(client)
