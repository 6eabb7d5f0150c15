"""The emulator's lines: who to whom, the words, the result; nothing in them steers a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.test_output import HOSTILE
from tim_async.cli._call_lines import call_lines, line_of
from tim_async.cli._output import LinePrinter, painter
from tim_async.emulator import Arrival
from tim_async.emulator.summary import summary_of

Paint = Callable[[str, str], str]


@pytest.fixture
def paint(monkeypatch: pytest.MonkeyPatch) -> Paint:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return painter()


def arrival(body: object, *, code: int | None = 0, info: str = "", **fields: Any) -> Arrival:
    answer = msgspec.json.encode({"ActionStatus": "OK", "ErrorInfo": info, "ErrorCode": code})
    made = Arrival(
        time=1_700_000_000.0,
        monotonic=0.0,
        command="openim/sendmsg",
        identifier="administrator",
        number=7,
        body=body if isinstance(body, bytes) else msgspec.json.encode(body),
        answer=answer,
        code=code,
        status=200,
        took_s=0.0031,
    )
    return msgspec.structs.replace(made, **fields)


def text(words: str) -> dict[str, object]:
    return {"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}


def test_line_of_a_message(paint: Paint) -> None:
    sent = arrival(
        {"From_Account": "alice", "To_Account": "bob", "MsgBody": [text("hi Bob 🌸"), {"MsgType": "TIMImageElem"}]}
    )
    assert line_of(summary_of(sent), paint) == (
        '22:13:20  openim/sendmsg            alice -> bob  "hi Bob 🌸 [image]"  OK  3 ms'
    )


@pytest.mark.parametrize(
    ("body", "fields", "expected"),
    [
        ({"To_Account": ["a", "b", "c", "d"]}, {}, "administrator -> a, b and 2 more  OK"),
        ({"GroupId": "@TGS#1", "MsgBody": [text("x" * 100)]}, {}, f'administrator -> @TGS#1  "{"x" * 60}..."  OK'),
        ({}, {"code": 70003, "info": "the UserSig has expired"}, "administrator  70003 the UserSig has expired"),
        ({}, {"code": 60009, "identifier": "", "info": ""}, "60009"),
        ({}, {"status": 502, "code": None, "fault": "status"}, "administrator  HTTP 502  (fault: status)"),
        ({}, {"status": None, "code": None, "took_s": None}, "administrator  no answer"),
        ({}, {"code": None}, "administrator  no envelope"),
        ({}, {"attempt": 3, "fault": "answer", "code": 20004}, "administrator  20004  (attempt 3, fault: answer)"),
        (b"{", {}, "administrator  OK"),
        (b"[1]", {}, "administrator  OK"),
        (
            {"MsgBody": [1, {"MsgType": 2}, {"MsgType": "TIMTextElem", "MsgContent": 3}]},
            {},
            'administrator  "[TIMTextElem]"  OK',
        ),
    ],
    ids=str,
)
def test_line_of_other_calls(paint: Paint, body: object, fields: dict[str, Any], expected: str) -> None:
    line = line_of(summary_of(arrival(body, **fields)), paint)
    assert line.partition("openim/sendmsg            ")[2].replace("  3 ms", "") == expected


def test_hostile_texts_stay_on_their_line_and_steer_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = f"{HOSTILE}\nsecond line"
    call = arrival(
        {"From_Account": hostile, "To_Account": hostile, "MsgBody": [text(hostile)]},
        code=5,
        info=hostile,
        command=hostile,
    )
    monkeypatch.setenv("NO_COLOR", "1")
    line = line_of(summary_of(call), painter())
    assert line.isprintable()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    coloured = line_of(summary_of(call), painter())
    assert "\x1b[31m" in coloured
    own = coloured
    for style in ("\x1b[2m", "\x1b[1m", "\x1b[36m", "\x1b[31m", "\x1b[0m"):
        own = own.replace(style, "")
    assert own.replace(" ", "") == line.replace(" ", "")


def test_json_line_has_the_facts_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LinePrinter()
    show = call_lines(lines, as_json=True)
    show(arrival({"To_Account": "bob", "MsgBody": [text(f"hi\n{HOSTILE}")]}))
    lines.close()
    output = capsys.readouterr().out
    assert output.rstrip("\n").isprintable()
    found = json.loads(output)
    assert (found["number"], found["to"], found["recipients"], found["code"]) == (7, ["bob"], 1, 0)
    assert found["words"] == f"hi\n{HOSTILE}"


class Stopped(io.StringIO):
    """A terminal that was stopped with Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.go_on.wait(10)
        return super().write(text)


def test_terminal_that_is_stopped_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Stopped()
    monkeypatch.setattr(sys, "stdout", stopped)
    lines = LinePrinter(most=5)
    for number in range(20):
        lines.put(f"line {number}")
    stopped.go_on.set()
    lines.close()
    printed = stopped.getvalue().splitlines()
    left_out = sum(int(each.split()[1]) for each in printed if "lines dropped" in each)
    assert len([each for each in printed if each.startswith("line")]) + left_out == 20
    assert left_out >= 14


def test_reader_that_is_gone_ends_the_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        lines = LinePrinter()
        for number in range(3):
            lines.put(f"line {number}")
        lines.close()
        assert not lines._thread.is_alive()


def test_terminal_without_unicode_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    lines = LinePrinter()
    lines.put("你好")
    lines.close()
    assert raw.getvalue() == b"\\u4f60\\u597d\n"
