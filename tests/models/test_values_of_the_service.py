"""Sets of values that the documents list: editors know them, and a value that the service adds is read and sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

import tim_async.webhooks
from tim_async import CreateGroup, GroupInfos, SendMsg, TextElem, UsageError, decode, endpoints
from tim_async._api.plain_look import plain_look
from tim_async._api.wire import CustomType
from tim_async.families.c2c import C2C
from tim_async.families.group import Group
from tim_async.models.history import ArchivedC2CMsg, ArchivedGroupMsg

READ: list[type[msgspec.Struct]] = [
    *(each.result for each in endpoints().values()),
    *(
        each
        for each in vars(tim_async.webhooks).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ),
    ArchivedC2CMsg,
    ArchivedGroupMsg,
]


def closed(struct: type[msgspec.Struct], seen: set[object]) -> Iterator[str]:
    """Yield the fields, of a struct and of all below it, that take a closed set of values."""
    if struct in seen:
        return
    seen.add(struct)
    for name, hint in get_type_hints(struct).items():
        rest: list[Any] = [hint]
        while rest:
            each = rest.pop()
            if get_origin(each) is Literal:
                yield f"{struct.__name__}.{name}"
            elif isinstance(each, type) and issubclass(each, CustomType):
                for part in each.parts().values():
                    yield from closed(part, seen)
            elif isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield from closed(each, seen)
            rest += get_args(each)


def test_nothing_that_is_read_is_closed() -> None:
    seen: set[object] = set()
    assert [name for struct in READ for name in closed(struct, seen)] == []
    assert len(seen) > 200


def test_walk_finds_a_closed_field() -> None:
    assert list(closed(SendMsg, set())) != []


def test_a_type_of_groups_that_is_new_is_read_and_sent() -> None:
    answer = {"GroupInfo": [{"GroupId": "g", "Type": "Channel"}]}
    assert decode(json.dumps(answer), GroupInfos).group_info[0].type == "Channel"
    new: Any = "Channel"
    assert json.loads(Group.create.encode(CreateGroup(type=new, name="g")))["Type"] == "Channel"
    with pytest.raises(UsageError) as caught:
        Group.create.encode(CreateGroup(type=5, name="g"))  # type: ignore[arg-type]  # what the test is about
    assert caught.value.field == "type"


def test_listed_values_are_plain_texts_to_the_quick_look() -> None:
    message = SendMsg(to_account="bob", msg_body=[TextElem("hi")], send_msg_control=["NoUnread"])
    assert plain_look(SendMsg)(message)
    assert not plain_look(CreateGroup)(CreateGroup(type=5, name="g"))  # type: ignore[arg-type]


def test_listed_values_are_choices_of_the_field() -> None:
    fields = {field.name: field for field in C2C.send.fields}
    assert fields["send_msg_control"].choices == ("NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck")
    (kind,) = [field for field in Group.create.fields if field.name == "type"]
    assert kind.choices == ("Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community")
    assert kind.type == "String"
