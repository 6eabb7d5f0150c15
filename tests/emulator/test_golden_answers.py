"""The emulator's answers have the fields of the documents' replies, of the same types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.emulator.golden import GOLDEN
from tests.emulator.worlds import BEFORE, prepared

ENVELOPE = {"ActionStatus", "ErrorInfo", "ErrorCode"}
# Golden replies that the emulator does not give, and why.
SET_ASIDE = {
    f"push/{kind}": "the figures and ways of pushes come from devices: tests/families/test_push_statistics.py"
    for kind in (
        "all_member_push_loss",
        "all_member_push_statistics",
        "all_member_push_trace",
        "normal_push_loss",
        "normal_push_statistics",
        "normal_push_trace",
    )
}
# Fields of golden replies that the emulator leaves out or gives in another type, by command, and why.
LEFT_OUT = {
    ("openim/admin_getroammsg", "MsgList[].MsgClientTime"): "no page has it",
    ("timpush/get_sched_task", "TaskInfo.Content.From_Account"): "a number in one sample; accounts are texts",
    ("timpush/get_sched_task", "TaskInfo.Content.To_Account"): "the sample's task has no users",
    ("timpush/get_sched_task", "TaskInfo.Content.To_Account[]"): "the sample's task has no users",
    ("group_open_http_svc/create_group", "HugeGroupFlag"): "one sample has it, and no table",
    ("group_open_http_svc/send_group_msg", "MsgDropReason"): "nothing is dropped by frequency: 10023 refuses",
    ("group_open_http_svc/get_group_member_info", "MemberList[].OnlineStatus"): "only where it is enabled",
    ("group_open_http_svc/get_specified_group_member_info", "MemberList[].OnlineStatus"): "only where it is enabled",
}


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and JSON type of everything below a value; the items of a list share one path.

    The contents of messages are an app's own.
    """
    if isinstance(value, dict):
        yield path, "object"
        for name, part in value.items():
            if name != "MsgBody":
                yield from shape(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, "array"
        for part in value:
            yield from shape(part, f"{path}[]")
    else:
        yield path, "number" if isinstance(value, int | float) else type(value).__name__


def fields(reply: Mapping[str, Any]) -> set[tuple[str, str]]:
    return set(shape({name: part for name, part in reply.items() if name not in ENVELOPE}))


def known(command: str) -> set[tuple[str, str]]:
    return {each for content in GOLDEN.values() if content["command"] == command for each in fields(content["reply"])}


def left_out(command: str) -> set[str]:
    return {path for place, path in LEFT_OUT if place == command}


# Further samples of a command share a reply, which is not the answer to each of their requests.
WHOLE = [name for name in sorted(GOLDEN) if name not in SET_ASIDE and ("." not in name or name in BEFORE)]


@pytest.mark.parametrize("name", WHOLE)
def test_answer_has_the_fields_of_the_golden_reply(name: str) -> None:
    world = prepared(name)
    got = world.answer()
    assert got["ErrorCode"] == 0, got["ErrorInfo"]
    missing = fields(GOLDEN[name]["reply"]) - fields(got)
    assert not {each for each in missing if each[0] not in left_out(world.command)}, got


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_answer_has_no_field_that_no_golden_reply_has(name: str) -> None:
    world = prepared(name)
    got = world.answer()
    more = fields(got) - known(world.command)
    assert not {each for each in more if each[0] not in left_out(world.command)}, got
