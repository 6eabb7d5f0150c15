"""Follows. Source: I70345 to I70347, I70349, I70350.

The documents name no codes. Here they are those of friendships: 30001 for an invalid body and for following oneself,
30003 for an unknown account, which refuses the whole request for From_Account and fails alone for others.
"""

from __future__ import annotations

import re
from typing import Final

from ...families.follow import Follow
from ...models.common import AccountOutcome
from ...models.follow import (
    FOLLOWERS,
    FOLLOWINGS,
    AddFollows,
    CheckFollows,
    DeleteFollows,
    FollowCount,
    FollowCounts,
    FollowedAccount,
    FollowPage,
    FollowRelation,
    FollowRelations,
    FollowResults,
    GetFollowCounts,
    GetFollows,
)
from ...models.tags import Tagged
from ..dispatch import Call, handles
from ..events.people import emit_followed, emit_unfollowed
from ..state.codes import SnsCode
from ..state.follow import FollowState
from ..state.profile import ProfileState
from ..state.refusal import Refusal
from ._known import is_known, known_account

_CURSOR: Final = re.compile("[0-9]{0,20}")


@handles(Follow.add)
def add(call: Call) -> FollowResults:
    """Make an account follow others."""
    request = call.read(AddFollows, code=SnsCode.PARAMS_INVALID)
    user_id, follows = _asker(call), call.state.part(FollowState)
    result = FollowResults()
    followed: list[str] = []
    for item in request.follow_item:
        outcome = AccountOutcome(to_account=item.to_account)
        result.result_item.append(outcome)
        if item.to_account == user_id:
            outcome.result_code, outcome.result_info = SnsCode.PARAMS_INVALID, "an account cannot follow itself"
        elif _is_known(call, outcome) and follows.follow(user_id, item.to_account, call.now):
            followed.append(item.to_account)
    emit_followed(call, user_id, followed)
    return result


@handles(Follow.delete)
def delete(call: Call) -> FollowResults:
    """Make an account unfollow others."""
    request = call.read(DeleteFollows, code=SnsCode.PARAMS_INVALID)
    user_id, follows = _asker(call), call.state.part(FollowState)
    result = FollowResults()
    unfollowed: list[str] = []
    for other in request.to_account:
        outcome = AccountOutcome(to_account=other)
        result.result_item.append(outcome)
        if _is_known(call, outcome) and follows.unfollow(user_id, other):
            unfollowed.append(other)
    emit_unfollowed(call, user_id, unfollowed)
    return result


@handles(Follow.get)
def get(call: Call) -> FollowPage:
    """Return a page of followers or followed accounts; a cursor is the number of the page's last follow."""
    request = call.read(GetFollows, code=SnsCode.PARAMS_INVALID)
    if not _CURSOR.fullmatch(request.start_cursor):
        raise Refusal(SnsCode.PARAMS_INVALID, "StartCursor is not a cursor from an answer")
    user_id, follows = _asker(call), call.state.part(FollowState)
    kinds = {FOLLOWERS: follows.followers, FOLLOWINGS: follows.followings}
    after = int(request.start_cursor or 0)
    rest = [pair for pair in kinds.get(request.follow_type, follows.mutual)(user_id) if pair[1].number > after]
    page = rest[: request.want_num]
    profiles = call.state.part(ProfileState)
    result = FollowPage(next_cursor=str(page[-1][1].number) if len(rest) > len(page) else "")
    for other, link in page:
        followed = FollowedAccount(
            to_account=other,
            follow_time=link.since,
            profile_item=[Tagged(tag=tag, value=value) for tag, value in profiles.values(other).items()],
            profile_sequence=profiles.changes(other),
        )
        result.follow_item.append(followed)
    return result


@handles(Follow.check)
def check(call: Call) -> FollowRelations:
    """Return whether an account and others follow each other."""
    request = call.read(CheckFollows, code=SnsCode.PARAMS_INVALID)
    user_id, follows = _asker(call), call.state.part(FollowState)
    result = FollowRelations()
    for other in request.to_account:
        outcome = FollowRelation(to_account=other)
        result.result_item.append(outcome)
        if _is_known(call, outcome):
            outcome.follow_type = follows.relation(user_id, other)
    return result


@handles(Follow.get_counts)
def get_counts(call: Call) -> FollowCounts:
    """Count followers and followed accounts."""
    request = call.read(GetFollowCounts, code=SnsCode.PARAMS_INVALID)
    _asker(call)
    follows = call.state.part(FollowState)
    result = FollowCounts()
    for other in request.to_account:
        outcome = FollowCount(to_account=other)
        result.follow_info.append(outcome)
        if _is_known(call, outcome):
            outcome.follower_count = sum(1 for _ in follows.followers(other))
            outcome.following_count = sum(1 for _ in follows.followings(other))
            outcome.mutual_following_count = sum(1 for _ in follows.mutual(other))
    return result


def _asker(call: Call) -> str:
    return known_account(call, "From_Account", code=SnsCode.PARAMS_INVALID, code_unknown=SnsCode.ACCOUNT_NOT_FOUND)


def _is_known(call: Call, item: AccountOutcome) -> bool:
    return is_known(call, item, code=SnsCode.ACCOUNT_NOT_FOUND)
