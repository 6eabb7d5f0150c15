"""Archives of messages, read without an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.blocking.test_process import threads
from tests.history.files import announced, c2c, lines, pack
from tests.history.test_urls import serving
from tim_async import ArchiveError, UsageError
from tim_async.blocking import download, generate_user_sig, read_url, verify_user_sig
from tim_async.blocking._portal import Portal

CONTENT = lines([c2c(number, "你好" * 50) for number in range(3_000)])
PACKED = pack(CONTENT)


@pytest.fixture
def url(emulator_thread: Portal) -> Iterator[str]:
    async def enter(context: AbstractAsyncContextManager[str]) -> str:
        return await context.__aenter__()

    async def leave(context: AbstractAsyncContextManager[str]) -> None:
        await context.__aexit__(None, None, None)

    context = serving(PACKED)
    yield emulator_thread.run(enter, context)
    emulator_thread.run(leave, context)
    assert threads() == 0


def test_messages_come_and_are_checked(url: str) -> None:
    messages = read_url(announced(CONTENT, PACKED, url))
    assert [message.from_account for message in messages] == [f"sender{number}" for number in range(3_000)]
    assert (messages.info.chat_type, messages.count, messages.damaged) == ("C2C", 3_000, 0)
    assert "sign" not in messages.source
    assert threads() == 0


def test_download_can_be_left_early(url: str) -> None:
    with read_url(url) as messages:
        assert next(messages).from_account == "sender0"
        assert threads() == 1
    assert threads() == 0
    with pytest.raises(StopIteration):
        next(messages)


def test_file_that_does_not_fit_raises_at_its_end(url: str) -> None:
    read: list[object] = []
    messages = read_url(announced(CONTENT + b" ", PACKED, url))
    with pytest.raises(ArchiveError):
        read.extend(messages)
    assert len(list(messages)) == 0


def test_download_keeps_what_fits(url: str, tmp_path: Path) -> None:
    path = download(announced(CONTENT, PACKED, url), tmp_path / "1.gz")
    assert path.read_bytes() == PACKED


def test_address_is_checked_at_once() -> None:
    with pytest.raises(UsageError, match="URL"):
        read_url("ftp://host/file")


def test_error_that_comes_after_messages_is_raised_after_them() -> None:
    from tim_async.blocking._home import Walk

    async def source() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise LookupError("the rest is gone")

    read: list[int] = []
    with pytest.raises(LookupError, match="the rest is gone"):
        read.extend(Walk(source()))
    assert read == [1, 2]
    assert threads() == 0


def test_user_sig_is_made_and_checked_without_a_client() -> None:
    sig = generate_user_sig(1400000000, "key", "alice")
    assert verify_user_sig(sig, 1400000000, "key", "alice").identifier == "alice"
