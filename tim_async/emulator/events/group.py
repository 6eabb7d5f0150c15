"""Events of groups and members. Source: I34368 to I34378, I60393 to I60396.

Importing emits no events, as documented. Where the documents are silent: the operator is From_Account if given,
otherwise the calling admin; Silence does not suppress events; a banned account is Kicked; a change of the profile is
emitted when it touches a field that the event has; a group is reported full when its last place is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...models.group import ModifyGroup
from ...models.group_member import ModifyMember
from ...webhooks import (
    Event,
    GroupAfterChangeGroupOwner,
    GroupAfterCreateGroup,
    GroupAfterGroupAttrChanged,
    GroupAfterGroupDestroyed,
    GroupAfterGroupFull,
    GroupAfterGroupInfoChanged,
    GroupAfterMemberExit,
    GroupAfterMemberFieldChanged,
    GroupAfterNewMemberJoin,
    GroupAttr,
    GroupBeforeCreateGroup,
    GroupBeforeInviteJoinGroup,
    GroupOnMemberStateChange,
    MemberRef,
    UserDefinedData,
)
from ..dispatch import Call
from ..state.codes import GroupCode
from ..state.group import Group, Groups
from ..state.group_rules import Rules


def ask_to_create(call: Call, rules: Rules, name: str, owner: str | None, members: Iterable[str]) -> None:
    """Ask whether a group may be created."""
    owned = call.state.part(Groups).joined(owner) if owner is not None else ()
    event = GroupBeforeCreateGroup(
        operator_account=call.identifier,
        owner_account=owner or "",
        type=rules.kind,
        name=name,
        create_group_num=sum(group.owner == owner and group.rules is rules for group in owned),
        member_list=_refs(members),
        event_time=call.now_ms,
    )
    call.ask(event, refused=GroupCode.WEBHOOK_REJECTED)


def emit_created(call: Call, group: Group) -> None:
    """Emit that a group was created."""
    call.emit(
        GroupAfterCreateGroup(
            group_id=group.group_id,
            operator_account=call.identifier,
            owner_account=group.owner or "",
            type=group.kind,
            name=group.name,
            member_list=_refs(group.members),
            user_defined_data_list=_own(group.custom, group.custom),
            event_time=call.now_ms,
        )
    )


def emit_destroyed(call: Call, group: Group) -> None:
    """Emit that a group is destroyed, with its state from before."""
    call.emit(
        GroupAfterGroupDestroyed(
            group_id=group.group_id,
            type=group.kind,
            owner_account=group.owner or "",
            name=group.name,
            member_list=_refs(group.members),
            event_time=call.now_ms,
        )
    )


def emit_info_changed(call: Call, group: Group, request: ModifyGroup) -> None:
    """Emit the changed fields of a profile."""
    own = [field.key for field in request.app_defined_data or ()]
    texts = (request.name, request.introduction, request.notification, request.face_url)
    if own or any(text is not None for text in texts):
        call.emit(
            GroupAfterGroupInfoChanged(
                group_id=group.group_id,
                type=group.kind,
                operator_account=request.from_account or call.identifier,
                name=request.name,
                introduction=request.introduction,
                notification=request.notification,
                face_url=request.face_url,
                user_defined_data_list=_own(group.custom, own),
                event_time=call.now_ms,
            )
        )


def emit_owner_changed(call: Call, group: Group, old: str | None, operator: str | None) -> None:
    """Emit that the owner has changed."""
    call.emit(
        GroupAfterChangeGroupOwner(
            group_id=group.group_id,
            type=group.kind,
            operator_account=operator or call.identifier,
            old_owner_account=old or "",
            new_owner_account=group.owner or "",
            event_time=call.now_ms,
        )
    )


def ask_to_add(call: Call, group: Group, accounts: Sequence[str]) -> set[str]:
    """Ask whether accounts may be added to a group; return the refused ones."""
    event = GroupBeforeInviteJoinGroup(
        group_id=group.group_id,
        type=group.kind,
        operator_account=call.identifier,
        destination_members=_refs(accounts),
        event_time=call.now_ms,
    )
    return set(call.ask(event, refused=GroupCode.WEBHOOK_REJECTED).refused)


def emit_members_added(call: Call, group: Group, accounts: Sequence[str]) -> None:
    """Emit that members were added, and that the group is full if it is."""
    for event in joined(group, accounts, call.now_ms, operator=call.identifier):
        call.emit(event)


def joined(group: Group, accounts: Sequence[str], now_ms: int, *, operator: str | None = None) -> list[Event]:
    """Return the events of new members; without an operator they joined on their own."""
    if not accounts:
        return []
    events: list[Event] = [
        GroupAfterNewMemberJoin(
            group_id=group.group_id,
            type=group.kind,
            join_type="Apply" if operator is None else "Invited",
            operator_account=accounts[0] if operator is None else operator,
            new_member_list=_refs(accounts),
            event_time=now_ms,
        )
    ]
    if group.rules.is_live:
        events.append(_state(group, "Online", accounts, now_ms))
    if not group.room_for(1):
        events.append(GroupAfterGroupFull(group_id=group.group_id, event_time=now_ms))
    return events


def emit_members_removed(call: Call, group: Group, accounts: Sequence[str]) -> None:
    """Emit that members were removed."""
    for event in left(group, accounts, call.now_ms, operator=call.identifier):
        call.emit(event)


def left(group: Group, accounts: Sequence[str], now_ms: int, *, operator: str | None = None) -> list[Event]:
    """Return the events of members who are gone; without an operator they left on their own."""
    if not accounts:
        return []
    events: list[Event] = [
        GroupAfterMemberExit(
            group_id=group.group_id,
            type=group.kind,
            exit_type="Quit" if operator is None else "Kicked",
            operator_account=accounts[0] if operator is None else operator,
            exit_member_list=_refs(accounts),
            event_time=now_ms,
        )
    ]
    if group.rules.is_live:
        events.append(_state(group, "Offline", accounts, now_ms))
    return events


def emit_member_changed(call: Call, group: Group, request: ModifyMember) -> None:
    """Emit the changed fields of a member."""
    if request.role is not None or request.name_card is not None:
        call.emit(
            GroupAfterMemberFieldChanged(
                group_id=group.group_id,
                type=group.kind,
                operator_account=call.identifier,
                member_account=request.member_account,
                role=request.role,
                name_card=request.name_card,
                event_time=call.now_ms,
            )
        )


def emit_attributes_changed(call: Call, group: Group, option: str, attributes: Iterable[tuple[str, str]]) -> None:
    """Emit which attributes were written or removed."""
    call.emit(
        GroupAfterGroupAttrChanged(
            group_id=group.group_id,
            type=group.kind,
            operator_account=call.identifier,
            option_type=option,
            group_attr=[GroupAttr(key=key, value=value) for key, value in attributes],
            event_time=call.now_ms,
        )
    )


def _state(group: Group, kind: str, accounts: Iterable[str], now_ms: int) -> Event:
    return GroupOnMemberStateChange(
        group_id=group.group_id, event_type=kind, member_list=_refs(accounts), event_time=now_ms
    )


def _refs(accounts: Iterable[str]) -> list[MemberRef]:
    return [MemberRef(member_account=account) for account in accounts]


def _own(custom: dict[str, str], keys: Iterable[str]) -> list[UserDefinedData]:
    return [UserDefinedData(key=key, value=custom[key]) for key in keys]
