"""Conversation lists, conversation groups and marks. Source: I43087, I43088, I53437 to I53442.

An invalid body is refused with 50002, a name over 32 bytes with 51011, marks for none or more than 100 conversations
with 51006, an unknown From_Account with 50001. Conversations then fail one by one: 50001 for an unknown account, 51007
for a group that From_Account is not in, 51008 when the limit is reached.

Where the documents are silent: a page of a list has 20 conversations, one of groups and marks 100. Without bit 0 of
AssistFlags pinned conversations are listed like others, without bit 2 all of them on the first page; marks and groups
are returned when a higher bit is set. Answers with conversation groups have all of the account's groups.
"""

from __future__ import annotations

from typing import Final

from ...families.recent_contact import RecentContact
from ...models.common import Empty
from ...models.recent_contact import (
    C2C,
    GROUP_NAME_MAX_BYTES,
    MAX_MARKS,
    Contact,
    ContactGroup,
    ContactGroupPage,
    ContactPage,
    ContactResult,
    ContactUpdateResult,
    CreateContactGroup,
    CreateContactGroupResult,
    DeleteContact,
    DeleteContactGroup,
    DeletedContactGroups,
    FoundContactGroups,
    GetContactGroups,
    GetContacts,
    GroupResult,
    MarkContacts,
    MarkContactsResult,
    MarkedContact,
    MarkItem,
    MarkResult,
    ReturnedContact,
    SearchContactGroups,
    UpdateContactGroup,
    UpdateContactGroupResult,
    UpdateGroupResult,
)
from ..dispatch import Call, handles
from ..state.codes import ConversationCode
from ..state.recent_contact import Key, Marked, RecentContacts, Session, key_of, page_of
from ..state.refusal import Refusal
from ._known import known_account

PAGE_SIZE: Final = 20
_MARKED_PAGE_SIZE: Final = 100
_PINNED, _PINNED_PAGES, _OLDER_FLAGS = 1, 4, 7


