from __future__ import annotations

import json

import pytest

from tim_async.cli._output import one_line, print_json, show_facts, show_text, show_time


class Facts(dict[str, int]):
    def __str__(self) -> str:
        return "1 sent\n  2 failed"


def test_facts_are_text_for_people_or_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts(Facts(sent=1, failed=2), as_json=False)
    assert capsys.readouterr().out == "1 sent\n  2 failed\n"
    show_facts(Facts(sent=1, failed=2), as_json=True)
    assert capsys.readouterr().out == '{"sent":1,"failed":2}\n'


def test_json_indented(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "你好\x1b"}, indent=2)
    output = capsys.readouterr().out
    assert output.splitlines()[0] == "{"
    assert "\x1b" not in output
    assert json.loads(output) == {"text": "你好\x1b"}


def test_text_keeps_its_indentation_and_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_text("a\n    b\x1b[2J\tc")
    assert capsys.readouterr().out == "a\n    b [2J c\n"


def test_one_line() -> None:
    assert one_line("a\n\x07b\u202e  c 你好 👋") == "a  b  c 你好 👋"


def test_moment_is_in_utc() -> None:
    assert show_time(1_700_000_000) == "2023-11-14 22:13:20 UTC"
