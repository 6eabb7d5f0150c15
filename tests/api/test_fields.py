"""The fields of requests as data, and whether they say what the checks do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import tim_async
from tests import field_ranges
from tests.field_ranges import TARGET, leaves, row, shared_ranges
from tim_async import RequestField
from tim_async._api.fields import Range, ranges, texts_of
from tim_async._api.wire import WireStruct
from tim_async.families._registry import endpoints

COMMANDS = sorted(endpoints())


def field(command: str, path: str) -> RequestField:
    return next(each for each, place in leaves(endpoints()[command].fields) if place == path)


def everywhere(fields: tuple[RequestField, ...]) -> Iterator[RequestField]:
    for each in fields:
        yield each
        yield from everywhere(each.fields)
        for parts in each.kinds.values():
            yield from everywhere(parts)


@pytest.mark.parametrize("command", COMMANDS)
def test_ranges_are_what_the_checks_let_pass(command: str) -> None:
    """`python -m tests.field_ranges` writes them."""
    assert row(endpoints()[command]) == ranges().get(command, {})


def test_ranges_of_elements_and_push_settings_are_what_the_checks_let_pass() -> None:
    assert shared_ranges() == ranges()[""]
    assert set(ranges()) <= {"", *COMMANDS}


def test_ranges_are_written_a_command_a_line() -> None:
    lines = TARGET.read_text("utf-8").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("{", "}", len(ranges()) + 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_field_is_described(command: str) -> None:
    endpoint = endpoints()[command]
    assert [each.name for each in endpoint.fields] == list(endpoint.request.__struct_fields__)
    assert [each.wire_name for each in endpoint.fields] == list(endpoint.request.__struct_encode_fields__)
    for each in everywhere(endpoint.fields):
        assert each.text, each.wire_name
        assert (each.items is not None) == (each.type == "Array")
        assert each.range is None or each.unit or each.type == "Integer"
        assert each.choices is None or each.choices


@pytest.mark.parametrize(
    ("command", "path", "expected"),
    [
        pytest.param("openim/sendmsg", "MsgLifeTime", ("Integer", "seconds", (0, 604_800), None), id="seconds"),
        pytest.param("openim/sendmsg", "To_Account", ("String", "bytes", (1, 32), None), id="account"),
        pytest.param("openim/batchsendmsg", "To_Account", ("Array", "items", (1, 500), None), id="accounts"),
        pytest.param("openim/sendmsg", "SyncOtherMachine", ("Integer", None, None, (1, 2)), id="choices"),
        pytest.param("openim/sendmsg", "MsgBody", ("Array", "items", (1, None), None), id="elements"),
        pytest.param(
            "openim/sendmsg",
            "MsgBody[].TIMImageElem.ImageFormat",
            ("Integer", None, None, (1, 2, 3, 4, 255)),
            id="choices-with-a-hole",
        ),
        pytest.param(
            "timpush/push",
            "OfflinePushInfo.ApnsInfo.LiveActivity.LaId",
            ("String", "bytes", (1, 64), None),
            id="shared-by-all",
        ),
        pytest.param(
            "timpush/add_sched_task",
            "Content.OfflinePushInfo.BadgeAddNum",
            ("Integer", None, (1, 99), None),
            id="shared-by-all-deeper",
        ),
        pytest.param("openim/sendmsg", "OfflinePushInfo", ("Object", None, None, None), id="object"),
        pytest.param("group_open_http_svc/get_appid_group_list", "Next", ("Integer", None, (0, None), None), id="open"),
    ],
)
def test_field_says_what_it_takes(command: str, path: str, expected: tuple[object, ...]) -> None:
    found = field(command, path)
    assert (found.type, found.unit, found.range, found.choices) == expected


def test_field_of_a_list_says_what_its_items_take() -> None:
    assert field("openim/batchsendmsg", "To_Account").item_range == (1, 32)
    assert field("openim/batchsendmsg", "To_Account").items == "String"


def test_what_the_client_fills_in_is_marked() -> None:
    fields = {each.name: each for each in endpoints()["openim/sendmsg"].fields}
    assert [name for name, each in fields.items() if each.is_filled_in] == ["msg_seq", "msg_random"]
    assert [name for name, each in fields.items() if each.required] == ["msg_random", "msg_body", "to_account"]


def test_what_is_always_sent_is_required_and_filled_in() -> None:
    want = field("timpush/list_sched_task", "Want")
    assert (want.required, want.is_filled_in) == (True, True)


@pytest.mark.parametrize(
    ("command", "path", "unit"),
    [
        ("openim/importmsg", "MsgTimeStamp", "unix seconds"),
        ("group_open_http_svc/send_group_msg", "Random", None),  # repeats are dropped for some minutes
        ("all_member_push/im_push", "MsgRandom", None),
        ("openim/sendmsg", "MsgBody[].TIMVideoFileElem.ThumbWidth", "pixels"),
        ("group_open_http_svc/ban_group_member", "Duration", "seconds"),
    ],
)
def test_unit_of_a_number_is_what_it_counts(command: str, path: str, unit: str | None) -> None:
    assert field(command, path).unit == unit


def test_every_time_has_a_unit() -> None:
    without = [
        (command, path)
        for command, endpoint in endpoints().items()
        for each, path in leaves(endpoint.fields)
        if each.type == "Integer" and path.endswith(("Time", "TimeStamp", "Duration")) and each.unit is None
    ]
    assert without == []


def test_elements_are_fields_by_kind_and_a_relayed_message_ends() -> None:
    kinds = field("openim/sendmsg", "MsgBody").kinds
    assert {"TIMTextElem", "TIMCustomElem", "TIMRelayElem"} <= set(kinds)
    (messages,) = [each for each in kinds["TIMRelayElem"] if each.name == "msg_list"]
    (body,) = [each for each in messages.fields if each.name == "msg_body"]
    assert body.kinds["TIMRelayElem"] == ()


class Base(WireStruct, kw_only=True):
    """A base.

    Attributes:
        first: of the base,
            on two lines.
        second: of the base.
    """

    first: int
    second: int


class Derived(Base, kw_only=True):
    """One of its kind.

    Attributes:
        second: of its own.
    """


def test_text_of_a_field_is_the_nearest_docstring() -> None:
    assert texts_of(Derived) == {"first": "of the base, on two lines.", "second": "of its own."}


def test_numbers_that_are_choices_are_distinguished_from_ranges() -> None:
    assert field_ranges.SMALL < 604_800
    assert msgspec.json.decode(json.dumps({"choices": [1, 2]}), type=Range).choices == (1, 2)


def test_neither_fields_nor_pages_are_loaded_before_they_are_asked_for() -> None:
    code = (
        "import sys; from tim_async import TimClient; from tim_async.families._registry import endpoints; endpoints();"
        "print(*sorted(name for name in sys.modules if name in ('tim_async._api.fields', 'tim_async._api.pages')))"
    )
    root = Path(tim_async.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == []


REQUIRED: dict[str, list[str]] = json.loads((field_ranges.WIRE / "required_fields.json").read_text("utf-8"))
"""The fields that the service's pages require, typed from their tables."""

