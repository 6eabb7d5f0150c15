"""Conversation lists: what editors and type checkers must know of a call. Checked by pyright, strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.recent_contact import (
    Contact,
    ContactGroupPage,
    ContactItem,
    ContactPage,
    CreateContactGroupResult,
    DeletedContactGroups,
    FoundContactGroups,
    GroupContactItem,
    MarkContactsResult,
    MarkedContact,
    MarkItem,
    UpdateContactGroupResult,
    UpdateGroup,
)


async def calls(client: TimClient) -> None:
    contacts = client.recent_contact
    page = await contacts.get_list(
        from_account="alice", time_stamp=0, start_index=0, top_time_stamp=0, top_start_index=0, assist_flags=7
    )
    assert_type(page, ContactPage)
    assert_type(await contacts.delete(from_account="alice", type=1, to_account="bob", clear_ramble=1), Empty)
    bob = ContactItem.account("bob")
    assert_type(bob, ContactItem)
    group = GroupContactItem(group_name="work", contact_item=[bob])
    made = await contacts.create_contact_group(from_account="alice", group_contact_item=[group])
    assert_type(made, CreateContactGroupResult)
    change = UpdateGroup(update_group_type=1, old_group_name="work", new_group_name="play")
    updated = await contacts.update_contact_group(from_account="alice", update_type=1, update_group=change)
    assert_type(updated, UpdateContactGroupResult)
    item = MarkItem(opt_type=1, contact_item=bob, set_mark=[1])
    assert_type(await contacts.mark(from_account="alice", mark_item=[item]), MarkContactsResult)
    found = await contacts.search_contact_groups(from_account="alice", contact_item=[bob])
    assert_type(found, FoundContactGroups)
    assert_type(await contacts.get_contact_groups(from_account="alice", start_index=0), ContactGroupPage)
    gone = await contacts.delete_contact_group(from_account="alice", group_name=["work"])
    assert_type(gone, DeletedContactGroups)
    assert_type(contacts.iter_list("alice"), AsyncIterator[Contact])
    assert_type(contacts.iter_marked("alice"), AsyncIterator[MarkedContact])
    assert_type(await contacts.mark_all("alice", [item]), Chunked[MarkItem, MarkContactsResult])


async def mistakes(client: TimClient) -> None:
    await client.recent_contact.delete(from_account="a", type=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.recent_contact.mark(from_account="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    MarkItem(opt_type=4, contact_item=ContactItem.account("b"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ContactItem(to_account="b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
