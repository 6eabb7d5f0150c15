"""Conversation lists, conversation groups and marks.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.recent_contact import RecentContact
from ...models.common import Empty
from ...models.recent_contact import (
    Contact,
    ContactGroupPage,
    ContactItem,
    ContactPage,
    CreateContactGroupResult,
    DeletedContactGroups,
    FoundContactGroups,
    GroupContactItem,
    MarkContactsResult,
    MarkItem,
    MarkedContact,
    UpdateContactGroupResult,
    UpdateGroup,
)


class BlockingRecentContactCalls(BlockingFamily[RecentContact], table=RecentContact):
    """Conversation lists, conversation groups and marks."""

    def get_list(
        self,
        *,
        from_account: str,
        time_stamp: int,
        start_index: int,
        top_time_stamp: int,
        top_start_index: int,
        assist_flags: int,
    ) -> ContactPage:
        """Read a page of an account's conversations, newest first.

        Page through a user's conversations, 拉取会话列表: `recentcontact/get_list`.

        The four places are 0 for the first page, then those of the previous page.

        Args:
            from_account: the account; at most 32 bytes.
            time_stamp: unix seconds, place among conversations that are not pinned.
            start_index: place among them within a second.
            top_time_stamp: unix seconds, place among pinned conversations.
            top_start_index: place among them within a second.
            assist_flags: bits: 0 lists pinned conversations separately, 1 includes empty ones, 2 pages pinned ones. A newer document recommends 63, for everything.

        Returns:
            ContactPage: a page of an account's conversations.
                session_item: the conversations.
                complete_flag: 1 on the last page.
                time_stamp: place of the next page, like the next three.
                start_index: as above.
                top_time_stamp: as above.
                top_start_index: as above.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/43087
        Page: https://cloud.tencent.com/document/product/269/62118
        """

    def delete(
        self,
        *,
        from_account: str,
        type: Literal[1, 2],
        to_account: str | None = None,
        clear_ramble: Literal[0, 1] | None = None,
        to_groupid: str | None = None,
    ) -> Empty:
        """Delete one conversation from an account's list, optionally with its history.

        Delete one conversation, 删除单个会话: `recentcontact/delete`.

        Args:
            from_account: the account; at most 32 bytes.
            type: 1 one-to-one, 2 group.
            to_account: the other account, for type 1; at most 32 bytes.
            clear_ramble: 1 also clears the account's own history of it; 0 is the default.
            to_groupid: the group, for type 2; spelled as the service does.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/43088
        Page: https://cloud.tencent.com/document/product/269/62119
        """

    def create_contact_group(
        self,
        *,
        from_account: str,
        group_contact_item: Sequence[GroupContactItem],
    ) -> CreateContactGroupResult:
        """Create a conversation group.

        Create a conversation group, 创建会话分组数据: `recentcontact/create_contact_group`.

        Args:
            from_account: the account whose list it is; it has at most 20 groups; at most 32 bytes.
            group_contact_item: the group, exactly 1.

        Returns:
            CreateContactGroupResult: the new conversation group.
                group_result_item: one entry per group.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/53437
        Page: https://www.tencentcloud.com/zh/document/product/1047/53437
        """

    def update_contact_group(
        self,
        *,
        from_account: str,
        update_type: int,
        update_group: UpdateGroup,
    ) -> UpdateContactGroupResult:
        """Rename a conversation group, or change its conversations.

        Rename a conversation group or change its members, 更新会话分组数据: `recentcontact/update_contact_group`.

        Args:
            from_account: the account whose list it is; at most 32 bytes.
            update_type: 1, a change of a group; no other value is documented.
            update_group: the change.

        Returns:
            UpdateContactGroupResult: the outcome of a change.
                update_type: as requested.
                update_group_result: the group after the change.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s.
        Page: https://trtc.io/document/53439
        """

    def mark(
        self,
        *,
        from_account: str,
        mark_item: Sequence[MarkItem],
    ) -> MarkContactsResult:
        """Set and clear marks on 1 to 100 conversations.

        Set or clear marks on conversations, 创建或更新会话标记数据: `recentcontact/mark_contact`.

        Args:
            from_account: the account whose list it is; at most 32 bytes.
            mark_item: the conversations and their marks, 1 to 100.

        Returns:
            MarkContactsResult: outcome conversation by conversation.
                result_item: one entry per conversation.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/53438
        """

    def search_contact_groups(
        self,
        *,
        from_account: str,
        contact_item: Sequence[ContactItem],
    ) -> FoundContactGroups:
        """Read groups and marks of 1 to 300 conversations.

        Look up group and mark data of given conversations, 搜索会话分组标记数据: `recentcontact/search_contact_group`.

        Args:
            from_account: the account whose list it is; at most 32 bytes.
            contact_item: the conversations, 1 to 300.

        Returns:
            FoundContactGroups: groups and marks of the requested conversations.
                contact_result_item: the conversations that have any.
                group_item: the conversation groups.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/53442
        """

    def get_contact_groups(
        self,
        *,
        from_account: str,
        start_index: int,
    ) -> ContactGroupPage:
        """Read a page of an account's conversations that have marks or are in a group.

        Page through a user's conversation groups and marks, 拉取会话分组标记数据: `recentcontact/get_contact_group`.

        Args:
            from_account: the account; at most 32 bytes.
            start_index: 0 for the first page, then `next_start_index` of the previous page.

        Returns:
            ContactGroupPage: a page of conversations that have marks or are in a group.
                contact_item: the conversations.
                group_item: the conversation groups.
                complete_flag: 1 on the last page.
                next_start_index: `start_index` of the next page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/53440
        """

    def delete_contact_group(
        self,
        *,
        from_account: str,
        group_name: Sequence[str],
    ) -> DeletedContactGroups:
        """Delete a conversation group; the conversations stay.

        Delete a conversation group, 删除会话分组数据: `recentcontact/del_contact_group`.

        Args:
            from_account: the account whose list it is; at most 32 bytes.
            group_name: the name, exactly 1; at most 32 bytes each.

        Returns:
            DeletedContactGroups: the deleted groups.
                group_item: the groups.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            50001: The account is not imported.
            50002: Request parameters are wrong.
            50003: Admin rights needed.
            51006: No conversations given, or more than 100.
            51007: The group of the conversation could not be checked: it was disbanded, or an internal error.
            51008: Grouped or marked conversations are at the limit (1,000 in the 2023 table).
            51009: The conversation group does not exist.
            51010: Conversation groups are at the limit (20 in the 2023 table).
            51011: The conversation group's name is over 32 bytes.
            51012: More than 50 pinned conversations.
            51013: The plan does not include conversation marks and groups.

        Limits: 200/s. It deletes what is stored.
        Page: https://trtc.io/document/53441
        """

    def iter_list(
        self,
        from_account: str,
        *,
        assist_flags: int = 63,
    ) -> Iterator[Contact]:
        """Read an account's conversations, pinned and newest first, fetching pages on demand.

        A conversation that gets a message meanwhile may be returned twice.

        Args:
            from_account: the account.
            assist_flags: which conversations are returned, see `GetContacts`; the newest document recommends 63.
        """
        return self.client.walk(self.family.iter_list, from_account, assist_flags=assist_flags)

    def iter_marked(
        self,
        from_account: str,
    ) -> Iterator[MarkedContact]:
        """Read an account's conversations that have marks or are in a group, fetching pages on demand.

        `get_contact_groups` returns the names of the groups.

        Args:
            from_account: the account.
        """
        return self.client.walk(self.family.iter_marked, from_account)

    def mark_all(
        self,
        from_account: str,
        items: Iterable[MarkItem],
    ) -> Chunked[MarkItem, MarkContactsResult]:
        """Set and clear marks on any number of conversations, 100 per call: `mark` in chunks, one after another.

        Args:
            from_account: the account whose list it is.
            items: the conversations and their marks; consumed lazily.
        """
        return self.client.wait(self.family.mark_all, from_account, self.client.feed(items))

    def search_contact_groups_all(
        self,
        from_account: str,
        contacts: Iterable[ContactItem],
    ) -> Chunked[ContactItem, FoundContactGroups]:
        """Read groups and marks of any number of conversations, 300 per call: `search_contact_groups` in chunks.

        Args:
            from_account: the account whose list it is.
            contacts: the conversations; consumed lazily.
        """
        return self.client.wait(self.family.search_contact_groups_all, from_account, self.client.feed(contacts))