OTHERWISE = {
    # An entry without a name is not an entry, though the tables do not mark the name as required.
    "group_open_http_svc/create_group": {
        "AppDefinedData[].Key",
        "MemberList[].Member_Account",
        "MemberList[].AppMemberDefinedData[].Key",
    },
    "group_open_http_svc/import_group": {"AppDefinedData[].Key"},
    "group_open_http_svc/modify_group_base_info": {"AppDefinedData[].Key"},
    "group_open_http_svc/modify_group_member_info": {"AppMemberDefinedData[].Key"},
    "im_open_login_svc/multiaccount_import": {"AccountList[].UserID"},
    "sns/friend_import": {"AddFriendItem[].CustomItem[].Tag", "AddFriendItem[].CustomItem[].Value"},
    # A pair is deleted by its key.
    "openim_msg_ext_http_svc/group_set_key_values": {"ExtensionList[].Value"},
    "openim_msg_ext_http_svc/set_key_values": {"ExtensionList[].Value"},
}
"""Where the fields differ from the tables, and why."""


@pytest.mark.parametrize("command", COMMANDS)
def test_required_means_that_the_page_says_so(command: str) -> None:
    found = {
        path
        for each, path in leaves(endpoints()[command].fields)
        if each.required and "OfflinePushInfo." not in path and "MsgBody[]" not in path
    }
    assert found ^ set(REQUIRED[command]) == OTHERWISE.get(command, set())


def test_every_difference_from_a_table_is_one() -> None:
    assert set(OTHERWISE) <= set(COMMANDS)
