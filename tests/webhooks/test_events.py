"""The structs of the events, and how they are read."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import random
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.test_registry import collect
from tests.generated import structs
from tests.profiles import examples
from tests.webhooks.bodies import BODIES, SENT, TEXT, spoil
from tim_async import RawElem, TextElem, webhooks
from tim_async.errors import EventDecodeError
from tim_async.webhooks import (
    EVENTS,
    AfterSendMsg,
    BeforeEvent,
    BeforeSendMsg,
    GroupAfterSendMsg,
    GroupBeforeCreateGroup,
    OfflinePush,
    UnknownEvent,
    WebhookParams,
    decode_event,
)

every_command = pytest.mark.parametrize("command", EVENTS)
BASES = {webhooks.Event, BeforeEvent, UnknownEvent}
SERVICES_IN_FRONT = ("Group", "OfficialAccount", "Bot", "Chatbot")


def test_received_event_is_written_with_the_fields_that_are_not_known() -> None:
    body = {"CallbackCommand": "C2C.CallbackAfterSendMsg", "From_Account": "用户", "New": {"Field": 1}}
    event = decode_event("C2C.CallbackAfterSendMsg", body)
    assert isinstance(event, AfterSendMsg)
    event.from_account = "bob"
    written = json.loads(event.to_body())
    assert (written["From_Account"], written["New"]) == ("bob", {"Field": 1})
    unknown = {"CallbackCommand": "C2C.New", "Field": [1]}
    assert json.loads(decode_event("C2C.New", unknown).to_body()) == unknown


def with_command(command):
    # Pushes have the command in each of their events, and not on top.
    return BODIES[command] if command.startswith("Push.") else {"CallbackCommand": command, **BODIES[command]}


def test_every_command_has_a_body_here_and_the_other_way_round():
    assert set(BODIES) == set(EVENTS)


def test_every_class_of_an_event_can_be_imported_and_no_other():
    exported = [value for name in webhooks.__all__ if isinstance(value := getattr(webhooks, name), type)]
    assert {value for value in exported if issubclass(value, webhooks.Event)} - BASES == set(EVENTS.values())


@every_command
def test_body_is_read_and_written_as_it_was(command):
    event = decode_event(command, json.dumps(with_command(command)))
    assert type(event) is EVENTS[command]
    assert event.callback_command == command
    assert event.extra == {}
    assert event.body == with_command(command)
    # In pushes, each of them contains the command (I67552).
    head = {} if command.startswith("Push.") else {"CallbackCommand": command}
    assert json.loads(event.to_body()) == {**head, **BODIES[command]}


def test_bodies_hold_every_field():
    """A field without a document is either invented, or missing in the bodies here."""
    seen = {}
    for command, body in BODIES.items():
        collect(decode_event(command, body), seen)
    missing = {f"{kind.__name__}.{name}" for kind, got in seen.items() for name in set(kind.__struct_fields__) - got}
    assert not missing
    assert set(EVENTS.values()) <= set(seen)


@every_command
def test_class_is_named_after_its_command(command):
    service, _, word = command.partition(".")
    name = word.replace("Callback", "", 1)
    if service in SERVICES_IN_FRONT:
        name = service + name
    if service == "ContentCallback":
        name = f"Content{name}"
    assert EVENTS[command].__name__ == name
    assert getattr(webhooks, name) is EVENTS[command]


@every_command
def test_class_documents_every_field(command):
    doc = inspect.cleandoc(EVENTS[command].__doc__)
    for name in EVENTS[command].__struct_fields__:
        assert f"\n    {name}: " in doc


@every_command
def test_what_is_decided_on_is_a_before_event(command):
    decided = bool(re.search(r"Before|Prev|Signal", command))
    assert issubclass(EVENTS[command], BeforeEvent) is decided


@every_command
def test_every_event_is_read_from_nothing(command):
    assert type(decode_event(command, b"{}")) is EVENTS[command]


@every_command
@settings(max_examples=examples(10))
@given(data=st.data())
def test_random_events_survive(command, data):
    event = data.draw(structs(EVENTS[command]))
    again = decode_event(command, event.to_body())
    assert again == event
    assert again.to_body() == event.to_body()


def test_event_knows_its_url_and_keeps_unknown_fields():
    params = WebhookParams(
        sdk_app_id=1400000000,
        command="C2C.CallbackAfterSendMsg",
        client_ip="1.2.3.4",
        opt_platform="macOS",
        request_time=1669872112,
    )
    body = {**SENT, "NewField": {"a": [1]}, "CallbackCommand": "C2C.CallbackAfterSendMsg"}
    event = decode_event("C2C.CallbackAfterSendMsg", body, params=params)
    assert event.params is params
    assert event.extra == {"NewField": {"a": [1]}}
    assert event == decode_event("C2C.CallbackAfterSendMsg", SENT), "neither is compared"
    assert json.loads(event.to_body())["NewField"] == {"a": [1]}, "but written"


def test_event_made_by_hand_has_empty_surroundings():
    event = AfterSendMsg(from_account="a")
    assert (event.params, event.body, event.extra) == (WebhookParams(), {}, {})


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))])
def test_event_is_copied_as_a_value(clone):
    event = decode_event("C2C.CallbackAfterSendMsg", {**SENT, "New": 1})
    assert clone(event) == event


def test_unknown_command_is_kept():
    event = decode_event(
        "C2C.CallbackAfterSendMsgException", b'{"CallbackCommand":"C2C.CallbackAfterSendMsgException","A":1}'
    )
    assert isinstance(event, UnknownEvent)
    assert event.callback_command == "C2C.CallbackAfterSendMsgException"
    assert event.extra == {"A": 1}
    assert UnknownEvent.callback_command == ""


def test_unknown_kind_of_element_is_kept():
    event = decode_event(
        "C2C.CallbackBeforeSendMsg", {"MsgBody": [*TEXT, {"MsgType": "TIMNewElem", "MsgContent": {"A": 1}}]}
    )
    assert isinstance(event, BeforeSendMsg)
    assert event.msg_body == [TextElem("红包 🧧"), RawElem("TIMNewElem", {"A": 1})]


def test_numbers_may_come_as_text_and_null_is_not_given():
    event = decode_event(
        "Group.CallbackAfterSendMsg", b'{"EventTime":"1670574414123","MsgSeq":"5","TopicId":null,"Random":null}'
    )
    assert isinstance(event, GroupAfterSendMsg)
    assert (event.event_time, event.msg_seq, event.topic_id, event.random) == (1_670_574_414_123, 5, None, 0)


def test_older_name_is_read():
    event = decode_event("Group.CallbackBeforeCreateGroup", {"CreatedNum": 3})
    assert isinstance(event, GroupBeforeCreateGroup)
    assert event.create_group_num == 3
    assert event.extra == {}


def test_offline_push_unpacks_its_list():
    event = decode_event("Push.OfflinePush", BODIES["Push.OfflinePush"])
    assert isinstance(event, OfflinePush)
    assert [(push.push_stage, push.msg_key or push.group_id) for push in event.events] == [
        (1, "48374_2837546_1557481126"),
        (3, "@TGS#2J4SZEAEL"),
    ]


UNREADABLE = {
    "empty": (b"", None),
    "text": ("no JSON", None),
    "list": (b"[]", None),
    "truncated": (b'{"MsgSeq":1', None),
    "no text at all": (b"\xff\xfe", None),
    "damaged everywhere": (b'{"a":["' + b'\x01","' * 10_001 + b'"]}', None),
    "deep": (b'{"a":' * 100_000, None),
    "wrong type": (b'{"MsgSeq":[]}', "MsgSeq"),
    "element": (b'{"MsgBody":[{"MsgContent":{}}]}', "MsgBody[0]"),
    "element with content of text": (b'{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":"x"}]}', "MsgBody[0]"),
    "another command": (b'{"CallbackCommand":"C2C.CallbackAfterSendMsg"}', "CallbackCommand"),
    "command of no text": (b'{"CallbackCommand":1}', "CallbackCommand"),
    "no body at all": (None, None),
    "keys of no text": ({1: object()}, None),
}


@pytest.mark.parametrize(("body", "field"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_body(body, field):
    with pytest.raises(EventDecodeError, match=r"cannot read the body of 'C2C\.CallbackBeforeSendMsg'") as caught:
        decode_event("C2C.CallbackBeforeSendMsg", body)
    assert (caught.value.field or "").partition(".")[0] == (field or "")
    assert caught.value.status == 400


def take(command, body):
    """Read a body; nothing but our own error may come of it."""
    try:
        event = decode_event(command, body)
    except EventDecodeError:
        return
    assert event.callback_command == command
    assert event.mark[0] == command
    assert isinstance(msgspec.json.decode(event.to_body()), dict)


@given(st.integers(0, 2**32))
def test_ten_thousand_spoilt_bodies_raise_nothing_but_our_errors(seed):
    chance = random.Random(seed)
    for _ in range(100):
        take(*spoil(chance))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for kind in EVENTS.values() for name in kind.__struct_encode_fields__} | {"CallbackCommand"})


@settings(max_examples=examples(300))
@given(
    command=st.sampled_from(sorted(EVENTS)) | st.text(max_size=20),
    body=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5).map(lambda value: json.dumps(value).encode()),
)
def test_random_values_of_known_fields_raise_nothing_but_our_errors(command, body):
    take(command, body)
