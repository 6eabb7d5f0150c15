"""Moderation of content, its word lists, the app-wide mute, and the retired filter words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from .._api.endpoint import SDK_ONLY, Endpoint, Family
from ..models.common import Empty, NoFields
from ..models.moderation import (
    MAX_CONTENTS,
    MAX_KEYWORDS,
    MAX_PAGE,
    AddCloudKeywords,
    ChangeDirtyWords,
    ChangeLocalKeywords,
    CloudKeyword,
    CloudLibraries,
    CloudLibrary,
    CloudWord,
    CloudWords,
    Content,
    DeleteCloudKeywords,
    DeletedCloudKeywords,
    DirtyWords,
    Done,
    GetCloudKeywords,
    GetCloudLibraries,
    GetLocalKeywords,
    GetMute,
    Judgement,
    Judgements,
    LocalWord,
    LocalWords,
    Moderate,
    ModerateBatch,
    Mute,
    SetMute,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_by_offset


class Moderation(Family, name="moderation"):
    """Moderation of content, its word lists, the app-wide mute, and the retired filter words."""

    moderate: Final = Endpoint("im_msg_audit/content_moderation", Moderate, Judgement, doc="I77827", repeat="always")
    """Moderate one text, image, audio or video. Every call is charged."""
    moderate_batch: Final = Endpoint(
        "im_msg_audit/batch_content_moderation",
        ModerateBatch,
        Judgements,
        doc=None,
        why_no_doc=SDK_ONLY,
        repeat="always",
    )
    """Moderate 1 to 10 texts or images. Every item is charged."""
    add_cloud_keywords: Final = Endpoint(
        "im_msg_audit_mgr/add_cloud_audit_keywords", AddCloudKeywords, Done, doc="I77831"
    )
    """Add 1 to 10 words to a cloud moderation library."""
    get_cloud_keywords: Final = Endpoint(
        "im_msg_audit_mgr/get_cloud_audit_keywords", GetCloudKeywords, CloudWords, doc="C94302", repeat="always"
    )
    """Read one page of a cloud moderation library."""
    delete_cloud_keywords: Final = Endpoint(
        "im_msg_audit_mgr/delete_cloud_audit_keywords",
        DeleteCloudKeywords,
        DeletedCloudKeywords,
        doc="I77832",
        danger="deletes",
    )
    """Delete 1 to 10 words from a cloud moderation library."""
    get_cloud_libraries: Final = Endpoint(
        "im_msg_audit_mgr/get_cloud_audit_keywords_ids",
        GetCloudLibraries,
        CloudLibraries,
        doc="C94301",
        repeat="always",
    )
    """Read one page of the list of cloud moderation libraries."""
    add_local_keywords: Final = Endpoint(
        "im_msg_audit_mgr/add_local_audit_keywords", ChangeLocalKeywords, Done, doc=None, why_no_doc=SDK_ONLY
    )
    """Add 1 to 10 words to local filtering."""
    get_local_keywords: Final = Endpoint(
        "im_msg_audit_mgr/get_local_audit_keywords",
        GetLocalKeywords,
        LocalWords,
        doc=None,
        why_no_doc=SDK_ONLY,
        repeat="always",
    )
    """Read one page of the local filtering words."""
    delete_local_keywords: Final = Endpoint(
        "im_msg_audit_mgr/delete_local_audit_keywords",
        ChangeLocalKeywords,
        Done,
        doc=None,
        why_no_doc=SDK_ONLY,
        danger="deletes",
    )
    """Delete 1 to 10 words from local filtering."""
    set_mute: Final = Endpoint(
        "openconfigsvr/setnospeaking", SetMute, Empty, doc="I34923", repeat="always", danger="excludes"
    )
    """Mute a user in the whole app, or unmute them."""
    get_mute: Final = Endpoint("openconfigsvr/getnospeaking", GetMute, Mute, doc="I34924", repeat="always")
    """Read the app-wide mute of a user."""
    get_dirty_words: Final = Endpoint("openim_dirty_words/get", NoFields, DirtyWords, doc="C2396", repeat="always")
    """Read the filter words. Retired: local filtering and cloud moderation replace it."""
    add_dirty_words: Final = Endpoint("openim_dirty_words/add", ChangeDirtyWords, Empty, doc="C2397", repeat="always")
    """Add filter words. Retired, see `get_dirty_words`."""
    delete_dirty_words: Final = Endpoint(
        "openim_dirty_words/delete",
        ChangeDirtyWords,
        Empty,
        doc=None,
        why_no_doc="retired together with its page",
        repeat="always",
        danger="deletes",
    )
    """Delete filter words. Retired, see `get_dirty_words`."""

    async def moderate_all(self, audit_name: str, contents: Items[Content]) -> Chunked[Content, Judgements]:
        """Moderate any number of texts and images, 10 per call.

        Args:
            audit_name: the policy.
            contents: the items; give each a ContentId that is unique over all calls, to match the answers.
        """
        return await in_chunks(
            "contents", contents, MAX_CONTENTS, lambda chunk: self.moderate_batch(audit_name=audit_name, contents=chunk)
        )

    async def add_cloud_keywords_all(
        self, sdk_app_id: int, lib_id: str, keywords: Items[CloudKeyword]
    ) -> Chunked[CloudKeyword, Done]:
        """Add any number of words to a library, 10 per call."""
        return await in_chunks(
            "keywords",
            keywords,
            MAX_KEYWORDS,
            lambda chunk: self.add_cloud_keywords(sdk_app_id=sdk_app_id, lib_id=lib_id, user_keywords=chunk),
        )

    def iter_cloud_keywords(
        self, sdk_app_id: int, lib_id: str, *, content: str | None = None, page_size: int = MAX_PAGE
    ) -> AsyncIterator[CloudWord]:
        """Read a cloud moderation library, fetching pages on demand.

        Args:
            sdk_app_id: the app.
            lib_id: the library.
            content: only words that contain this; None for all.
            page_size: words per call, 1 to 100.
        """
        return entries_by_offset(
            Moderation.get_cloud_keywords.command,
            lambda offset: self.get_cloud_keywords(
                sdk_app_id=sdk_app_id, offset=offset, limit=page_size, lib_id=lib_id, content=content
            ),
            lambda page: page.infos,
            lambda page: page.total_count,
        )

    def iter_cloud_libraries(self, sdk_app_id: int, *, page_size: int = MAX_PAGE) -> AsyncIterator[CloudLibrary]:
        """Read the list of cloud moderation libraries, fetching pages on demand.

        Args:
            sdk_app_id: the app.
            page_size: libraries per call, 1 to 100.
        """
        return entries_by_offset(
            Moderation.get_cloud_libraries.command,
            lambda offset: self.get_cloud_libraries(sdk_app_id=sdk_app_id, offset=offset, limit=page_size),
            lambda page: page.infos,
            lambda page: page.total_count,
        )

    def iter_local_keywords(
        self, sdk_app_id: int, filter_type: int, *, keyword: str | None = None, page_size: int = MAX_PAGE
    ) -> AsyncIterator[LocalWord]:
        """Read the local filtering words, fetching pages on demand.

        Args:
            sdk_app_id: the app.
            filter_type: only words with this action.
            keyword: only words that contain this; None for all.
            page_size: words per call, 1 to 100.
        """
        return entries_by_offset(
            Moderation.get_local_keywords.command,
            lambda offset: self.get_local_keywords(
                sdk_app_id=sdk_app_id, filter_type=filter_type, offset=offset, limit=page_size, keyword=keyword
            ),
            lambda page: page.local_audit_words,
            lambda page: page.cur_count,
        )
