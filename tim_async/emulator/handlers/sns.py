"""Friends, block list and friend lists. Source: I34902 to I34908, I34910 to I34914, I34926, I34950, I40123.

An invalid body refuses the whole request with 30001, an unknown From_Account with 30003; other accounts fail one by
one. A page has 100 friends.

Where the documents are silent: without DeleteType it is Delete_Type_Single. Friends, block list or friend lists are
left out if the caller already has their version; for a block list only on the first page, because further pages are
requested with the version of the page before. TagList may name any tag of a friendship or a profile; others are
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from ...families.sns import Sns
from ...models.common import Empty
from ...models.sns import (
    AddFriendItem,
    AddFriendLists,
    AddFriendListsResult,
    AddFriends,
    AddToBlackList,
    BlackListItem,
    BlackListPage,
    BlackRelation,
    BlackRelations,
    CheckBlackList,
    CheckFriends,
    DeleteAllFriends,
    DeleteFriendLists,
    DeleteFriendListsResult,
    DeleteFriends,
    DeleteFromBlackList,
    FriendData,
    FriendList,
    FriendLists,
    FriendPage,
    FriendRelation,
    FriendRelations,
    GetBlackList,
    GetFriendLists,
    GetFriends,
    GetSpecifiedFriends,
    ImportFriendItem,
    ImportFriends,
    SnsResultItem,
    SnsResults,
    SpecifiedFriend,
    SpecifiedFriends,
    UpdateFriendItem,
    UpdateFriends,
)
from ...models.tags import SnsTag, Tagged, TagValue
from ..dispatch import Call, handles
from ..events.people import ask_to_befriend, emit_befriended, emit_blocked, emit_unblocked, emit_unfriended
from ..state.codes import SnsCode
from ..state.links import Links
from ..state.profile import is_profile_tag
from ..state.refusal import Refusal
from ..state.sns import Friend, SnsState
from ._known import check_known, is_known, known_account

PAGE_SIZE: Final = 100
_TAGS: Final = frozenset(SnsTag)

T = TypeVar("T")
ResultT = TypeVar("ResultT", bound=SnsResults)


@handles(Sns.add_friends)
def add_friends(call: Call) -> SnsResults:
    """Make friendships, or request consent."""
    request = call.read(AddFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    both, force = request.add_type != "Add_Type_Single", request.force_add_flags == 1
    verdict = ask_to_befriend(call, user_id, request)
    made: list[tuple[str, str]] = []

    def add(item: AddFriendItem) -> None:
        if item.to_account in verdict.refused:
            raise Refusal(*verdict.refused[item.to_account])
        other, lists = item.to_account, [item.group_name] if item.group_name is not None else []
        sns.check_list_room(user_id, lists)
        if not sns.ask(user_id, other, call.now, both=both, force=force):
            raise Refusal(SnsCode.PENDING_CONFIRM, f"the request waits for the consent of {other!r}")
        source, wording, now = item.add_source, item.add_wording or "", int(call.now)
        own = Friend(add_source=source, add_wording=wording, add_time=now, remark=item.remark or "", lists=lists)
        sns.befriend(user_id, other, own)
        made.append((user_id, other))
        if both and not sns.friends.has(other, user_id):
            sns.befriend(other, user_id, Friend(add_source=source, add_wording=wording, add_time=now))
            made.append((other, user_id))

    result = _for_each(call, SnsResults(), [(item.to_account, item) for item in request.add_friend_item], add)
    emit_befriended(call, user_id, made, force=force)
    return result


@handles(Sns.import_friends)
def import_friends(call: Call) -> SnsResults:
    """Import friends of one account; replace the fields of existing ones."""
    request = call.read(ImportFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)

    def put(item: ImportFriendItem) -> None:
        other = item.to_account
        if other == user_id:
            raise Refusal(SnsCode.PARAMS_INVALID, "an account cannot be its own friend")
        friend = sns.friends.get(user_id, other)
        if friend is None:
            sns.check_room(user_id)
            friend = Friend(add_time=int(call.now))
        fields = {field.tag: _value(field.value) for field in item.custom_item or ()}
        if item.group_name is not None:
            fields[SnsTag.GROUP] = list(item.group_name)
        if item.remark is not None:
            fields[SnsTag.REMARK] = item.remark
        sns.set_fields(user_id, friend, fields)
        friend.add_source = item.add_source
        friend.add_wording = friend.add_wording if item.add_wording is None else item.add_wording
        friend.add_time = friend.add_time if item.add_time is None else item.add_time
        sns.befriend(user_id, other, friend)

    return _for_each(call, SnsResults(), [(item.to_account, item) for item in request.add_friend_item], put)


@handles(Sns.update_friends)
def update_friends(call: Call) -> SnsResults:
    """Set fields of friendships."""
    request = call.read(UpdateFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)

    def update(item: UpdateFriendItem) -> None:
        fields = {field.tag: _value(field.value) for field in item.sns_item}
        sns.set_fields(user_id, sns.friend(user_id, item.to_account), fields)

    return _for_each(call, SnsResults(), [(item.to_account, item) for item in request.update_item], update)


@handles(Sns.delete_friends)
def delete_friends(call: Call) -> SnsResults:
    """End friendships."""
    request = call.read(DeleteFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)

    ended: list[tuple[str, str]] = []

    def delete(other: str) -> None:
        found = sns.unfriend(user_id, other, both=request.delete_type == "Delete_Type_Both")
        if not found:
            raise Refusal(SnsCode.NOT_FRIEND, f"{other!r} is not a friend")
        ended.extend(found)

    result = _for_each(call, SnsResults(), [(other, other) for other in request.to_account], delete)
    emit_unfriended(call, ended)
    result.fail_account = []  # the answer of this command has no such field
    return result


@handles(Sns.delete_all_friends)
def delete_all_friends(call: Call) -> Empty:
    """End every friendship of an account."""
    request = call.read(DeleteAllFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    ended: list[tuple[str, str]] = []
    for other in list(sns.friends.of(user_id)):
        ended += sns.unfriend(user_id, other, both=request.delete_type == "Delete_Type_Both")
    emit_unfriended(call, ended)
    return Empty()


@handles(Sns.check_friends)
def check_friends(call: Call) -> FriendRelations:
    """Return the friendships between an account and others."""
    request = call.read(CheckFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    result = FriendRelations()
    for other in request.to_account:
        item = FriendRelation(to_account=other)
        item.relation = "CheckResult_Type_" + _relation(
            sns.friends, user_id, other, both=request.check_type == "CheckResult_Type_Both", none="NoRelation"
        )
        if not is_known(call, item, code=SnsCode.ACCOUNT_NOT_FOUND):
            result.fail_account.append(other)
        result.info_item.append(item)
    return result


@handles(Sns.get_friends)
def get_friends(call: Call) -> FriendPage:
    """Return a page of an account's friends."""
    request = call.read(GetFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    versions, friends = sns.versions(user_id), list(sns.friends.of(user_id))
    page = friends[request.start_index : request.start_index + PAGE_SIZE]
    after = request.start_index + len(page)
    known = (
        versions.standard and request.standard_sequence == versions.standard,
        versions.custom and request.custom_sequence == versions.custom,
    )
    result = FriendPage(
        standard_sequence=versions.standard,
        custom_sequence=versions.custom,
        friend_num=len(friends),
        complete_flag=int(after >= len(friends)),
        next_start_index=after,
    )
    for other in page:
        fields = sns.fields(user_id, other).items()
        values = [Tagged(tag=tag, value=value) for tag, value in fields if not known["_Custom_" in tag]]
        result.user_data_item.append(FriendData(to_account=other, value_item=values))
    return result


@handles(Sns.get_specified_friends)
def get_specified_friends(call: Call) -> SpecifiedFriends:
    """Return the requested fields of an account's friends."""
    request = call.read(GetSpecifiedFriends, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    for tag in request.tag_list:
        if tag not in _TAGS and not tag.startswith("Tag_SNS_Custom_") and not is_profile_tag(tag):
            raise Refusal(SnsCode.PARAMS_INVALID, f"unknown field {tag!r} of a friend")
    result = SpecifiedFriends()
    for other in request.to_account:
        item = SpecifiedFriend(to_account=other)
        try:
            check_known(call, other, code=SnsCode.ACCOUNT_NOT_FOUND)
            fields = sns.fields(user_id, other)
        except Refusal as refusal:
            item.result_code, item.result_info = refusal.code, refusal.info
            result.fail_account.append(other)
        else:
            item.sns_profile_item = [Tagged(tag=tag, value=fields[tag]) for tag in request.tag_list if tag in fields]
        result.info_item.append(item)
    return result


@handles(Sns.add_to_black_list)
def add_to_black_list(call: Call) -> SnsResults:
    """Block accounts."""
    request = call.read(AddToBlackList, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)

    blocked: list[tuple[str, str]] = []
    ended: list[tuple[str, str]] = []

    def block(other: str) -> None:
        ended.extend(sns.block(user_id, other, call.now))
        blocked.append((user_id, other))

    result = _for_each(call, SnsResults(), [(other, other) for other in request.to_account], block)
    emit_blocked(call, blocked)
    emit_unfriended(call, ended)
    return result


@handles(Sns.delete_from_black_list)
def delete_from_black_list(call: Call) -> SnsResults:
    """Unblock accounts."""
    request = call.read(DeleteFromBlackList, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)

    unblocked: list[tuple[str, str]] = []

    def unblock(other: str) -> None:
        sns.unblock(user_id, other)
        unblocked.append((user_id, other))

    result = _for_each(call, SnsResults(), [(other, other) for other in request.to_account], unblock)
    emit_unblocked(call, unblocked)
    return result


@handles(Sns.get_black_list)
def get_black_list(call: Call) -> BlackListPage:
    """Return a page of an account's block list."""
    request = call.read(GetBlackList, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    version, start = sns.versions(user_id).blocked, request.start_index
    blocked = list(sns.blocked.of(user_id).items())
    if start == 0 and version and request.last_sequence == version:
        blocked = []
    page = blocked[start : start + request.max_limited]
    after = start + len(page)
    return BlackListPage(
        black_list_item=[BlackListItem(to_account=other, add_black_time_stamp=since) for other, since in page],
        start_index=after if after < len(blocked) else 0,
        curruent_sequence=version,
    )


@handles(Sns.check_black_list)
def check_black_list(call: Call) -> BlackRelations:
    """Return whether an account and others block each other."""
    request = call.read(CheckBlackList, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    result = BlackRelations()
    for other in request.to_account:
        item = BlackRelation(to_account=other)
        item.relation = "BlackCheckResult_Type_" + _relation(
            sns.blocked, user_id, other, both=request.check_type == "BlackCheckResult_Type_Both", none="NO"
        )
        if not is_known(call, item, code=SnsCode.ACCOUNT_NOT_FOUND):
            result.fail_account.append(other)
        result.black_list_check_item.append(item)
    return result


@handles(Sns.add_friend_lists)
def add_friend_lists(call: Call) -> AddFriendListsResult:
    """Create friend lists, and add friends to them."""
    request = call.read(AddFriendLists, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    names = list(request.group_name)
    sns.make_lists(user_id, names)

    def put(other: str) -> None:
        friend = sns.friend(user_id, other)
        sns.set_fields(user_id, friend, {SnsTag.GROUP: [*friend.lists, *names]})

    result = _for_each(call, AddFriendListsResult(), [(other, other) for other in request.to_account or ()], put)
    result.current_sequence = sns.versions(user_id).lists
    return result


@handles(Sns.delete_friend_lists)
def delete_friend_lists(call: Call) -> DeleteFriendListsResult:
    """Delete friend lists, all or none."""
    request = call.read(DeleteFriendLists, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    sns.delete_lists(user_id, list(request.group_name))
    return DeleteFriendListsResult(current_sequence=sns.versions(user_id).lists)


@handles(Sns.get_friend_lists)
def get_friend_lists(call: Call) -> FriendLists:
    """Return an account's friend lists."""
    request = call.read(GetFriendLists, code=SnsCode.PARAMS_INVALID)
    user_id, sns = _owner(call), call.state.part(SnsState)
    version = sns.versions(user_id).lists
    result = FriendLists(current_sequence=version)
    if version and request.last_sequence == version:
        return result
    for name in sns.lists(user_id):
        if request.group_name and name not in request.group_name:
            continue
        members = sns.members(user_id, name)
        shown = members if request.need_friend == "Need_Friend_Type_Yes" else []
        result.result_item.append(FriendList(group_name=name, friend_number=len(members), to_account=shown))
    return result


def _owner(call: Call) -> str:
    """Return the account whose friends and lists the request is about."""
    return known_account(call, "From_Account", code=SnsCode.PARAMS_INVALID, code_unknown=SnsCode.ACCOUNT_NOT_FOUND)


def _for_each(call: Call, result: ResultT, pairs: Iterable[tuple[str, T]], act: Callable[[T], None]) -> ResultT:
    """Act on one account after the other, and record the outcome of each."""
    for user_id, item in pairs:
        outcome = SnsResultItem(to_account=user_id)
        result.result_item.append(outcome)
        if not is_known(call, outcome, code=SnsCode.ACCOUNT_NOT_FOUND):
            result.fail_account.append(user_id)
            continue
        try:
            act(item)
        except Refusal as refusal:
            outcome.result_code, outcome.result_info = refusal.code, refusal.info
            if refusal.code != SnsCode.PENDING_CONFIRM:
                result.fail_account.append(user_id)
    return result


def _relation(links: Links[Friend] | Links[int], user_id: str, other: str, *, both: bool, none: str) -> str:
    there, back = links.has(user_id, other), both and links.has(other, user_id)
    return "BothWay" if there and back else "AWithB" if there else "BWithA" if back else none


def _value(value: str | int | Sequence[str]) -> TagValue:
    return value if isinstance(value, str | int) else list(value)
