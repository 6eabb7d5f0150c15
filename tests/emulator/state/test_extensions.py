"""The extensions of a message: versions, pages and their limits."""

from __future__ import annotations

import pytest

from tim_async.emulator.state.extensions import ExtensionBook
from tim_async.emulator.state.refusal import Refusal
from tim_async.models.extension import ExtensionItem, SetExtensions

NOW = 1_700_000_000


def change(
    book: ExtensionBook, kind: int, *pairs: tuple[str, str | None], now: float = NOW
) -> list[tuple[str, str, int]]:
    items = [ExtensionItem(key=key, value=value) for key, value in pairs]
    outcomes = book.write(SetExtensions(operate_type=kind, extension_list=items), now)  # type: ignore[arg-type]
    assert {outcome.error_code for outcome in outcomes} <= {0}
    changed = [outcome.extension for outcome in outcomes]
    return [(pair.key, pair.value, pair.seq) for pair in changed if pair is not None]


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


def test_a_message_has_at_most_300_pairs_returned_200_at_a_time():
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
