"""Threads of messages: unread counts and expiry."""

from __future__ import annotations

from tim_async.emulator.state.threads import GroupEntry, Thread

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
    thread.take_seq(NOW)  # a message that was not stored
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


def test_messages_expire():
    thread = Thread()
    first = write(thread, at=NOW)
    write(thread, at=NOW + 10)
    assert thread.find(first.seq, NOW) is first
    assert thread.find(first.seq, NOW + 1) is None
    write(thread, at=NOW + 20, oldest=NOW + 1)
    assert list(thread.entries) == [2, 3]


def test_first_message_of_the_last_day_or_less():
    thread = Thread()
    assert thread.first_since(NOW) == 1
    for second in (0, 0, 10, 20):
        thread.take_seq(NOW + second)
    assert [thread.first_since(NOW + second) for second in (0, 1, 10, 11, 21)] == [1, 3, 3, 4, 5]
    thread.take_seq(NOW + 86_415)
    assert thread.first_since(NOW) == 4, "the others are older than a day"
