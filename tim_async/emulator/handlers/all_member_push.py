"""Pushes to all users, their attributes and tags. Source: I37166 to I37175.

A push is not stored in any history, only in `Emulator.pushes`. A second push within a second is refused with 90024, by
the limits, and the 101st of a day with 90047.

Where the documents are silent: users who are not imported are skipped, because the answers have no field for them; any
other invalid request is 90001.
"""

from __future__ import annotations

from ..._api.checks import U32_MAX
from ..._api.wire import check_size
from ...errors import BodyTooLargeError
from ...families.all_member_push import AllMemberPush
from ...models.all_member_push import (
    MAX_PUSH_BYTES,
    AttrNames,
    AttrsOfUser,
    AttrsOfUsers,
    PushTask,
    PushToAll,
    SetAttrNames,
    TagsOfUser,
    TagsOfUsers,
)
from ...models.common import Empty
from ..dispatch import Call, handles
from ..events.push import emit_pushed_to_all
from ..state.codes import MessageCode, PushCode
from ..state.push import DUPLICATE_WINDOW_S, MAX_PUSHES_PER_DAY, PushState, SentPush
from ..state.refusal import Refusal, integer
from ._message import check_body, check_options
from ._push_requests import check_condition, read_attr_names, read_attrs, read_new_tags, read_tags, read_users


@handles(AllMemberPush.send)
def send(call: Call) -> PushTask:
    """Send a push, unless it is a repeat or the daily limit is reached."""
    pushes = call.state.part(PushState)
    try:
        check_size(call.body, MAX_PUSH_BYTES)
    except BodyTooLargeError as error:
        raise Refusal(PushCode.BODY_TOO_LONG, error.message) from None
    msg_random = integer(call.raw, "MsgRandom", 0, U32_MAX, code=MessageCode.MSGRANDOM_INVALID)
    check_body(call.raw)
    check_options(call.raw)
    check_condition(call)
    request = call.read(PushToAll, code=MessageCode.JSON_INVALID)
    first = pushes.known(call.endpoint.command, msg_random, call.now, DUPLICATE_WINDOW_S)
    if first is not None:
        return PushTask(task_id=first.task_id)
    if pushes.taken_today(call.endpoint.command, call.now) >= MAX_PUSHES_PER_DAY:
        raise Refusal(PushCode.DAILY_LIMIT, f"the daily limit of {MAX_PUSHES_PER_DAY} pushes is reached")
    push = SentPush(
        task_id="",
        command=call.endpoint.command,
        at=call.now,
        to=pushes.audience(request.condition),
        from_account=request.from_account,
        msg_random=msg_random,
        msg_body=request.msg_body,
        offline_push_info=request.offline_push_info,
    )
    pushes.take(push)
    emit_pushed_to_all(call, push)
    return PushTask(task_id=push.task_id)


@handles(AllMemberPush.set_attr_names)
def set_attr_names(call: Call) -> Empty:
    """Name attributes; numbers that are not given keep their names."""
    call.state.part(PushState).names.update(call.read(SetAttrNames, code=MessageCode.JSON_INVALID).attr_names)
    return Empty()


@handles(AllMemberPush.get_attr_names)
def get_attr_names(call: Call) -> AttrNames:
    """Return the names of the attributes."""
    return AttrNames(attr_names=dict(call.state.part(PushState).names))


@handles(AllMemberPush.get_attrs)
def get_attrs(call: Call) -> AttrsOfUsers:
    """Return the attributes of users."""
    pushes = call.state.part(PushState)
    users = read_users(call)
    return AttrsOfUsers(user_attrs=[AttrsOfUser(to_account=user, attrs=pushes.attrs(user)) for user in users])


@handles(AllMemberPush.set_attrs)
def set_attrs(call: Call) -> Empty:
    """Set attributes of users."""
    for item in read_attrs(call).user_attrs:
        if call.state.knows(item.to_account, call.now):
            call.state.part(PushState).set_attrs(item.to_account, item.attrs)
    return Empty()


@handles(AllMemberPush.remove_attrs)
def remove_attrs(call: Call) -> Empty:
    """Remove attributes of users."""
    for item in read_attr_names(call).user_attrs:
        call.state.part(PushState).remove_attrs(item.to_account, item.attrs)
    return Empty()


@handles(AllMemberPush.get_tags)
def get_tags(call: Call) -> TagsOfUsers:
    """Return the tags of users."""
    pushes = call.state.part(PushState)
    return TagsOfUsers(user_tags=[TagsOfUser(to_account=user, tags=pushes.tags(user)) for user in read_users(call)])


@handles(AllMemberPush.add_tags)
def add_tags(call: Call) -> Empty:
    """Add tags to users."""
    for item in read_new_tags(call).user_tags:
        if call.state.knows(item.to_account, call.now):
            call.state.part(PushState).add_tags(item.to_account, item.tags)
    return Empty()


@handles(AllMemberPush.remove_tags)
def remove_tags(call: Call) -> Empty:
    """Remove tags of users."""
    for item in read_tags(call).user_tags:
        call.state.part(PushState).remove_tags(item.to_account, item.tags)
    return Empty()


@handles(AllMemberPush.clear_tags)
def clear_tags(call: Call) -> Empty:
    """Remove all tags of users."""
    for user in read_users(call):
        call.state.part(PushState).remove_tags(user, None)
    return Empty()
