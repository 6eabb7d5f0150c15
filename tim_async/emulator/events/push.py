"""Events of pushes. Source: I67552; for pushes to all users, a third-party SDK and a mirrored page.

The emulator contacts no vendor, and the only devices are those that `Emulator.set_online` names. An account that is
`PushOnline` and nowhere `Online` is reached through a vendor: its push is reported as sent, without an error. One that
is `Online` receives a push to all directly; an offline account receives none, and no event is emitted.

Where the documents are silent, or where there is nothing to emulate: the vendor is Apple (1) for Apple's platforms and
unknown (0) for all others; no push is reported as reached or clicked, and none has an id. Messages to many
(batchsendmsg), streams, official accounts and pushes to listed users (timpush/batch) emit no push events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from ...models.group_msg import SendGroupMsg
from ...models.offline_push import OfflinePushInfo
from ...webhooks import AfterSendMsg, AllMemberPush, Event, GroupAfterSendMsg, OfflinePush, PushResult, TaskPushResult
from ..dispatch import Call
from ..state.core import State, msg_id
from ..state.group import Group
from ..state.login import ONLINE, PUSH_ONLINE, LoginState
from ..state.push import SentPush
from ..state.push_record import APPLE, APPLE_CHANNEL, UNKNOWN_CHANNEL, PushRecords

_MAX_EVENTS: Final = 100
_C2C, _GROUP = 1, 2
_OFFLINE, _DIRECT = 1, 2
_SENT: Final = 1


def emit_pushed(call: Call, event: AfterSendMsg, push: OfflinePushInfo | None) -> None:
    """Emit that a one-to-one message was pushed."""
    facts = {"event_type": _C2C, "msg_key": event.msg_key, "msg_random": event.msg_random}
    _emit_pushed(call, event, _vendors(call.state, [event.to_account], event.from_account, push), facts)
    _record(call, event, event.msg_random, [event.to_account], push)


def emit_pushed_to_group(call: Call, event: GroupAfterSendMsg, group: Group, request: SendGroupMsg) -> None:
    """Emit that a group message was pushed to those of its recipients who want to be notified."""
    members = [
        account
        for account in call.state.part(LoginState).accounts  # fewer than the members of a large group
        if (member := group.members.get(account)) is not None
        and member.msg_flag == "AcceptAndNotify"
        and (request.to_account is None or account in request.to_account)
    ]
    facts = {"event_type": _GROUP, "group_id": event.group_id, "msg_random": event.random}
    _emit_pushed(call, event, _vendors(call.state, members, event.from_account, request.offline_push_info), facts)
    _record(call, event, event.random, members, request.offline_push_info)


def _record(
    call: Call,
    event: AfterSendMsg | GroupAfterSendMsg,
    random: int | None,
    accounts: Iterable[str],
    push: OfflinePushInfo | None,
) -> None:
    """Record the push of a message for figures and traces, unless it is switched off."""
    if push is None or push.push_flag != 1:
        push_id = msg_id(event.from_account, event.msg_time, random or 0)
        others = [account for account in accounts if account != event.from_account]
        call.state.part(PushRecords).add_message(push_id, others, call.now)


def _emit_pushed(
    call: Call,
    event: AfterSendMsg | GroupAfterSendMsg,
    reached: Iterable[tuple[str, int]],
    facts: Mapping[str, Any],
) -> None:
    """Emit to whom a message was pushed; `facts` are the fields that differ between the kinds of messages."""
    results = [
        PushResult(
            callback_command=OfflinePush.callback_command,
            event_time=int(call.now),
            from_account=event.from_account,
            to_account=account,
            push_platform=platform,
            push_stage=_SENT,
            msg_seq=event.msg_seq,
            msg_time=event.msg_time,
            **facts,
        )
        for account, platform in reached
    ]
    for first in range(0, len(results), _MAX_EVENTS):
        call.emit(OfflinePush(events=results[first : first + _MAX_EVENTS]))


def emit_pushed_to_all(call: Call, push: SentPush) -> None:
    """Emit which accounts a push to all reached."""
    for event in pushed_to_all(call.state, push):
        call.emit(event)


def pushed_to_all(state: State, push: SentPush) -> list[Event]:
    """Return the events of a push to all: which accounts it reached."""
    logins = state.part(LoginState)
    audience = set(push.to)
    users = [user for user in logins.accounts if user in audience]
    found: list[tuple[str, int | None]] = [(user, None) for user in users if logins.status(user) == ONLINE]
    found += _vendors(state, users, None, push.offline_push_info)
    results = [
        TaskPushResult(
            callback_command=AllMemberPush.callback_command,
            event_type=_DIRECT if platform is None else _OFFLINE,
            task_id=push.task_id,
            task_time=int(push.at),
            event_time=int(push.at),
            to_account=account,
            push_platform=platform,
            push_stage=None if platform is None else _SENT,
        )
        for account, platform in found
    ]
    return [AllMemberPush(events=results[first : first + _MAX_EVENTS]) for first in range(0, len(results), _MAX_EVENTS)]


def _vendors(
    state: State, accounts: Iterable[str], sender: str | None, push: OfflinePushInfo | None
) -> Collection[tuple[str, int]]:
    """Return the accounts reached through a vendor, with the vendor; none when the push is switched off."""
    if push is not None and push.push_flag == 1:
        return []
    logins = state.part(LoginState)
    return [
        (account, APPLE_CHANNEL if not APPLE.isdisjoint(logins.platforms(account)) else UNKNOWN_CHANNEL)
        for account in accounts
        if account != sender and logins.status(account) == PUSH_ONLINE
    ]
