"""Files of messages on this machine."""

from __future__ import annotations

import gzip
import logging
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.history.files import HEAD, announced, c2c, compact, group, lines, pack
from tim_async import ArchiveError, RawElem, TextElem
from tim_async.history import ArchivedC2CMsg, ArchivedGroupMsg, HistoryInfo, read_file
from tim_async.history.reading import Reading

CONTENT = lines([c2c(1), c2c(2, "你好")])


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "archive.gz"
    path.write_bytes(data)
    return path


def test_messages_of_two_accounts(tmp_path: Path) -> None:
    messages = read_file(kept(tmp_path, pack(CONTENT)), expected=announced(CONTENT, pack(CONTENT)))
    assert messages.info == HistoryInfo()
    first, second = messages
    assert first == ArchivedC2CMsg(
        from_account="sender1",
        to_account="bob",
        msg_timestamp=1_795_000_001,
        msg_seq=3_452_069_198,
        msg_random=1,
        msg_body=[TextElem(text="hi")],
    )
    assert second.msg_body == [TextElem(text="你好")]
    assert messages.info == HistoryInfo(sdk_app_id=1400000000, chat_type="C2C", msg_time="2026112415")
    assert (messages.count, messages.damaged) == (2, 0)


def test_messages_of_groups(tmp_path: Path) -> None:
    path = kept(tmp_path, pack(lines([group(7)], {**HEAD, "ChatType": "Group"})))
    (message,) = read_file(path)
    assert message == ArchivedGroupMsg(
        from_account="sender7",
        group_id="@TGS#1",
        msg_timestamp=1_795_000_007,
        msg_seq=7,
        msg_body=[TextElem(text="hi")],
    )


def test_kind_is_that_of_the_message_where_the_file_does_not_say(tmp_path: Path) -> None:
    path = kept(tmp_path, compact([c2c(1), group(2)]).encode())
    assert [type(message) for message in read_file(path)] == [ArchivedC2CMsg, ArchivedGroupMsg]


def test_fields_that_only_sdks_know(tmp_path: Path) -> None:
    more = {"CloudCustomData": "x", "MsgKey": "1_2_3", "MsgFromPlatform": "iOS", "ClientIP": "10.0.0.1", "New": [1]}
    (message,) = read_file(kept(tmp_path, pack(lines([{**c2c(1), **more}]))))
    assert isinstance(message, ArchivedC2CMsg)
    assert (message.cloud_custom_data, message.msg_key) == ("x", "1_2_3")
    assert (message.msg_from_platform, message.client_ip) == ("iOS", "10.0.0.1")


TOLERATED: dict[str, dict[str, Any]] = {
    "numbers as text": {"MsgTimestamp": "1795000001", "MsgSeq": "3452069198"},
    "the other spelling of the time": {"MsgTimestamp": ..., "MsgTimeStamp": 1_795_000_001},
    "nulls": {"CloudCustomData": None, "MsgKey": None},
}


@pytest.mark.parametrize("changes", TOLERATED.values(), ids=TOLERATED)
def test_other_spelling_is_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    row = {name: value for name, value in {**c2c(1), **changes}.items() if value is not ...}
    (message,) = read_file(kept(tmp_path, pack(lines([row]))))
    assert message == next(read_file(kept(tmp_path, pack(lines([c2c(1)])))))


def test_unknown_element_is_kept(tmp_path: Path) -> None:
    body = [{"MsgType": "TIMNewElem", "MsgContent": {"X": 1}}]
    (message,) = read_file(kept(tmp_path, pack(lines([{**c2c(1), "MsgBody": body}]))))
    assert message.msg_body == [RawElem(msg_type="TIMNewElem", msg_content={"X": 1})]


def test_damaged_message_is_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [compact(c2c(1)), compact(c2c(2))[:70], compact({**c2c(3), "MsgSeq": "x"}), compact(c2c(4))]
    messages = read_file(kept(tmp_path, pack(lines(rows))))
    with caplog.at_level(logging.WARNING, "tim_async"):
        assert [message.from_account for message in messages] == ["sender1", "sender4"]
    assert (messages.count, messages.damaged) == (2, 2)
    assert "2 damaged messages were skipped" in caplog.text


def test_damaged_text_is_repaired(tmp_path: Path) -> None:
    row = compact(c2c(1, "a\\ud800b")).replace("\\\\ud800", "\\ud800")
    beyond_repair = row.replace(":1795000001", ":{}")
    messages = read_file(kept(tmp_path, pack(lines([row, beyond_repair]))))
    (message,) = messages
    assert messages.damaged == 1
    assert message.msg_body == [TextElem(text="a\ufffdb")]


FORMS = {
    "unpacked": CONTENT,
    "two members": pack(CONTENT[:100]) + pack(CONTENT[100:]),
    "padded": pack(CONTENT) + b"\0" * 512,
    "with a name": gzip.compress(CONTENT),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_form_of_a_file_that_is_read(tmp_path: Path, data: bytes) -> None:
    expected = announced(CONTENT, data)
    assert [message.from_account for message in read_file(kept(tmp_path, data), expected=expected)] == [
        "sender1",
        "sender2",
    ]


PACKED = pack(CONTENT)
WRONG = {
    "cut off": (PACKED[:-20], announced(CONTENT, PACKED[:-20]), "ends in the middle"),
    "shorter than announced": (PACKED[:-20], announced(CONTENT, PACKED), "instead of the announced"),
    "another file": (pack(CONTENT + b" "), announced(CONTENT, PACKED), "instead of the announced"),
    "another content": (PACKED, announced(CONTENT + b" ", PACKED), "instead of the announced"),
    "another MD5": (PACKED, announced(CONTENT.replace(b"hi", b"ho"), PACKED), "its MD5 is"),
    "bits flipped": (PACKED[:60] + b"\xff\xff\xff" + PACKED[63:], None, "is damaged"),
    "html": (b"<html></html>", None, "not an archive of messages: it has no MsgList"),
    "empty": (b"", None, "not an archive of messages: it has no MsgList"),
    "gzipped html": (pack(b"<html></html>"), None, "not an archive of messages"),
    "something large": (pack(b"x" * 2_000_000), None, "not an archive of messages: it has no MsgList"),
}


@pytest.mark.parametrize(("data", "expected", "problem"), WRONG.values(), ids=WRONG)
def test_file_that_does_not_fit_is_refused(tmp_path: Path, data: bytes, expected: Any, problem: str) -> None:
    path = kept(tmp_path, data)
    with pytest.raises(ArchiveError, match=problem) as caught:
        list(read_file(path, expected=expected))
    assert caught.value.source == str(path)


@pytest.mark.parametrize("data", [FORMS["two members"], FORMS["padded"], CONTENT], ids=["gzip", "padded", "unpacked"])
def test_file_that_comes_byte_by_byte(data: bytes) -> None:
    reading = Reading("x.gz", announced(CONTENT, data))
    read = [message for at in range(len(data)) for message in reading.feed(data[at : at + 1])]
    reading.end()
    assert [message.from_account for message in read] == ["sender1", "sender2"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No such file"):
        next(read_file(tmp_path / "none.gz"))


def test_file_is_closed_with_its_messages(tmp_path: Path) -> None:
    with read_file(kept(tmp_path, PACKED)) as messages:
        next(messages)
    with pytest.raises(StopIteration):
        next(messages)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    row = compact(c2c(1, "x" * 2_000))
    path = kept(tmp_path, pack(lines([row] * 2_500)))

    def peak() -> int:
        tracemalloc.start()
        assert sum(1 for _ in read_file(path)) == 2_500
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak() < 1_500_000  # the messages have 5.4 MB
