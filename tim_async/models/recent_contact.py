"""Conversation lists, conversation groups and marks: requests and results.

Source: I43087, I43088, I53437 to I53442. A *contact* is the other end of a conversation: an account or a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Self

import msgspec

from .._api.checks import U32_MAX, check_account, check_choice, check_group_id, check_items, check_range, check_text
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError

C2C: Final = 1
GROUP: Final = 2
MAX_MARKS: Final = 100
MAX_SEARCH: Final = 300
GROUP_NAME_MAX_BYTES: Final = 32
CUSTOM_MARK_MAX_BYTES: Final = 256
MAX_CONTACTS: Final = 1000  # marked or in groups, in the table of 2023; plans may differ, so the service counts (51008)
LAST_MARK: Final = 64
ALL_FLAGS: Final = 63

STAR: Final = 1
UNREAD: Final = 2
FOLD: Final = 3
HIDE: Final = 4

ContactType = Literal[1, 2]


class ContactItem(WireStruct, kw_only=True):
    """A conversation, identified by its other end: `ContactItem.account("bob")` or `ContactItem.group("@TGS#1")`.

    Attributes:
        type: 1 one-to-one, 2 group.
        to_account: the other account, for type 1.
        to_group_id: the group, for type 2.
    """

    type: ContactType
    to_account: str | None = None
    to_group_id: str | None = None

    @classmethod
    def account(cls, to_account: str) -> Self:
        """Return the conversation with an account."""
        return cls(type=C2C, to_account=to_account)

    @classmethod
    def group(cls, to_group_id: str) -> Self:
        """Return the conversation of a group."""
        return cls(type=GROUP, to_group_id=to_group_id)


class GetContacts(Request, kw_only=True):
    """Read a page of an account's conversations, newest first. Source: I43087.

    The four places are 0 for the first page, then those of the previous page.

    Attributes:
        from_account: the account.
        time_stamp: unix seconds, place among conversations that are not pinned.
        start_index: place among them within a second.
        top_time_stamp: unix seconds, place among pinned conversations.
        top_start_index: place among them within a second.
        assist_flags: bits: 0 lists pinned conversations separately, 1 includes empty ones, 2 pages pinned ones. A newer
            document recommends 63, for everything.
    """

    from_account: str
    time_stamp: int
    start_index: int
    top_time_stamp: int
    top_start_index: int
    assist_flags: int

    def check(self) -> None:
        """Check account and numbers."""
        check_account("from_account", self.from_account)
        for field in ("time_stamp", "start_index", "top_time_stamp", "top_start_index"):
            check_range(field, getattr(self, field), 0, 2**53)
        check_range("assist_flags", self.assist_flags, 0, U32_MAX)


class Contact(WireStruct, kw_only=True):
    """A conversation in a list.

    Attributes:
        type: 1 one-to-one, 2 group.
        to_account: the other account, for type 1.
        group_id: the group, for type 2.
        msg_time: unix seconds of the newest message.
        top_flag: 1 for a pinned conversation.
        standard_mark: the marks, `1` at the position of each mark that is set; on newer pages only, like the next two.
        custom_mark: the app's own mark.
        contact_group_id: the conversation groups that contain it.
    """

    type: int = always(0)
    to_account: str | None = None
    group_id: str | None = None
    msg_time: int = always(0)
    top_flag: int = always(0)
    standard_mark: str | None = None
    custom_mark: str | None = None
    contact_group_id: list[int] = msgspec.field(default_factory=list)

    @property
    def is_pinned(self) -> bool:
        """Whether the user pinned it."""
        return self.top_flag == 1


class ContactPage(Result, kw_only=True):
    """A page of an account's conversations. Source: I43087.

    Attributes:
        session_item: the conversations.
        complete_flag: 1 on the last page.
        time_stamp: place of the next page, like the next three.
        start_index: as above.
        top_time_stamp: as above.
        top_start_index: as above.
    """

    session_item: list[Contact] = msgspec.field(default_factory=list)
    complete_flag: int = always(0)
    time_stamp: int = always(0)
    start_index: int = always(0)
    top_time_stamp: int = always(0)
    top_start_index: int = always(0)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.complete_flag == 1


class DeleteContact(Request, kw_only=True):
    """Delete one conversation from an account's list. Source: I43088.

    Attributes:
        from_account: the account.
        type: 1 one-to-one, 2 group.
        to_account: the other account, for type 1.
        clear_ramble: 1 also clears the account's own history of it; 0 is the default.
        to_groupid: the group, for type 2; spelled as the service does.
    """

    _older: ClassVar = {"type": "Type"}
    from_account: str
    type: ContactType
    to_account: str | None = None
    clear_ramble: Literal[0, 1] | None = None
    to_groupid: str | None = None

    def check(self) -> None:
        """Check account, kind and the other end."""
        check_account("from_account", self.from_account)
        check_choice("clear_ramble", self.clear_ramble, (0, 1))
        _check_end("", self.type, self.to_account, self.to_groupid, group_field="to_groupid")


class GroupContactItem(WireStruct, kw_only=True):
    """A conversation group to create.

    Attributes:
        group_name: 1 to 32 bytes.
        contact_item: the conversations to put into it; at most 1,000 may be marked or grouped (51008).
    """

    group_name: str
    contact_item: Sequence[ContactItem]


class CreateContactGroup(Request, kw_only=True):
    """Create a conversation group. Source: I53437.

    Attributes:
        from_account: the account whose list it is; it has at most 20 groups.
        group_contact_item: the group, exactly 1.
    """

    from_account: str
    group_contact_item: Sequence[GroupContactItem]

    def check(self) -> None:
        """Check account, name and conversations."""
        check_account("from_account", self.from_account)
        check_items("group_contact_item", self.group_contact_item, 1, 1)
        for index, item in enumerate(self.group_contact_item):
            field = f"group_contact_item[{index}]"
            _check_name(f"{field}.group_name", item.group_name)
            for number, contact in enumerate(item.contact_item):
                _check_contact(f"{field}.contact_item[{number}]", contact)


class ContactGroup(WireStruct, kw_only=True):
    """A conversation group.

    Attributes:
        group_name: its name.
        group_id: its number, as `contact_group_id` has it.
    """

    group_name: str = always("")
    group_id: int = always(0)


class ReturnedContact(WireStruct, kw_only=True):
    """A conversation in an answer.

    Attributes:
        type: 1 one-to-one, 2 group.
        to_account: the other account, for type 1.
        to_group_id: the group, for type 2.
    """

    type: int = always(0)
    to_account: str | None = None
    to_group_id: str | None = None


class ContactResult(WireStruct, kw_only=True):
    """Outcome for one conversation.

    Attributes:
        contact_item: the conversation.
        result_code: 0 is success.
        result_info: the reason of a failure.
    """

    contact_item: ReturnedContact = msgspec.field(default_factory=ReturnedContact)
    result_code: int = always(0)
    result_info: str = always("")


class GroupResult(WireStruct, kw_only=True):
    """Outcome for one conversation group.

    Attributes:
        group_item: the group.
        result_item: one entry per conversation.
    """

    group_item: ContactGroup = msgspec.field(default_factory=ContactGroup)
    result_item: list[ContactResult] = msgspec.field(default_factory=list)


class CreateContactGroupResult(PartialResult, kw_only=True):
    """The new conversation group. Source: I53437.

    Attributes:
        group_result_item: one entry per group.
    """

    group_result_item: list[GroupResult] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[ContactResult]:
        """The entries of conversations that failed."""
        return [item for group in self.group_result_item for item in group.result_item if item.result_code != 0]


class ContactUpdateItem(WireStruct, kw_only=True):
    """A conversation to add to a group, or to remove.

    Attributes:
        contact_opt_type: 1 add, 2 remove.
        contact_item: the conversation.
    """

    contact_opt_type: Literal[1, 2]
    contact_item: ContactItem


class UpdateGroup(WireStruct, kw_only=True):
    """A change of a conversation group.

    Attributes:
        update_group_type: 1 its name, 2 its conversations.
        old_group_name: its current name.
        new_group_name: its new name, for type 1, 1 to 32 bytes.
        contact_update_item: the conversations to add and remove, for type 2.
    """

    update_group_type: Literal[1, 2]
    old_group_name: str
    new_group_name: str | None = None
    contact_update_item: Sequence[ContactUpdateItem] | None = None


class UpdateContactGroup(Request, kw_only=True):
    """Rename a conversation group, or change its conversations. Source: I53439.

    Attributes:
        from_account: the account whose list it is.
        update_type: 1, a change of a group; no other value is documented.
        update_group: the change.
    """

    from_account: str
    update_type: int
    update_group: UpdateGroup

    def check(self) -> None:
        """Check account, names and conversations."""
        check_account("from_account", self.from_account)
        check_range("update_type", self.update_type, 1, U32_MAX)
        change, field = self.update_group, "update_group"
        check_choice(f"{field}.update_group_type", change.update_group_type, (1, 2))
        _check_name(f"{field}.old_group_name", change.old_group_name)
        if change.update_group_type == 1 and change.new_group_name is None:
            raise UsageError(
                f"{field}.new_group_name is missing: update_group_type 1 renames the group",
                field=f"{field}.new_group_name",
            )
        if change.new_group_name is not None:
            _check_name(f"{field}.new_group_name", change.new_group_name)
        items = change.contact_update_item
        if change.update_group_type == 2 and not items:
            raise UsageError(
                f"{field}.contact_update_item is empty: update_group_type 2 changes conversations",
                field=f"{field}.contact_update_item",
            )
        for index, item in enumerate(items or ()):
            where = f"{field}.contact_update_item[{index}]"
            check_choice(f"{where}.contact_opt_type", item.contact_opt_type, (1, 2))
            _check_contact(f"{where}.contact_item", item.contact_item)


class ContactUpdateResult(ContactResult, kw_only=True):
    """Outcome for one conversation of a change.

    Attributes:
        contact_opt_type: 1 add, 2 remove.
        contact_item: the conversation.
        result_code: 0 is success.
        result_info: the reason of a failure.
    """

    contact_opt_type: int = always(0)


class UpdateGroupResult(WireStruct, kw_only=True):
    """The outcome of a change.

    Attributes:
        update_group_type: 1 its name, 2 its conversations.
        group_name: the group's new name.
        old_group_name: the previous name.
        group_id: its number.
        contact_result_item: one entry per conversation.
    """

    update_group_type: int = always(0)
    group_name: str = always("")
    old_group_name: str | None = None
    group_id: int = always(0)
    contact_result_item: list[ContactUpdateResult] = msgspec.field(default_factory=list)


class UpdateContactGroupResult(PartialResult, kw_only=True):
    """The outcome of a change. Source: I53439.

    Attributes:
        update_type: as requested.
        update_group_result: the group after the change.
    """

    update_type: int = always(0)
    update_group_result: UpdateGroupResult = msgspec.field(default_factory=UpdateGroupResult)

    @property
    def failed(self) -> list[ContactUpdateResult]:
        """The entries of conversations that failed."""
        return [item for item in self.update_group_result.contact_result_item if item.result_code != 0]


class MarkItem(WireStruct, kw_only=True):
    """Marks to set and clear on a conversation.

    Attributes:
        opt_type: 1 standard marks, 2 the app's own mark, 3 both.
        contact_item: the conversation.
        clear_mark: standard marks to clear, 1 to 64: 1 star, 2 unread, 3 fold, 4 hide; up to 32 they are the service's.
        set_mark: standard marks to set, as above.
        custom_mark: the app's own mark, at most 256 bytes.
    """

    opt_type: Literal[1, 2, 3]
    contact_item: ContactItem
    clear_mark: Sequence[int] | None = None
    set_mark: Sequence[int] | None = None
    custom_mark: str | None = None


class MarkContacts(Request, kw_only=True):
    """Set and clear marks on 1 to 100 conversations. Source: I53438.

    Attributes:
        from_account: the account whose list it is.
        mark_item: the conversations and their marks, 1 to 100.
    """

    from_account: str
    mark_item: Sequence[MarkItem]

    def check(self) -> None:
        """Check account, conversations and marks."""
        check_account("from_account", self.from_account)
        check_items("mark_item", self.mark_item, 1, MAX_MARKS)
        for index, item in enumerate(self.mark_item):
            field = f"mark_item[{index}]"
            check_choice(f"{field}.opt_type", item.opt_type, (1, 2, 3))
            _check_contact(f"{field}.contact_item", item.contact_item)
            for name, marks in (("clear_mark", item.clear_mark), ("set_mark", item.set_mark)):
                for number, mark in enumerate(marks or ()):
                    check_range(f"{field}.{name}[{number}]", mark, 1, LAST_MARK)
            check_text(f"{field}.custom_mark", item.custom_mark, CUSTOM_MARK_MAX_BYTES)


class MarkResult(ContactResult, kw_only=True):
    """Outcome for one conversation to be marked.

    Attributes:
        opt_type: 1 standard marks, 2 the app's own mark, 3 both.
        contact_item: the conversation.
        result_code: 0 is success.
        result_info: the reason of a failure.
    """

    opt_type: int = always(0)


class MarkContactsResult(PartialResult, kw_only=True):
    """Outcome conversation by conversation. Source: I53438.

    Attributes:
        result_item: one entry per conversation.
    """

    result_item: list[MarkResult] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[MarkResult]:
        """The entries that failed."""
        return [item for item in self.result_item if item.result_code != 0]


class SearchContactGroups(Request, kw_only=True):
    """Read groups and marks of 1 to 300 conversations. Source: I53442.

    Attributes:
        from_account: the account whose list it is.
        contact_item: the conversations, 1 to 300.
    """

    from_account: str
    contact_item: Sequence[ContactItem]

    def check(self) -> None:
        """Check account and conversations."""
        check_account("from_account", self.from_account)
        check_items("contact_item", self.contact_item, 1, MAX_SEARCH)
        for index, item in enumerate(self.contact_item):
            _check_contact(f"contact_item[{index}]", item)


class MarkedContact(ReturnedContact, kw_only=True):
    """A conversation that has marks, or is in a group.

    Attributes:
        type: 1 one-to-one, 2 group.
        to_account: the other account, for type 1.
        to_group_id: the group, for type 2.
        timestamp: unix seconds of the last change.
        standard_mark: the marks, `1` at the position of each mark that is set.
        custom_mark: the app's own mark.
        contact_group_id: the numbers of the conversation groups that contain it.
    """

    timestamp: int = always(0)
    standard_mark: str = always("")
    custom_mark: str = always("")
    contact_group_id: list[int] = msgspec.field(default_factory=list)


class FoundContactGroups(Result, kw_only=True):
    """Groups and marks of the requested conversations. Source: I53442.

    Attributes:
        contact_result_item: the conversations that have any.
        group_item: the conversation groups.
    """

    contact_result_item: list[MarkedContact] = msgspec.field(default_factory=list)
    group_item: list[ContactGroup] = msgspec.field(default_factory=list)


class GetContactGroups(Request, kw_only=True):
    """Read a page of an account's conversations that have marks or are in a group. Source: I53440.

    Attributes:
        from_account: the account.
        start_index: 0 for the first page, then `next_start_index` of the previous page.
    """

    from_account: str
    start_index: int

    def check(self) -> None:
        """Check account and place."""
        check_account("from_account", self.from_account)
        check_range("start_index", self.start_index, 0, 2**53)


class ContactGroupPage(Result, kw_only=True):
    """A page of conversations that have marks or are in a group. Source: I53440.

    Attributes:
        contact_item: the conversations.
        group_item: the conversation groups.
        complete_flag: 1 on the last page.
        next_start_index: `start_index` of the next page.
    """

    contact_item: list[MarkedContact] = msgspec.field(default_factory=list)
    group_item: list[ContactGroup] = msgspec.field(default_factory=list)
    complete_flag: int = always(0)
    next_start_index: int = always(0)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.complete_flag == 1


class DeleteContactGroup(Request, kw_only=True):
    """Delete a conversation group; the conversations stay. Source: I53441.

    Attributes:
        from_account: the account whose list it is.
        group_name: the name, exactly 1.
    """

    from_account: str
    group_name: Sequence[str]

    def check(self) -> None:
        """Check account and name."""
        check_account("from_account", self.from_account)
        if isinstance(self.group_name, str):
            raise UsageError("group_name must be a list of one name, not a single text", field="group_name")
        check_items("group_name", self.group_name, 1, 1)
        for index, name in enumerate(self.group_name):
            _check_name(f"group_name[{index}]", name)


class DeletedContactGroups(Result, kw_only=True):
    """The deleted groups. Source: I53441.

    Attributes:
        group_item: the groups.
    """

    group_item: list[ContactGroup] = msgspec.field(default_factory=list)


def _check_name(field: str, name: str) -> None:
    check_text(field, name, GROUP_NAME_MAX_BYTES, low=1)


def _check_contact(field: str, item: ContactItem) -> None:
    _check_end(f"{field}.", item.type, item.to_account, item.to_group_id, group_field="to_group_id")


def _check_end(prefix: str, kind: int, to_account: str | None, group_id: str | None, *, group_field: str) -> None:
    """Check that the other end required by a kind of conversation is given."""
    check_choice(f"{prefix}type", kind, (C2C, GROUP))
    if kind == C2C:
        if to_account is None:
            raise UsageError("to_account is missing: a contact of type 1 is an account", field=f"{prefix}to_account")
        check_account(f"{prefix}to_account", to_account)
    else:
        if group_id is None:
            raise UsageError(
                f"{group_field} is missing: a contact of type 2 is a group", field=f"{prefix}{group_field}"
            )
        check_group_id(f"{prefix}{group_field}", group_id)
