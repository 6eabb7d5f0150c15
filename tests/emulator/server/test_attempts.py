"""Attempts of one message, found among any number of requests."""

from __future__ import annotations

import json

from tim_async.emulator.server.attempts import AttemptIndex, identity_of

SEND = "openim/sendmsg"


def body(number: int, **more: object) -> bytes:
    return json.dumps({"To_Account": "bob", "MsgSeq": 1, "MsgRandom": number, "MsgBody": [], **more}).encode()


def test_only_so_many_messages_are_kept() -> None:
    index = AttemptIndex(size=2)
    for number in range(3):
        index.enter(SEND, number + 1, body(number))
    forgotten, kept = index.enter(SEND, 4, body(0)), index.enter(SEND, 5, body(2))
    assert forgotten is not None
    assert kept is not None
    assert (forgotten.first, forgotten.count) == (4, 1)
    assert (kept.first, kept.count) == (3, 2)


def test_sender_recipient_and_marks_make_the_identity_and_nothing_else() -> None:
    first = identity_of(SEND, body(1))
    assert first == identity_of(SEND, body(1, MsgBody=[{"MsgType": "TIMFaceElem"}]))
    assert first not in {
        identity_of(SEND, body(2)),
        identity_of(SEND, body(1, From_Account="alice")),
        identity_of(SEND, body(1, To_Account="carol")),
        identity_of("openim/batchsendmsg", body(1)),
    }
    assert identity_of("account/unknown", body(1)) is None
    assert identity_of("im_open_login_svc/account_import", b'{"UserID": "bob", "Random": 1}') is None
    assert identity_of(SEND, b'{"To_Account": "bob"}') is None


def test_repeat_that_is_answered_as_the_first_is_no_second_message() -> None:
    attempts = AttemptIndex(size=2).enter(SEND, 1, body(1))
    assert attempts is not None
    for code, answer in ((20004, b"refused"), (0, b"key 1"), (0, b"key 1"), (60007, b"refused"), (0, b"key 2")):
        attempts.carried_out(code, answer)
    assert attempts.messages == 2
