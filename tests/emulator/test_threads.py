"""Threads of messages: what is unread, what expires; and the extensions of a message."""

from __future__ import annotations

import pytest

from tim_async.emulator.state.extensions import ExtensionBook
from tim_async.emulator.state.refusal import Refusal
from tim_async.emulator.state.threads import GroupEntry, Thread
from tim_async.models.extension import ExtensionItem, SetExtensions

NOW = 1_700_000_000


def write(thread: Thread, account: str = "alice", at: int = NOW, oldest: int = 0, **fields: object) -> GroupEntry:
    entry = GroupEntry(
        seq=thread.take_seq(at),
        random=1,
        from_account=account,
        time=at,
        stored_at=at,
        **fields,  # type: ignore[arg-type]
    )
    thread.store(entry, oldest)
    return entry


def test_unread_are_the_messages_of_others_that_count():
    thread = Thread()
    write(thread)
    write(thread, "bob")
    write(thread, unread_count=False)
    write(thread, is_system=True)
    recalled = write(thread)
    thread.take_seq(NOW)  # one that left nothing behind
    assert (thread.unread("alice"), thread.unread("bob"), thread.unread("carol")) == (1, 2, 3)
    recalled.place = 2
    assert thread.unread("carol") == 2
    thread.read["carol"] = 1
    assert thread.unread("carol") == 1


def test_a_count_that_was_set_goes_on_from_there():
    thread = Thread()
    for _ in range(3):
        write(thread)
    thread.set_unread("bob", 2)
    assert (thread.unread("bob"), thread.read["bob"]) == (2, 1)
    thread.set_unread("bob", 100)
    assert (thread.unread("bob"), thread.read["bob"]) == (100, 0)
    write(thread)
    assert thread.unread("bob") == 101
    thread.set_unread("bob", 0)
    assert (thread.unread("bob"), thread.read["bob"]) == (0, 4)
    thread.forget("bob")
    assert thread.unread("bob") == 4


def test_what_is_cleared_is_not_unread():
    thread = Thread()
    for _ in range(4):
        write(thread)
    thread.set_unread("bob", 9)
    thread.clear(3)
    assert (thread.unread("bob"), thread.unread("carol")) == (9, 1)
    thread.clear(1)
    assert thread.unread("carol") == 1
    thread.clear(99)
    assert (thread.cleared_seq, thread.unread("bob"), thread.unread("carol")) == (4, 0, 0)
    write(thread)
    assert (thread.unread("bob"), thread.unread("carol")) == (1, 1)


def test_messages_expire_and_are_deleted():
    thread = Thread()
    first, second = write(thread, at=NOW), write(thread, at=NOW + 10, cloud_custom_data="x")
    assert thread.find(first.seq, NOW) is first
    assert thread.find(first.seq, NOW + 1) is None
    write(thread, at=NOW + 20, oldest=NOW + 1)
    assert list(thread.entries) == [2, 3]
    second.delete()
    assert thread.find(second.seq, 0) is None
    assert (second.msg_body, second.cloud_custom_data) == ((), None)


# Extensions


def change(
    book: ExtensionBook, kind: int, *pairs: tuple[str, str | None], now: float = NOW
) -> list[tuple[str, str, int]]:
    items = [ExtensionItem(key=key, value=value) for key, value in pairs]
    outcomes = book.write(SetExtensions(operate_type=kind, extension_list=items), now)  # type: ignore[arg-type]
    assert {outcome.error_code for outcome in outcomes} <= {0}
    told = [outcome.extension for outcome in outcomes]
    return [(pair.key, pair.value, pair.seq) for pair in told if pair is not None]


def pairs(book: ExtensionBook, start: int = 0) -> list[tuple[str, str, int]]:
    return [(pair.key, pair.value, pair.seq) for pair in book.page(start).extension_list]


def test_pairs_are_set_deleted_and_cleared_each_with_a_version():
    book = ExtensionBook()
    assert change(book, 1, ("a", "1"), ("b", "2")) == [("a", "1", 1), ("b", "2", 2)]
    assert change(book, 1, ("a", "3")) == [("a", "3", 3)]
    assert pairs(book) == [("b", "2", 2), ("a", "3", 3)]
    assert pairs(book, 3) == [("a", "3", 3)]
    assert change(book, 2, ("b", None), ("nothing", None)) == [("b", "", 4), ("nothing", "", 4)]
    assert pairs(book) == [("a", "3", 3)]
    assert change(book, 3) == []
    page = book.page(0)
    assert (page.extension_list, page.is_complete, page.latest_seq, page.clear_seq) == ([], True, 4, 4)
    assert change(book, 1, ("a", "4")) == [("a", "4", 5)]


def test_a_message_has_at_most_300_pairs_told_200_at_a_time():
    book = ExtensionBook()
    for number in range(0, 300, 20):
        change(book, 1, *((f"k{index}", "v") for index in range(number, number + 20)))
    with pytest.raises(Refusal) as caught:
        change(book, 1, ("k300", "v"))
    assert caught.value.code == 10004
    change(book, 1, ("k0", "w"))
    page = book.page(0)
    assert (len(page.extension_list), page.is_complete, page.next_start_seq) == (200, False, 201)
    rest = book.page(201)
    assert (len(rest.extension_list), rest.is_complete, rest.next_start_seq) == (101, True, None)


def test_a_message_takes_200_writes_a_minute():
    book = ExtensionBook()
    for _ in range(200):
        change(book, 1, ("a", "v"))
    with pytest.raises(Refusal) as caught:
        change(book, 1, ("a", "v"), now=NOW + 59)
    assert caught.value.code == 23003
    change(book, 1, ("a", "v"), now=NOW + 60)
