"""Cutting a file into messages: any layout, any chunks, and lines that were cut off."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.history.files import HEAD, c2c, compact, lines
from tim_async.history.scanner import LayoutError, Scanner

TEXTS = ["hi", 'a "quote" and a \\ backslash', "{[}]", "ends with \\\\", "line\nend", "你好 👋", '{"MsgList":[{']
MESSAGES = [c2c(number, text) for number, text in enumerate(TEXTS)]
DOCUMENT = {**HEAD, "MsgList": MESSAGES}


def scan(data: bytes, size: int = 0) -> tuple[Scanner, list[bytes]]:
    scanner = Scanner()
    chunks = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    found = [message for chunk in chunks for message in scanner.feed(chunk)]
    scanner.end()
    return scanner, found


LAYOUTS = {
    "the service's": lines(MESSAGES),
    "no line ends": compact(DOCUMENT).encode(),
    "indented": json.dumps(DOCUMENT, indent=2).encode(),
    "indented by nothing": json.dumps(DOCUMENT, indent=0, ensure_ascii=False).encode(),
    "windows": lines(MESSAGES).replace(b"\n", b"\r\n"),
    "a bare list": json.dumps(MESSAGES).encode(),
    "list first": compact({"MsgList": MESSAGES, **HEAD}).encode(),
    "fields around": compact({"Extra": {"A": [{"B": 1}]}, **DOCUMENT, "After": [{"C": 2}]}).encode(),
    "blank lines": b"\n\n" + lines(MESSAGES).replace(b"\n", b"\n\n") + b"\n\n",
}


@pytest.mark.parametrize("size", [0, 1, 7, 64])
@pytest.mark.parametrize("data", LAYOUTS.values(), ids=LAYOUTS)
def test_messages_are_found_in_any_layout_and_any_chunks(data: bytes, size: int) -> None:
    scanner, found = scan(data, size)
    assert [json.loads(message) for message in found] == MESSAGES
    assert scanner.damaged == 0


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "a bare list"])
def test_frame_is_what_is_around_the_messages(name: str) -> None:
    scanner, _ = scan(LAYOUTS[name], 5)
    frame = json.loads(scanner.frame)
    assert frame["MsgList"] == []
    assert {key: frame[key] for key in HEAD} == HEAD


def test_frame_of_a_list_that_has_begun_is_complete_but_for_its_end() -> None:
    scanner = Scanner()
    scanner.feed(lines(MESSAGES)[:120])
    assert scanner.has_list
    assert json.loads(scanner.frame + b"]}") == {**HEAD, "MsgList": []}


CUT = {
    "within a text": compact(MESSAGES[1]).index('bob"') + 1,
    "between fields": compact(MESSAGES[1]).index('"MsgSeq"'),
    "after the first brace": 1,
    "before the last brace": len(compact(MESSAGES[1])) - 1,
}


@pytest.mark.parametrize("size", [0, 1, 13])
@pytest.mark.parametrize("at", CUT.values(), ids=CUT)
def test_line_that_was_cut_off_costs_one_message(at: int, size: int) -> None:
    rows: list[object] = [compact(message) for message in MESSAGES]
    rows[1] = compact(MESSAGES[1])[:at]
    scanner, found = scan(lines(rows), size)
    assert [json.loads(message) for message in found] == [MESSAGES[0], *MESSAGES[2:]]
    assert scanner.damaged == 1


def test_last_line_may_be_cut_off_within_a_text() -> None:
    rows: list[object] = [compact(message) for message in MESSAGES]
    rows[-1] = compact(MESSAGES[-1])[: CUT["within a text"]]
    scanner, found = scan(lines(rows))
    assert [json.loads(message) for message in found] == MESSAGES[:-1]
    assert scanner.damaged == 1


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no MsgList"),
        (b"<html>not found</html>", "no MsgList"),
        (b'{"ActionStatus":"FAIL"}', "no MsgList"),
        (lines(MESSAGES)[:-40], "ends before its last message"),
        (lines(MESSAGES)[:-2], "its end is missing"),
    ],
    ids=["empty", "html", "an answer", "cut within a message", "cut before the end"],
)
def test_what_is_no_whole_list_of_messages_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(LayoutError, match=problem):
        scan(data)


def test_what_never_becomes_a_list_is_not_kept() -> None:
    scanner = Scanner()
    for _ in range(20):
        scanner.feed(b"x" * 50_000)
    with pytest.raises(LayoutError, match="no MsgList"):
        scanner.feed(b"x" * 50_000)


def test_message_without_end_is_not_kept() -> None:
    scanner = Scanner()
    scanner.feed(b'{"MsgList":[{"A":"')
    for _ in range(33):
        scanner.feed(b"x" * 500_000)
    with pytest.raises(LayoutError, match="more than"):
        scanner.feed(b"x" * 500_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4), st.integers(1, 20), st.booleans())
def test_any_objects_come_out_as_they_went_in(messages: list[dict[str, object]], size: int, escaped: bool) -> None:
    data = json.dumps({"MsgList": messages}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    _, found = scan(data, size)
    assert [json.loads(message.decode("utf-8", "surrogatepass")) for message in found] == messages
