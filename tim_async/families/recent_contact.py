"""Conversation lists, conversation groups and marks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.recent_contact import (
    ALL_FLAGS,
    MAX_MARKS,
    MAX_SEARCH,
    Contact,
    ContactGroupPage,
    ContactItem,
    ContactPage,
    CreateContactGroup,
    CreateContactGroupResult,
    DeleteContact,
    DeleteContactGroup,
    DeletedContactGroups,
    FoundContactGroups,
    GetContactGroups,
    GetContacts,
    MarkContacts,
    MarkContactsResult,
    MarkedContact,
    MarkItem,
    SearchContactGroups,
    UpdateContactGroup,
    UpdateContactGroupResult,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages

_PageStart = tuple[int, int, int, int]


class RecentContact(Family, name="recent_contact"):
    """Conversation lists, conversation groups and marks."""

    get_list: Final = Endpoint("recentcontact/get_list", GetContacts, ContactPage, doc="I43087", repeat="always")
    """Read a page of an account's conversations, newest first."""
    delete: Final = Endpoint("recentcontact/delete", DeleteContact, Empty, doc="I43088", danger="deletes")
    """Delete one conversation from an account's list, optionally with its history."""
    create_contact_group: Final = Endpoint(
        "recentcontact/create_contact_group", CreateContactGroup, CreateContactGroupResult, doc="I53437"
    )
    """Create a conversation group."""
    update_contact_group: Final = Endpoint(
        "recentcontact/update_contact_group", UpdateContactGroup, UpdateContactGroupResult, doc="I53439"
    )
    """Rename a conversation group, or change its conversations."""
    mark: Final = Endpoint(
        "recentcontact/mark_contact", MarkContacts, MarkContactsResult, doc="I53438", repeat="always"
    )
    """Set and clear marks on 1 to 100 conversations."""
    search_contact_groups: Final = Endpoint(
        "recentcontact/search_contact_group", SearchContactGroups, FoundContactGroups, doc="I53442", repeat="always"
    )
    """Read groups and marks of 1 to 300 conversations."""
    get_contact_groups: Final = Endpoint(
        "recentcontact/get_contact_group", GetContactGroups, ContactGroupPage, doc="I53440", repeat="always"
    )
    """Read a page of an account's conversations that have marks or are in a group."""
    delete_contact_group: Final = Endpoint(
        "recentcontact/del_contact_group", DeleteContactGroup, DeletedContactGroups, doc="I53441", danger="deletes"
    )
    """Delete a conversation group; the conversations stay."""

    async def iter_list(self, from_account: str, *, assist_flags: int = ALL_FLAGS) -> AsyncIterator[Contact]:
        """Read an account's conversations, pinned and newest first, fetching pages on demand.

        A conversation that gets a message meanwhile may be returned twice.

        Args:
            from_account: the account.
            assist_flags: which conversations are returned, see `GetContacts`; the newest document recommends 63.
        """

        async def fetch(place: _PageStart) -> ContactPage:
            time_stamp, start_index, top_time_stamp, top_start_index = place
            return await self.get_list(
                from_account=from_account,
                time_stamp=time_stamp,
                start_index=start_index,
                top_time_stamp=top_time_stamp,
                top_start_index=top_start_index,
                assist_flags=assist_flags,
            )

        async for page in pages(RecentContact.get_list.command, fetch, (0, 0, 0, 0), _next_start):
            for contact in page.session_item:
                yield contact

    async def iter_marked(self, from_account: str) -> AsyncIterator[MarkedContact]:
        """Read an account's conversations that have marks or are in a group, fetching pages on demand.

        `get_contact_groups` returns the names of the groups.

        Args:
            from_account: the account.
        """
        walk = pages(
            RecentContact.get_contact_groups.command,
            lambda start: self.get_contact_groups(from_account=from_account, start_index=start),
            0,
            lambda page: None if page.is_complete else page.next_start_index,
        )
        async for page in walk:
            for contact in page.contact_item:
                yield contact

    async def mark_all(self, from_account: str, items: Items[MarkItem]) -> Chunked[MarkItem, MarkContactsResult]:
        """Set and clear marks on any number of conversations, 100 per call: `mark` in chunks, one after another.

        Args:
            from_account: the account whose list it is.
            items: the conversations and their marks; consumed lazily.
        """
        return await in_chunks(
            "items",
            items,
            MAX_MARKS,
            lambda chunk: self.mark(from_account=from_account, mark_item=chunk),
            concurrency=1,
        )

    async def search_contact_groups_all(
        self, from_account: str, contacts: Items[ContactItem]
    ) -> Chunked[ContactItem, FoundContactGroups]:
        """Read groups and marks of any number of conversations, 300 per call: `search_contact_groups` in chunks.

        Args:
            from_account: the account whose list it is.
            contacts: the conversations; consumed lazily.
        """
        return await in_chunks(
            "contacts",
            contacts,
            MAX_SEARCH,
            lambda chunk: self.search_contact_groups(from_account=from_account, contact_item=chunk),
        )


def _next_start(page: ContactPage) -> _PageStart | None:
    if page.is_complete:
        return None
    return page.time_stamp, page.start_index, page.top_time_stamp, page.top_start_index