@handles(RecentContact.get_list)
def get_list(call: Call) -> ContactPage:
    """Return a page of an account's conversations."""
    request = call.read(GetContacts, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    flags = request.assist_flags
    apart = bool(flags & _PINNED)
    is_first = not (request.time_stamp or request.start_index or request.top_time_stamp or request.top_start_index)
    top: list[tuple[Key, Session]] = []
    more_top, top_time, top_index = False, request.top_time_stamp, request.top_start_index
    if apart and (flags & _PINNED_PAGES or is_first):
        pinned = contacts.newest(user_id, pinned=True)
        limit = PAGE_SIZE if flags & _PINNED_PAGES else len(pinned)
        top, more_top, top_time, top_index = page_of(pinned, top_time, top_index, limit)
    others = contacts.newest(user_id, pinned=False if apart else None)
    room = max(PAGE_SIZE - len(top), 0)
    page, more, time_stamp, start_index = page_of(others, request.time_stamp, request.start_index, room)
    marked = contacts.book(user_id).marked if flags > _OLDER_FLAGS else {}
    contacts_page = [_contact(key, session, marked.get(key), apart=apart) for key, session in [*top, *page]]
    return ContactPage(
        session_item=contacts_page,
        complete_flag=int(not more_top and not more),
        time_stamp=time_stamp,
        start_index=start_index,
        top_time_stamp=top_time,
        top_start_index=top_index,
    )


@handles(RecentContact.delete)
def delete(call: Call) -> Empty:
    """Delete a conversation from an account's list, and from its history if requested."""
    request = call.read(DeleteContact, code=ConversationCode.PARAMS_INVALID)
    user_id = _owner(call)
    end = request.to_account if request.type == C2C else request.to_groupid
    call.state.part(RecentContacts).delete(user_id, (request.type, end or ""))
    if request.type == C2C and request.clear_ramble == 1:
        call.state.hide_all(user_id, end or "", call.now)
    return Empty()


@handles(RecentContact.create_contact_group)
def create_contact_group(call: Call) -> CreateContactGroupResult:
    """Create conversation groups."""
    items = call.raw.get("GroupContactItem")
    for item in items if isinstance(items, list) else ():
        _check_name(item.get("GroupName") if isinstance(item, dict) else None)
    request = call.read(CreateContactGroup, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    result = CreateContactGroupResult()
    for wanted in request.group_contact_item:
        number = contacts.make_group(user_id, wanted.group_name)
        made = GroupResult(group_item=ContactGroup(group_name=wanted.group_name, group_id=number))
        result.group_result_item.append(made)
        for contact in wanted.contact_item:
            outcome = ContactResult(contact_item=_end(key_of(contact)))
            made.result_item.append(outcome)
            try:
                contacts.put(user_id, number, key_of(contact), call.now)
            except Refusal as refusal:
                outcome.result_code, outcome.result_info = refusal.code, refusal.info
    return result


@handles(RecentContact.update_contact_group)
def update_contact_group(call: Call) -> UpdateContactGroupResult:
    """Rename a conversation group, or change its conversations."""
    change = call.raw.get("UpdateGroup")
    if isinstance(change, dict):
        _check_name(change.get("NewGroupName"))
    request = call.read(UpdateContactGroup, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    wanted = request.update_group
    number = contacts.group(user_id, wanted.old_group_name)
    changed = UpdateGroupResult(
        update_group_type=wanted.update_group_type,
        group_name=wanted.old_group_name,
        old_group_name=wanted.old_group_name,
        group_id=number,
    )
    if wanted.update_group_type == 1:
        changed.group_name = wanted.new_group_name or ""
        contacts.rename_group(user_id, wanted.old_group_name, changed.group_name)
        return UpdateContactGroupResult(update_type=request.update_type, update_group_result=changed)
    for item in wanted.contact_update_item or ():
        key = key_of(item.contact_item)
        outcome = ContactUpdateResult(contact_opt_type=item.contact_opt_type, contact_item=_end(key))
        changed.contact_result_item.append(outcome)
        try:
            move = contacts.put if item.contact_opt_type == 1 else contacts.take_out
            move(user_id, number, key, call.now)
        except Refusal as refusal:
            outcome.result_code, outcome.result_info = refusal.code, refusal.info
    return UpdateContactGroupResult(update_type=request.update_type, update_group_result=changed)


@handles(RecentContact.mark)
def mark(call: Call) -> MarkContactsResult:
    """Set and clear marks on conversations."""
    items = call.raw.get("MarkItem")
    if isinstance(items, list) and not 1 <= len(items) <= MAX_MARKS:
        raise Refusal(
            ConversationCode.MARK_COUNT_INVALID, f"MarkItem must have 1 to {MAX_MARKS} entries, not {len(items)}"
        )
    request = call.read(MarkContacts, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    result = MarkContactsResult()
    for item in request.mark_item:
        key = key_of(item.contact_item)
        outcome = MarkResult(opt_type=item.opt_type, contact_item=_end(key))
        result.result_item.append(outcome)
        try:
            contacts.check_end(user_id, key, call.now)
            if item.set_mark or item.custom_mark:
                contacts.check_mark_room(user_id, key)
            known = contacts.change(user_id, key, call.now)
        except Refusal as refusal:
            outcome.result_code, outcome.result_info = refusal.code, refusal.info
            continue
        _apply(known, item)
        contacts.tidy(user_id, key)
    return result


@handles(RecentContact.search_contact_groups)
def search_contact_groups(call: Call) -> FoundContactGroups:
    """Return the groups and marks of conversations."""
    request = call.read(SearchContactGroups, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    marked = contacts.book(user_id).marked
    keys = [key_of(item) for item in request.contact_item]
    found = [_marked(key, marked[key]) for key in keys if key in marked]
    return FoundContactGroups(contact_result_item=found, group_item=_groups(contacts, user_id))


@handles(RecentContact.get_contact_groups)
def get_contact_groups(call: Call) -> ContactGroupPage:
    """Return a page of the conversations that have marks or are in a group."""
    request = call.read(GetContactGroups, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    marked = list(contacts.book(user_id).marked.items())
    page = marked[request.start_index : request.start_index + _MARKED_PAGE_SIZE]
    after = request.start_index + len(page)
    return ContactGroupPage(
        contact_item=[_marked(key, known) for key, known in page],
        group_item=_groups(contacts, user_id),
        complete_flag=int(after >= len(marked)),
        next_start_index=after,
    )


@handles(RecentContact.delete_contact_group)
def delete_contact_group(call: Call) -> DeletedContactGroups:
    """Delete conversation groups."""
    request = call.read(DeleteContactGroup, code=ConversationCode.PARAMS_INVALID)
    user_id, contacts = _owner(call), call.state.part(RecentContacts)
    gone = [(name, contacts.delete_group(user_id, name)) for name in request.group_name]
    return DeletedContactGroups(group_item=[ContactGroup(group_name=name, group_id=number) for name, number in gone])


def _owner(call: Call) -> str:
    return known_account(
        call, "From_Account", code=ConversationCode.PARAMS_INVALID, code_unknown=ConversationCode.ACCOUNT_NOT_FOUND
    )


def _check_name(name: object) -> None:
    if isinstance(name, str) and len(name.encode()) > GROUP_NAME_MAX_BYTES:
        raise Refusal(
            ConversationCode.GROUP_NAME_TOO_LONG,
            f"the name of a conversation group is over {GROUP_NAME_MAX_BYTES} bytes",
        )


def _end(key: Key) -> ReturnedContact:
    kind, end = key
    return ReturnedContact(type=kind, to_account=end) if kind == C2C else ReturnedContact(type=kind, to_group_id=end)


def _contact(key: Key, session: Session, marked: Marked | None, *, apart: bool) -> Contact:
    kind, end = key
    contact = Contact(type=kind, msg_time=session.time, top_flag=int(apart and session.is_pinned))
    if kind == C2C:
        contact.to_account = end
    else:
        contact.group_id = end
    if marked is not None:
        contact.standard_mark = marked.bits
        contact.custom_mark = marked.custom
        contact.contact_group_id = list(marked.groups)
    return contact


def _marked(key: Key, known: Marked) -> MarkedContact:
    end = _end(key)
    return MarkedContact(
        type=end.type,
        to_account=end.to_account,
        to_group_id=end.to_group_id,
        timestamp=known.timestamp,
        standard_mark=known.bits,
        custom_mark=known.custom,
        contact_group_id=list(known.groups),
    )


def _apply(known: Marked, item: MarkItem) -> None:
    if item.opt_type in (1, 3):
        known.marks -= set(item.clear_mark or ())
        known.marks |= set(item.set_mark or ())
    if item.opt_type in (2, 3) and item.custom_mark is not None:
        known.custom = item.custom_mark


def _groups(contacts: RecentContacts, user_id: str) -> list[ContactGroup]:
    groups = contacts.book(user_id).groups.items()
    return [ContactGroup(group_name=name, group_id=number) for name, number in groups]
