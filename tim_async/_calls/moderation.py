"""Moderation of content, its word lists, the app-wide mute, and the retired filter words.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..families.moderation import Moderation
from ..models.common import Empty
from ..models.moderation import (
    CloudKeyword,
    CloudLibraries,
    CloudWords,
    Content,
    DeletedCloudKeywords,
    DirtyWords,
    Done,
    Judgement,
    Judgements,
    LocalKeyword,
    LocalWords,
    Mute,
)


class ModerationCalls(Moderation):
    """Moderation of content, its word lists, the app-wide mute, and the retired filter words."""

    async def moderate(
        self,
        *,
        audit_name: str,
        content_type: Literal["Text", "Image", "Audio", "Video"],
        content: str,
        ext_sender: str | None = None,
        ext_receiver: str | None = None,
    ) -> Judgement:
        """Moderate one text, image, audio or video. Every call is charged.

        Submit one text, image, audio or video for moderation, 主动审核接口: `im_msg_audit/content_moderation`.

        Args:
            audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or a custom policy's id.
            content_type: Text, Image, Audio or Video.
            content: the text, or the URL of the medium; 1 to 8192 bytes. An image has at most 5 MB.
            ext_sender: the app's identifier of the sender.
            ext_receiver: the app's identifier of the receiver.

        Returns:
            Judgement: the outcome for one item.
                request_id: id of the request, for support.
                result: Pass, Review or Block.
                score: confidence, 0 to 100.
                label: the category of the finding.
                keywords: the words found.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/77827
        Page: https://trtc.io/zh/document/77827
        """

    async def moderate_batch(
        self,
        *,
        audit_name: str,
        contents: Sequence[Content],
    ) -> Judgements:
        """Moderate 1 to 10 texts or images. Every item is charged.

        Submit several texts or images for moderation, 批量主动审核接口: `im_msg_audit/batch_content_moderation`.

        Known from an SDK.

        Args:
            audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or a custom policy's id.
            contents: the items, 1 to 10, each with its own number; at most 2 items.

        Returns:
            Judgements: the outcome of a batch. Known from an SDK.
                audit_results: one entry per item; find one by its `content_id`.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: no page found; the fields are taken from an SDK.
        """

    async def add_cloud_keywords(
        self,
        *,
        sdk_app_id: int,
        lib_id: str,
        user_keywords: Sequence[CloudKeyword],
    ) -> Done:
        """Add 1 to 10 words to a cloud moderation library.

        Add words to a cloud moderation library, 添加敏感词: `im_msg_audit_mgr/add_cloud_audit_keywords`.

        Args:
            sdk_app_id: the app.
            lib_id: the library.
            user_keywords: the words, 1 to 10.

        Returns:
            Done: a successful change of a word list.
                request_id: id of the request, for support.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://trtc.io/document/77831
        Page: https://cloud.tencent.com/document/product/269/94303
        """

    async def get_cloud_keywords(
        self,
        *,
        sdk_app_id: int,
        offset: int,
        limit: int,
        lib_id: str,
        content: str | None = None,
    ) -> CloudWords:
        """Read one page of a cloud moderation library.

        Read words of a cloud moderation library, 获取敏感词: `im_msg_audit_mgr/get_cloud_audit_keywords`.

        Args:
            sdk_app_id: the app.
            offset: number of words to skip, from 0.
            limit: words per page, 1 to 100.
            lib_id: the library.
            content: only words that contain this; absent is all.

        Returns:
            CloudWords: one page of a library.
                request_id: id of the request, for support.
                total_count: number of words.
                infos: the words of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/77830
        Page: https://cloud.tencent.com/document/product/269/94302
        """

    async def delete_cloud_keywords(
        self,
        *,
        sdk_app_id: int,
        lib_id: str,
        keywords: Sequence[str],
    ) -> DeletedCloudKeywords:
        """Delete 1 to 10 words from a cloud moderation library.

        Delete words of a cloud moderation library, 删除敏感词: `im_msg_audit_mgr/delete_cloud_audit_keywords`.

        Args:
            sdk_app_id: the app.
            lib_id: the library.
            keywords: the words, 1 to 10.

        Returns:
            DeletedCloudKeywords: the outcome for words to be deleted.
                request_id: id of the request, for support.
                details: one entry per word.
                count: number of deleted words; a sample on the page shows 0 with one word deleted, so rely on `details`.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: https://trtc.io/document/77832
        Page: https://cloud.tencent.com/document/product/269/94304
        """

    async def get_cloud_libraries(
        self,
        *,
        sdk_app_id: int,
        offset: int,
        limit: int,
    ) -> CloudLibraries:
        """Read one page of the list of cloud moderation libraries.

        List cloud moderation libraries, 获取词库列表: `im_msg_audit_mgr/get_cloud_audit_keywords_ids`.

        Args:
            sdk_app_id: the app.
            offset: number of libraries to skip, from 0.
            limit: libraries per page, 1 to 100.

        Returns:
            CloudLibraries: one page of the list of libraries.
                request_id: id of the request, for support.
                total_count: number of libraries.
                infos: the libraries of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/77829
        Page: https://cloud.tencent.com/document/product/269/94301
        """

    async def add_local_keywords(
        self,
        *,
        sdk_app_id: int,
        local_audit_words: Sequence[LocalKeyword],
    ) -> Done:
        """Add 1 to 10 words to local filtering.

        Add local filter words, 添加本地敏感词: `im_msg_audit_mgr/add_local_audit_keywords`.

        Known from an SDK.

        Args:
            sdk_app_id: the app.
            local_audit_words: the words, 1 to 10.

        Returns:
            Done: a successful change of a word list.
                request_id: id of the request, for support.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: no page found; the fields are taken from an SDK.
        """

    async def get_local_keywords(
        self,
        *,
        sdk_app_id: int,
        filter_type: int,
        offset: int,
        limit: int,
        keyword: str | None = None,
    ) -> LocalWords:
        """Read one page of the local filtering words.

        Read local filter words, 获取本地敏感词: `im_msg_audit_mgr/get_local_audit_keywords`.

        Known from an SDK.

        Args:
            sdk_app_id: the app.
            filter_type: only words with this action.
            offset: number of words to skip, from 0.
            limit: words per page, 1 to 100.
            keyword: only words that contain this; absent is all.

        Returns:
            LocalWords: one page of the local filtering words. Known from an SDK.
                request_id: id of the request, for support.
                local_audit_words: the words of this page.
                total_count: number of all words.
                total_reg_count: number of regular expressions among them.
                cur_count: number of matching words, on all pages.
                cur_reg_count: number of regular expressions among them.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: no page found; the fields are taken from an SDK.
        """

    async def delete_local_keywords(
        self,
        *,
        sdk_app_id: int,
        local_audit_words: Sequence[LocalKeyword],
    ) -> Done:
        """Delete 1 to 10 words from local filtering.

        Delete local filter words, 删除本地敏感词: `im_msg_audit_mgr/delete_local_audit_keywords`.

        Known from an SDK.

        Args:
            sdk_app_id: the app.
            local_audit_words: the words, 1 to 10.

        Returns:
            Done: a successful change of a word list.
                request_id: id of the request, for support.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: no page found; the fields are taken from an SDK.
        """

    async def set_mute(
        self,
        *,
        set_account: str,
        c2cmsg_nospeaking_time: int | None = None,
        groupmsg_nospeaking_time: int | None = None,
    ) -> Empty:
        """Mute a user in the whole app, or unmute them.

        Set the app-wide mute of a user, 设置全局禁言: `openconfigsvr/setnospeaking`.

        Only messages that the user sends from a client are blocked; messages that the app sends in their name are not.

        Args:
            set_account: the user; at most 32 bytes.
            c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 ends the mute, 4294967295 is permanent.
            groupmsg_nospeaking_time: seconds without group messages; 0 ends the mute, 4294967295 is permanent.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            130001: Global mute / operation data: the JSON body cannot be parsed.
            130004: Global mute: Set_Account is missing.
            130005: Global mute: Set_Account is invalid.
            130008: Global mute: neither mute time is given.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34923
        Page: https://cloud.tencent.com/document/product/269/4230
        """

    async def get_mute(
        self,
        *,
        get_account: str,
    ) -> Mute:
        """Read the app-wide mute of a user.

        Read the app-wide mute of a user, 查询全局禁言: `openconfigsvr/getnospeaking`.

        Args:
            get_account: the user; at most 32 bytes.

        Returns:
            Mute: the app-wide mute of a user.
                c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 is no mute, 4294967295 is permanent.
                groupmsg_nospeaking_time: seconds without group messages; 0 is no mute, 4294967295 is permanent.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            130001: Global mute / operation data: the JSON body cannot be parsed.
            130002: Global mute: Get_Account is missing.
            130003: Global mute: Get_Account is invalid.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34924
        Page: https://cloud.tencent.com/document/product/269/4229
        """

    async def get_dirty_words(
        self,
    ) -> DirtyWords:
        """Read the filter words. Retired: local filtering and cloud moderation replace it.

        Read custom filter words (retired), 查询 App 自定义脏字: `openim_dirty_words/get`.

        Returns:
            DirtyWords: the words of the retired filter.
                dirty_words_list: the words.

        Raises:
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/2396
        """

    async def add_dirty_words(
        self,
        *,
        dirty_words_list: Sequence[str],
    ) -> Empty:
        """Add filter words. Retired, see `get_dirty_words`.

        Add custom filter words (retired), 添加 App 自定义脏字: `openim_dirty_words/add`.

        Args:
            dirty_words_list: the words.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/2397
        """

    async def delete_dirty_words(
        self,
        *,
        dirty_words_list: Sequence[str],
    ) -> Empty:
        """Delete filter words. Retired, see `get_dirty_words`.

        Delete custom filter words (retired), 删除 App 自定义脏字: `openim_dirty_words/delete`.

        Args:
            dirty_words_list: the words.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: retired together with its page.
        """
