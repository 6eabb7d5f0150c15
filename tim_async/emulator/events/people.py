"""Events of friends, follows, profiles and logins. Source: I34357 to I34362, I43468, I48733, I70355, I70356.

Importing emits no events. Where the documents are silent: Requester_Account is the calling admin; only changes are
emitted, so blocking an account twice is one event; a friendship on both sides is two pairs; kicking an account that was
logged in is a Logout with the reason Unregister; platforms that a login logged out are named in the event of the login
only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...models.profile import SetProfile
from ...models.sns import AddFriends
from ...webhooks import (
    AccountPair,
    AfterFollowAdd,
    AfterFollowDelete,
    BlackListAdd,
    BlackListDelete,
    Event,
    FollowItem,
    FriendAdd,
    FriendDelete,
    FriendItem,
    KickedDevice,
    PortraitSet,
    PrevFriendAdd,
    ProfileField,
    StateChange,
    StateInfo,
)
from ..dispatch import Call
from ..outgoing.verdict import Verdict
from ..state.codes import SnsCode

Pairs = Collection[tuple[str, str]]


def ask_to_befriend(call: Call, user_id: str, request: AddFriends) -> Verdict:
    """Ask which friends may be added."""
    event = PrevFriendAdd(
        requester_account=call.identifier,
        from_account=user_id,
        friend_item=[
            FriendItem(
                to_account=item.to_account,
                remark=item.remark,
                group_name=item.group_name,
                add_source=item.add_source,
                add_wording=item.add_wording,
            )
            for item in request.add_friend_item
        ],
        add_type=request.add_type or "Add_Type_Both",
        force_add_flags=request.force_add_flags or 0,
        event_time=call.now_ms,
    )
    return call.ask(event, refused=SnsCode.WEBHOOK_REJECTED)


def emit_befriended(call: Call, user_id: str, pairs: Pairs, *, force: bool) -> None:
    """Emit new friendships."""
    if pairs:
        call.emit(
            FriendAdd(
                pair_list=[
                    AccountPair(from_account=one, to_account=other, initiator_account=user_id) for one, other in pairs
                ],
                client_cmd="friend_add",
                admin_account=call.identifier,
                force_flag=int(force),
                event_time=call.now_ms,
            )
        )


def emit_unfriended(call: Call, pairs: Pairs) -> None:
    """Emit ended friendships."""
    if pairs:
        call.emit(FriendDelete(pair_list=_pairs(pairs), event_time=call.now_ms))


def emit_blocked(call: Call, pairs: Pairs) -> None:
    """Emit accounts that were added to a block list."""
    if pairs:
        call.emit(BlackListAdd(pair_list=_pairs(pairs), event_time=call.now_ms))


def emit_unblocked(call: Call, pairs: Pairs) -> None:
    """Emit accounts that were removed from a block list."""
    if pairs:
        call.emit(BlackListDelete(pair_list=_pairs(pairs), event_time=call.now_ms))


def emit_followed(call: Call, user_id: str, others: Collection[str]) -> None:
    """Emit which accounts an account has followed."""
    if others:
        call.emit(AfterFollowAdd(from_account=user_id, follow_list=_follows(others), event_time=call.now_ms))


def emit_unfollowed(call: Call, user_id: str, others: Collection[str]) -> None:
    """Emit which accounts an account has unfollowed."""
    if others:
        call.emit(AfterFollowDelete(from_account=user_id, follow_list=_follows(others), event_time=call.now_ms))


def emit_profile_set(call: Call, user_id: str, request: SetProfile) -> None:
    """Emit the fields of a profile that were set."""
    call.emit(
        PortraitSet(
            operator_account=call.identifier,
            from_account=user_id,
            profile_item=[ProfileField(tag=field.tag, value=field.value) for field in request.profile_item],
            event_time=call.now_ms,
        )
    )


def came_online(user_id: str, now_ms: int, kicked: Iterable[str] = ()) -> Event:
    """Return the event of a login, with the platforms that it logged out."""
    return StateChange(
        event_time=now_ms,
        info=StateInfo(action="Login", to_account=user_id, reason="Register"),
        kicked_device=[KickedDevice(platform=platform) for platform in kicked],
    )


def went_offline(user_id: str, now_ms: int) -> Event:
    """Return the event of a logout."""
    return StateChange(event_time=now_ms, info=StateInfo(action="Logout", to_account=user_id, reason="Unregister"))


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[AccountPair]:
    return [AccountPair(from_account=one, to_account=other) for one, other in pairs]


def _follows(others: Iterable[str]) -> list[FollowItem]:
    return [FollowItem(to_account=other) for other in others]
