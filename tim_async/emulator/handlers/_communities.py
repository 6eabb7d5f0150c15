"""Find the community that a request names."""

from __future__ import annotations

from ..dispatch import Call
from ..state.codes import GroupCode
from ..state.group import Group, Groups
from ..state.refusal import Refusal


def find_community(call: Call) -> Group:
    """Return the community of a call; it must have been created with topics."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_topics")
    if not group.support_topic:
        raise Refusal(GroupCode.NO_PERMISSION, "the community was created without topics")
    return group
