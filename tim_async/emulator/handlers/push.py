"""Pushes of the push service, their attributes and tags. Source: I60561 to I60571, I67553, I80441.

Scheduled pushes are in `push_schedule`, the results of pushes in `push_statistics`.

State and pushes are shared with all_member_push (see `state.push`): tasks of both can be revoked here.

Where the documents are silent: a user who is not imported is in ErrorList with 70107, and so is every RegistrationID,
because the emulator has none; a push whose targets all failed is accepted and has no recipients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from ..._api.checks import U32_MAX
from ...families.push import Push
from ...models.all_member_push import AttrsOfUser, PushTask, TagsOfUser
from ...models.common import Empty
from ...models.push import (
    AttrsOrFailures,
    PushBatchTask,
    PushFailure,
    PushOutcome,
    Revoke,
    SendPush,
    SendPushBatch,
    SendWebPush,
    SetTypedAttrNames,
    TagsOrFailures,
    TypedAttrNames,
)
from ..dispatch import Call, handles
from ..events.push import emit_pushed_to_all
from ..state.codes import AccountCode, MessageCode, PushCode
from ..state.push import DUPLICATE_WINDOW_S, PushState, SentPush
from ..state.refusal import integer
from . import push_schedule, push_statistics  # noqa: F401 - they register their handlers
from ._push_requests import check_condition, read_attr_names, read_attrs, read_new_tags, read_tags, read_users

# Within one second a push with the same MsgRandom is dropped (I67553).
_BATCH_DUPLICATE_WINDOW_S: Final = 1.0

W = TypeVar("W")


@handles(Push.send)
def send(call: Call) -> PushTask:
    """Send a push, unless it is a repeat."""
    pushes = call.state.part(PushState)
    msg_random = integer(call.raw, "MsgRandom", 0, U32_MAX, code=MessageCode.JSON_INVALID)
    check_condition(call)
    request = call.read(SendPush, code=MessageCode.JSON_INVALID)
    push = pushes.known(call.endpoint.command, msg_random, call.now, DUPLICATE_WINDOW_S)
    if push is None:
        push = pushes.take(_sent(call, request, msg_random, pushes.audience(request.condition)))
        emit_pushed_to_all(call, push)
    return PushTask(task_id=push.task_id)


@handles(Push.send_batch)
def send_batch(call: Call) -> PushBatchTask:
    """Send a push to listed users, unless it is a repeat."""
    pushes = call.state.part(PushState)
    msg_random = integer(call.raw, "MsgRandom", 0, U32_MAX, code=MessageCode.JSON_INVALID)
    request = call.read(SendPushBatch, code=MessageCode.JSON_INVALID)
    users, failures = _split(call, request.to_account)
    known = pushes.known(call.endpoint.command, msg_random, call.now, _BATCH_DUPLICATE_WINDOW_S)
    push = known or pushes.take(_sent(call, request, msg_random, users))
    return PushBatchTask(task_id=push.task_id, error_list=failures)


def _sent(call: Call, request: SendPush | SendPushBatch, msg_random: int, users: list[str]) -> SentPush:
    return SentPush(
        task_id="",
        command=call.endpoint.command,
        at=call.now,
        to=users,
        from_account=request.from_account,
        msg_random=msg_random,
        offline_push_info=request.offline_push_info,
        data_id=request.data_id,
    )


@handles(Push.send_web_batch)
def send_web_batch(call: Call) -> PushBatchTask:
    """Send a push to the browsers of listed users, unless it is a repeat."""
    pushes = call.state.part(PushState)
    msg_random = integer(call.raw, "MsgRandom", 0, U32_MAX, code=MessageCode.JSON_INVALID)
    request = call.read(SendWebPush, code=MessageCode.JSON_INVALID)
    users, failures = _split(call, request.to_account)
    push = pushes.known(call.endpoint.command, msg_random, call.now, _BATCH_DUPLICATE_WINDOW_S)
    if push is None:
        push = pushes.take(
            SentPush(
                task_id="",
                command=call.endpoint.command,
                at=call.now,
                to=users,
                from_account=request.from_account,
                msg_random=msg_random,
                data_id=request.data_id,
                web_info=request.web_info,
                message=request.message,
            )
        )
    return PushBatchTask(task_id=push.task_id, error_list=failures)


@handles(Push.revoke)
def revoke(call: Call) -> Empty:
    """Revoke a push."""
    request = call.read(Revoke, code=MessageCode.JSON_INVALID)
    call.state.part(PushState).revoke(request.task_id, call.now, request.offline_push_info)
    return Empty()


@handles(Push.set_attr_names)
def set_attr_names(call: Call) -> Empty:
    """Name attributes; numbers that are not given keep their names."""
    request = call.read(SetTypedAttrNames, code=PushCode.ATTRIBUTE_INVALID)
    pushes = call.state.part(PushState)
    pushes.names.update(request.attr_names)
    pushes.types.update(request.attr_types or {})
    return Empty()


@handles(Push.get_attr_names)
def get_attr_names(call: Call) -> TypedAttrNames:
    """Return the names of the attributes."""
    pushes = call.state.part(PushState)
    return TypedAttrNames(attr_names=dict(pushes.names), attr_types=dict(pushes.types))


@handles(Push.get_attrs)
def get_attrs(call: Call) -> AttrsOrFailures:
    """Return the attributes of users."""
    users, failures = _split(call, read_users(call))
    pushes = call.state.part(PushState)
    found = [AttrsOfUser(to_account=user, attrs=pushes.attrs(user)) for user in users]
    return AttrsOrFailures(user_attrs=found, error_list=failures)


@handles(Push.set_attrs)
def set_attrs(call: Call) -> PushOutcome:
    """Set attributes of users."""
    pushes = call.state.part(PushState)
    return _change(call, [(item.to_account, item.attrs) for item in read_attrs(call).user_attrs], pushes.set_attrs)


@handles(Push.remove_attrs)
def remove_attrs(call: Call) -> PushOutcome:
    """Remove attributes of users."""
    pushes = call.state.part(PushState)
    changes = [(item.to_account, item.attrs) for item in read_attr_names(call).user_attrs]
    return _change(call, changes, pushes.remove_attrs)


@handles(Push.get_tags)
def get_tags(call: Call) -> TagsOrFailures:
    """Return the tags of users."""
    users, failures = _split(call, read_users(call))
    pushes = call.state.part(PushState)
    found = [TagsOfUser(to_account=user, tags=pushes.tags(user)) for user in users]
    return TagsOrFailures(user_tags=found, error_list=failures)


@handles(Push.add_tags)
def add_tags(call: Call) -> PushOutcome:
    """Add tags to users."""
    pushes = call.state.part(PushState)
    return _change(call, [(item.to_account, item.tags) for item in read_new_tags(call).user_tags], pushes.add_tags)


@handles(Push.remove_tags)
def remove_tags(call: Call) -> PushOutcome:
    """Remove tags of users."""
    pushes = call.state.part(PushState)
    return _change(call, [(item.to_account, item.tags) for item in read_tags(call).user_tags], pushes.remove_tags)


@handles(Push.clear_tags)
def clear_tags(call: Call) -> PushOutcome:
    """Remove all tags of users."""
    pushes = call.state.part(PushState)
    return _change(call, [(user, None) for user in read_users(call)], pushes.remove_tags)


def _change(call: Call, changes: Iterable[tuple[str, W]], make: Callable[[str, W], None]) -> PushOutcome:
    """Change attributes or tags of the users that exist; return the others as failures."""
    failures: list[PushFailure] = []
    for user, what in changes:
        known, failed = _split(call, [user])
        failures += failed
        if known:
            make(user, what)
    return PushOutcome(error_list=failures)


def _split(call: Call, users: Iterable[str]) -> tuple[list[str], list[PushFailure]]:
    """Split users into those that exist and failures for the others."""
    known: list[str] = []
    failures: list[PushFailure] = []
    for user in users:
        if call.state.knows(user, call.now):
            known.append(user)
        else:
            info = "the account is not imported"
            failures.append(PushFailure(to_account=user, error_code=AccountCode.ACCOUNT_NOT_IMPORTED, error_info=info))
    return known, failures
