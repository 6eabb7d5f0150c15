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
from ...webhooks import AfterSendMsg, AllMemberPush, GroupAfterSendMsg, OfflinePush, PushResult, TaskPushResult
from ..dispatch import Call
from ..state.group import Group
from ..state.login import ONLINE, PUSH_ONLINE, LoginState
from ..state.push import SentPush

_MAX_EVENTS: Final = 100
_C2C, _GROUP = 1, 2
_OFFLINE, _DIRECT = 1, 2
_SENT: Final = 1
_APPLE: Final = frozenset({"iPhone", "iPad", "iOS", "IOS", "Mac", "macOS"})


def emit_pushed(call: Call, event: AfterSendMsg, push: OfflinePushInfo | None) -> None:
    """Emit that a one-to-one message was pushed."""
    facts = {"event_type": _C2C, "msg_key": event.msg_key, "msg_random": event.msg_random}
    _emit_pushed(call, event, _vendors(call, [event.to_account], event.from_account, push), facts)


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
    _emit_pushed(call, event, _vendors(call, members, event.from_account, request.offline_push_info), facts)


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
    logins = call.state.part(LoginState)
    audience = set(push.to)
    users = [user for user in logins.accounts if user in audience]
    found: list[tuple[str, int | None]] = [(user, None) for user in users if logins.status(user) == ONLINE]
    found += _vendors(call, users, None, push.offline_push_info)
    results = [
        TaskPushResult(
            callback_command=AllMemberPush.callback_command,
            event_type=_DIRECT if platform is None else _OFFLINE,
            task_id=push.task_id,
            task_time=int(push.at),
            event_time=int(call.now),
            to_account=account,
            push_platform=platform,
            push_stage=None if platform is None else _SENT,
        )
        for account, platform in found
    ]
    for first in range(0, len(results), _MAX_EVENTS):
        call.emit(AllMemberPush(events=results[first : first + _MAX_EVENTS]))


def _vendors(
    call: Call, accounts: Iterable[str], sender: str | None, push: OfflinePushInfo | None
) -> Collection[tuple[str, int]]:
    """Return the accounts reached through a vendor, with the vendor; none when the push is switched off."""
    if push is not None and push.push_flag == 1:
        return []
    logins = call.state.part(LoginState)
    return [
        (account, int(not _APPLE.isdisjoint(logins.platforms(account))))
        for account in accounts
        if account != sender and logins.status(account) == PUSH_ONLINE
    ]
