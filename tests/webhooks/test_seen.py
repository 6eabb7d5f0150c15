"""Events that come again."""

from __future__ import annotations

import pytest

from tests.webhooks.bodies import BODIES
from tim_async import UsageError
from tim_async.webhooks import EVENTS, AfterMsgReport, AfterSendMsg, GroupAfterSendMsg, SeenEvents, decode_event


@pytest.mark.parametrize("command", EVENTS)
def test_a_repeat_is_known(command):
    seen = SeenEvents()
    assert seen.add(decode_event(command, BODIES[command]))
    assert not seen.add(decode_event(command, BODIES[command]))
    assert len(seen) == 1


def test_message_is_known_by_its_key_whatever_else_differs():
    seen = SeenEvents()
    assert seen.add(AfterSendMsg(from_account="a", to_account="b", msg_key="1", unread_msg_num=1))
    assert not seen.add(AfterSendMsg(from_account="a", to_account="b", msg_key="1", unread_msg_num=2))
    assert seen.add(AfterSendMsg(from_account="a", to_account="b", msg_key="2"))
    assert seen.add(AfterSendMsg(from_account="a", to_account="c", msg_key="1")), "keys belong to a conversation"
    assert seen.add(GroupAfterSendMsg(group_id="g", msg_seq=1))
    assert not seen.add(GroupAfterSendMsg(group_id="g", msg_seq=1, event_time=5))
    assert seen.add(GroupAfterSendMsg(group_id="g", msg_seq=1, topic_id="t"))


def test_others_are_known_by_all_of_their_body():
    seen = SeenEvents()
    assert seen.add(AfterMsgReport(report_account="a", last_read_time=1))
    assert seen.add(AfterMsgReport(report_account="a", last_read_time=2))
    first = decode_event("C2C.CallbackAfterMsgReport", {"New": 1})
    assert seen.add(first)
    assert seen.add(decode_event("C2C.CallbackAfterMsgReport", {"New": 2})), "unknown fields count"


def test_messages_without_a_key_are_known_by_all_of_their_body():
    seen = SeenEvents()
    for text in ("one", "other"):
        for event in (
            AfterSendMsg(from_account="a", to_account="b", cloud_custom_data=text),
            GroupAfterSendMsg(group_id="g", random=1, cloud_custom_data=text),
        ):
            assert seen.add(event)
            assert not seen.add(event)


def test_marks_are_bounded_in_bytes():
    seen = SeenEvents()
    long = "x" * 100_000
    for event in (
        AfterSendMsg(from_account=long, msg_key="1"),
        AfterSendMsg(from_account=long, msg_key="2"),
        decode_event("X." + long, {}),
        decode_event("X." + long + "y", {}),
        AfterSendMsg(msg_key="\ud800" * 1_000),
    ):
        assert seen.add(event)
        assert not seen.add(event)
        assert sum(map(len, event.mark)) < 500
    assert len(seen) == 5


def test_memory_is_bounded():
    seen = SeenEvents(3)
    for key in "12345":
        assert seen.add(AfterSendMsg(msg_key=key))
    assert len(seen) == 3
    assert not seen.add(AfterSendMsg(msg_key="3"))
    assert seen.add(AfterSendMsg(msg_key="1")), "the oldest went first"


def test_time_is_bounded():
    now = [0.0]
    seen = SeenEvents(within_s=10, clock=lambda: now[0])
    assert seen.add(AfterSendMsg(msg_key="1"))
    now[0] = 9.9
    assert not seen.add(AfterSendMsg(msg_key="1"))
    now[0] = 10.0
    assert seen.add(AfterSendMsg(msg_key="2"))
    assert len(seen) == 1
    assert seen.add(AfterSendMsg(msg_key="1")), "counted from the first time"


def test_forgotten_event_is_new():
    seen = SeenEvents()
    event = AfterSendMsg(msg_key="1")
    seen.add(event)
    seen.forget(event)
    seen.forget(event)
    assert seen.add(event)


@pytest.mark.parametrize(("arguments", "field"), [({"size": 0}, "size"), ({"within_s": 0}, "within_s")])
def test_wrong_settings_are_named(arguments, field):
    with pytest.raises(UsageError) as caught:
        SeenEvents(**arguments)
    assert caught.value.field == field
