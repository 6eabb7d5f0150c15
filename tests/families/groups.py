"""Groups for tests, and their queries."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from tim_async import ApiError, TextElem
from tim_async.emulator import Emulator
from tim_async.emulator.state.group import Groups
from tim_async.emulator.state.group_rules import rules_of
from tim_async.models.group_msg import GroupMsg

MEMBERS = ("alice", "bob", "carol")


def make_group(emulator: Emulator, kind: str = "Public", **changes: Any) -> str:
    """Make a group with its owner alice and two members; return its id."""
    groups = emulator._state.part(Groups)
    rules = rules_of(kind)
    assert rules is not None
    now = emulator._clock()
    group = groups.create(rules, "a group", now, group_id=None, owner="alice", max_members=None)
    if not rules.is_live:
        for account in MEMBERS:
            groups.join(group, account, now)
    for name, value in changes.items():
        setattr(group, name, value)
    return group.group_id


def texts(messages: list[GroupMsg]) -> list[str]:
    """Return the texts of messages."""
    return ["".join(part.text for part in message.msg_body if isinstance(part, TextElem)) for message in messages]


async def code_of(call: Coroutine[None, None, object]) -> int | None:
    """Await a call that the service refuses, without effect; return the code."""
    with pytest.raises(ApiError) as caught:
        await call
    assert not caught.value.maybe_delivered
    return caught.value.code
