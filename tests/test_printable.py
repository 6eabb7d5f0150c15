"""Texts of others in errors, reports and logs stay on their line and cannot steer a terminal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tim_async
from tests import clock
from tests.layers import modules
from tests.scripted import refusal, scripted
from tim_async import ApiError, TextElem, UsageError
from tim_async._printable import one_line
from tim_async.bulk._plan.plan import Plan
from tim_async.bulk.progress import Report
from tim_async.families._streaming import MessageStream
from tim_async.models.c2c_stream import SendStreamMsgResult
from tim_async.models.elements import StreamElem

HOSTILE = "\x1b[31m\x9b1m\u202e\x1b]8;;http://evil\x07link\x07\nFake: line\r\x7f\u2028"
ESCAPED = r"\x1b[31m\x9b1m\u202e\x1b]8;;http://evil\x07link\x07\nFake: line\r\x7f\u2028"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(HOSTILE, ESCAPED, id="hostile"),
        pytest.param("你好\u3000👩\u200d👧 naïve\u00a0x", "你好\u3000👩\u200d👧 naïve\u00a0x", id="harmless"),
        pytest.param("\ud83d\U000e0041\t", r"\ud83d\U000e0041\t", id="half a pair, a tag, a tab"),
        pytest.param("", "", id="empty"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_one_line_is_cut() -> None:
    assert one_line("abc", 3) == "abc"
    assert one_line("abcd\x1b", 3) == "abc..."


def test_error_with_an_info_of_others() -> None:
    client, _ = scripted(refusal(20003, HOSTILE))
    with pytest.raises(ApiError) as caught:
        clock.run(client.c2c.send(to_account="bob", msg_body=[TextElem("hi")]))
    assert str(caught.value).isprintable()
    assert ESCAPED in str(caught.value)
    assert caught.value.info == HOSTILE


def test_every_error_is_one_line() -> None:
    assert str(UsageError(HOSTILE)) == ESCAPED


def test_report_and_plan_with_names_of_others() -> None:
    report = Report(
        name=HOSTILE, status="failed", reason=HOSTILE, total=1, sent=0, failed=1, unknown=0, in_flight=0, codes=[],
        duplicates=0, bad_rows=0, duration_s=1.0, rate=1.0,
    )  # fmt: skip
    plan = Plan(
        name=HOSTILE, recipients=1, duplicates=0, bad_rows=0, problems=[], largest=1, largest_account=HOSTILE, limit=2,
        too_large=0, not_made=1, why_not_made=HOSTILE, is_sample=False, lints=[HOSTILE], lanes=[],
    )  # fmt: skip
    for text, lines in ((str(report), 3), (str(plan), 4)):
        assert len(text.splitlines()) == lines
        assert all(line.isprintable() for line in text.splitlines())


def test_stream_named_by_an_answer() -> None:
    async def call(element: StreamElem) -> SendStreamMsgResult:
        raise AssertionError

    stream = MessageStream(
        call,
        lambda element: None,
        compatible_text=None,
        pace=0.2,
        keep_alive=None,
        end_timeout=1.0,
    )
    stream.result = SendStreamMsgResult(stream_msg_id=HOSTILE)
    assert repr(stream).isprintable()


def log_calls() -> list[tuple[str, ast.Call]]:
    return [
        (name, node)
        for name, path in modules(Path(tim_async.__file__).parent).items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
        and isinstance(node.func.value, ast.Name)
        and "logger" in node.func.value.id
    ]


def test_names_of_campaigns_are_escaped_in_every_log_line() -> None:
    found = 0
    for name, call in log_calls():
        text = call.args[0]
        if isinstance(text, ast.Constant) and "campaign %s" in str(text.value):
            found += 1
            first = call.args[1]
            if isinstance(first, ast.Starred):
                assert isinstance(first.value, ast.Tuple)
                first = first.value.elts[0]
            assert isinstance(first, ast.Call), f"{name}, line {call.lineno}"
            assert isinstance(first.func, ast.Name)
            assert first.func.id == "one_line", f"{name}, line {call.lineno}"
    assert found >= 9


def test_log_lines_have_their_texts_as_arguments() -> None:
    """Text that is formatted into the line before logging bypasses the protection of untrusted texts."""
    assert [name for name, call in log_calls() if isinstance(call.args[0], ast.JoinedStr)] == []
