from __future__ import annotations

from typing import Any

import pytest

from tim_async.bulk import PlanProgress, Progress
from tim_async.cli import _progress


def progress(**facts: Any) -> Progress:
    usual: dict[str, Any] = {
        "name": "spring", "total": 100, "sent": 0, "failed": 0, "unknown": 0, "codes": {}, "rate": 198.4, "cap": 200.0,
        "in_force": 200.0, "left_s": None, "elapsed_s": 1.0,
    }  # fmt: skip
    return Progress(**{**usual, **facts})


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"sent": 1000, "total": 2000}, "1,000 sent, 198 of 200/s"),
        ({"sent": 10, "unknown": 2}, "10 sent, 2 unknown, 198 of 200/s"),
        ({"failed": 3, "codes": {20003: 1, 20006: 2}}, "0 sent, 3 failed (20006: 2, 20003: 1), 198 of 200/s"),
        (
            {"failed": 5, "codes": dict.fromkeys(range(5), 1)},
            "0 sent, 5 failed (0: 1, 1: 1, 2: 1, 3: 1, ...), 198 of 200/s",
        ),
        ({"sent": 10, "left_s": 3_725.2}, "10 sent, 198 of 200/s, 1:02:06 left"),
        ({"sent": 100, "left_s": 3.0}, "100 sent, 198 of 200/s"),
        (
            {"rate": 118.2, "in_force": 120.0, "left_s": 10.0},
            "0 sent, 118 of 200/s, limited to 120 of 200/s by the service, 0:00:11 left",
        ),
        ({"cap": 5.0, "in_force": 1.25, "rate": 1}, "0 sent, 1 of 5/s, limited to 1.2 of 5.0/s by the service"),
        ({"in_force": 199.9}, "0 sent, 198 of 200/s"),
        ({"in_force": None}, "0 sent, 198 of 200/s"),
        (
            {"rate": 0, "rest_ends": "2026-06-02 09:00:00+08:00 (Asia/Shanghai)", "left_s": 39_600.0},
            "0 sent, 0 of 200/s, resting until 2026-06-02 09:00:00+08:00 (Asia/Shanghai), 11:00:01 left",
        ),
        ({"rate": 0, "held_up": "stands still: it is"}, "0 sent, 0 of 200/s, stands still: it is"),
    ],
    ids=[
        "sent",
        "unknown",
        "failed",
        "many codes",
        "time left",
        "at the end",
        "limited",
        "few a second",
        "almost all",
        "not known",
        "rest",
        "held up",
    ],
)
def test_progress_in_words(facts: dict[str, Any], text: str) -> None:
    assert _progress.describe(progress(**facts)) == text


def planning(**facts: Any) -> PlanProgress:
    usual: dict[str, Any] = {
        "name": "spring", "stage": "reading", "rows": 1_234_000, "entered": 0, "rate": 81_234.5, "bytes_read": None,
        "bytes_total": None, "elapsed_s": 1.0,
    }  # fmt: skip
    return PlanProgress(**{**usual, **facts})


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "1,234,000 rows read, 81,234/s"),
        (
            {"bytes_read": 12_300_000, "bytes_total": 40_000_000},
            "1,234,000 rows read, 81,234/s, 12.3 of 40.0 MB",
        ),
        ({"stage": "sorting"}, "1,234,000 rows read, looking for duplicates"),
        ({"stage": "entering", "entered": 20_000}, "20,000 of 1,234,000 rows planned"),
    ],
    ids=["rows", "file", "sorting", "entering"],
)
def test_planning_in_words(facts: dict[str, Any], text: str) -> None:
    assert _progress.describe(planning(**facts)) == text


def test_log_says_of_a_plan_only_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with _progress.shown() as show:
        show(planning(rows=0))
        now += 4.9
        show(planning(rows=400_000))
        now += 0.2
        show(planning(rows=410_000))
        show(planning(rows=420_000))
        now += 5.0
        show(planning(stage="sorting", rows=800_000))
        show(progress(sent=100))
    assert capsys.readouterr().err.splitlines() == [
        "spring: 410,000 rows read, 81,234/s",
        "spring: 800,000 rows read, looking for duplicates",
        "spring: 100 of 100, 100 sent, 198 of 200/s",
    ]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"bytes_read": 25, "bytes_total": 100}, "25%"),
        ({"stage": "entering", "rows": 400, "entered": 300}, "75%"),
        ({"stage": "sorting"}, "looking for duplicates"),
    ],
    ids=["file", "entering", "sorting"],
)
def test_terminal_has_a_bar_for_a_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], facts: dict[str, Any], text: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with _progress.shown() as show:
        show(planning(**facts))
    assert text in capsys.readouterr().err


def test_log_has_a_line_now_and_then_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with _progress.shown() as show:
        show(progress(sent=0))
        show(progress(sent=1))
        now += 5.0
        show(progress(sent=1))
        show(progress(sent=2))
        show(progress(sent=100))
        show(progress(sent=100))
    assert [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "spring: 0 of 100",
        "spring: 1 of 100",
        "spring: 100 of 100",
    ]


def test_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with _progress.shown() as show:
        show(progress(name="spring [b]sale[/b]", sent=25))
    output = capsys.readouterr().err
    assert "spring [b]sale[/b]" in output
    assert "25%" in output
    assert "25 sent, 198 of 200/s" in output


@pytest.mark.parametrize("is_terminal", [False, True], ids=["log", "terminal"])
def test_name_of_others_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    if is_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
    with _progress.shown() as show:
        show(progress(name="spring\x9b1m\u202e\x1b]8;;http://evil\x07\nFake: line", sent=100))
    output = capsys.readouterr().err
    assert "http://evil  Fake: line" in output
    assert not {"\x9b", "\u202e", "\x07"} & set(output)
    assert "\x1b]" not in output
