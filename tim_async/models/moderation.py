"""Moderation of content, its word lists, the app-wide mute, and the retired filter words.

Source: I77827, I77831, C94302 (moderation); I34923, I34924 (mute); C2396, C2397 (filter words).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import (
    U32_MAX,
    check_account,
    check_choice,
    check_given,
    check_items,
    check_list,
    check_range,
    check_text,
)
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError

MAX_KEYWORDS: Final = 10
MAX_CONTENTS: Final = 10
MAX_PAGE: Final = 100
MAX_CONTENT_BYTES: Final = 8 * 1024
# A mute of this many seconds is permanent.
MUTED_FOREVER: Final = U32_MAX

Label = Literal["Normal", "Illegal", "Abuse", "Polity", "Ad", "Porn", "Sexy", "Terror", "Composite"]


class Moderate(Request, kw_only=True):
    """Moderate one text, image, audio or video. Source: I77827.

    Attributes:
        audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or a custom policy's
            id.
        content_type: Text, Image, Audio or Video.
        content: the text, or the URL of the medium; 1 to 8192 bytes. An image has at most 5 MB.
        ext_sender: the app's identifier of the sender.
        ext_receiver: the app's identifier of the receiver.
    """

    audit_name: str
    content_type: Literal["Text", "Image", "Audio", "Video"]
    content: str
    ext_sender: str | None = None
    ext_receiver: str | None = None

    def check(self) -> None:
        """Check policy, kind and size."""
        check_given("audit_name", self.audit_name)
        check_choice("content_type", self.content_type, ("Text", "Image", "Audio", "Video"))
        check_text("content", self.content, MAX_CONTENT_BYTES, low=1)


class Judgement(Result, kw_only=True):
    """The outcome for one item. Source: I77827.

    Attributes:
        request_id: id of the request, for support.
        result: Pass, Review or Block.
        score: confidence, 0 to 100.
        label: the category of the finding.
        keywords: the words found.
    """

    request_id: str = always("")
    result: str = always("")
    score: int = always(0)
    label: str = always("")
    keywords: list[str] = msgspec.field(default_factory=list)


class Content(WireStruct, kw_only=True):
    """One item of a batch.

    Attributes:
        content_id: the caller's number for it, unique within a call.
        content_type: Text or Image.
        content: the text, or the URL of the image; 1 to 8192 bytes.
    """

    content_id: int
    content_type: Literal["Text", "Image"]
    content: str


class ModerateBatch(Request, kw_only=True):
    """Moderate 1 to 10 texts or images. Known from an SDK.

    Attributes:
        audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or a custom policy's
            id.
        contents: the items, 1 to 10, each with its own number.
    """

    audit_name: str
    contents: Sequence[Content]

    def check(self) -> None:
        """Check policy and contents."""
        check_given("audit_name", self.audit_name)
        check_items("contents", self.contents, 1, MAX_CONTENTS)
        seen: set[int] = set()
        for index, item in enumerate(self.contents):
            check_choice(f"contents[{index}].content_type", item.content_type, ("Text", "Image"))
            check_text(f"contents[{index}].content", item.content, MAX_CONTENT_BYTES, low=1)
            if item.content_id in seen:
                where = f"contents[{index}].content_id"
                raise UsageError(f"{where} is the same number as that of another content", field=where)
            seen.add(item.content_id)


class ItemJudgement(WireStruct, kw_only=True):
    """The outcome for one item of a batch.

    Attributes:
        error_code: 0 if it was moderated; 93006 if that took too long.
        error_info: the reason if it was not.
        content_id: the caller's number for it.
        result: Pass, Review or Block.
        score: confidence, 0 to 100.
        label: the category of the finding.
        sub_label: the subcategory.
        keywords: the words found.
        request_id: id of the request, for support.
    """

    error_code: int = always(0)
    error_info: str = always("")
    content_id: int = always(0)
    result: str = always("")
    score: int = always(0)
    label: str = always("")
    sub_label: str = always("")
    keywords: list[str] = msgspec.field(default_factory=list)
    request_id: str = always("")


class Judgements(PartialResult, kw_only=True):
    """The outcome of a batch. Known from an SDK.

    Attributes:
        audit_results: one entry per item; find one by its `content_id`.
    """

    audit_results: list[ItemJudgement] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[ItemJudgement]:
        """The items that were not moderated; a blocked one was."""
        return [item for item in self.audit_results if item.error_code != 0]


class Done(Result, kw_only=True):
    """A successful change of a word list. Source: I77831.

    Attributes:
        request_id: id of the request, for support.
    """

    request_id: str = always("")


class KeywordDeletion(WireStruct, kw_only=True):
    """The outcome for one word.

    Attributes:
        keyword_id: its number in the library.
        keyword: the word.
        deleted: whether it was deleted.
        error_info: why not.
    """

    keyword_id: str = always("")
    keyword: str = always("")
    deleted: bool = always(False)
    error_info: str = always("")


class DeletedCloudKeywords(PartialResult, kw_only=True):
    """The outcome for words to be deleted. Source: C94304, I77832.

    Attributes:
        request_id: id of the request, for support.
        details: one entry per word.
        count: number of deleted words; a sample on the page shows 0 with one word deleted, so rely on `details`.
    """

    request_id: str = always("")
    details: list[KeywordDeletion] = msgspec.field(default_factory=list)
    count: int = always(0)

    @property
    def failed(self) -> list[KeywordDeletion]:
        """The words that were not deleted."""
        return [detail for detail in self.details if not detail.deleted]


class CloudKeyword(WireStruct, kw_only=True):
    """A word for a library.

    Attributes:
        content: the word.
        label: Normal, Illegal, Abuse, Polity, Ad, Porn, Sexy, Terror or Composite.
    """

    content: str
    label: Label | None = None


class AddCloudKeywords(Request, kw_only=True):
    """Add 1 to 10 words to a cloud moderation library. Source: I77831.

    Attributes:
        sdk_app_id: the app.
        lib_id: the library.
        user_keywords: the words, 1 to 10.
    """

    sdk_app_id: int
    lib_id: str
    user_keywords: Sequence[CloudKeyword]

    def check(self) -> None:
        """Check library and words."""
        check_given("lib_id", self.lib_id)
        check_items("user_keywords", self.user_keywords, 1, MAX_KEYWORDS)
        for index, item in enumerate(self.user_keywords):
            check_given(f"user_keywords[{index}].content", item.content)


class DeleteCloudKeywords(Request, kw_only=True):
    """Delete 1 to 10 words from a cloud moderation library. Source: C94304, I77832.

    Attributes:
        sdk_app_id: the app.
        lib_id: the library.
        keywords: the words, 1 to 10.
    """

    sdk_app_id: int
    lib_id: str
    keywords: Sequence[str]

    def check(self) -> None:
        """Check library and words."""
        check_given("lib_id", self.lib_id)
        check_words("keywords", self.keywords, MAX_KEYWORDS)


class GetCloudKeywords(Request, kw_only=True):
    """Read one page of a cloud moderation library. Source: C94302.

    Attributes:
        sdk_app_id: the app.
        offset: number of words to skip, from 0.
        limit: words per page, 1 to 100.
        lib_id: the library.
        content: only words that contain this; absent is all.
    """

    sdk_app_id: int
    offset: int
    limit: int
    lib_id: str
    content: str | None = None

    def check(self) -> None:
        """Check library and page."""
        check_page(self.offset, self.limit)
        check_given("lib_id", self.lib_id)


class CloudWord(WireStruct, kw_only=True):
    """A word of a library.

    Attributes:
        id: the word's id.
        content: the word.
        create_time: when it was added, as text in local time.
    """

    id: str = msgspec.field(name="ID", default_factory=lambda: "")
    content: str = always("")
    create_time: str = always("")


class CloudWords(Result, kw_only=True):
    """One page of a library. Source: C94302.

    Attributes:
        request_id: id of the request, for support.
        total_count: number of words.
        infos: the words of this page.
    """

    request_id: str = always("")
    total_count: int = always(0)
    infos: list[CloudWord] = msgspec.field(default_factory=list)


class GetCloudLibraries(Request, kw_only=True):
    """Read one page of the list of libraries. Source: C94301.

    Attributes:
        sdk_app_id: the app.
        offset: number of libraries to skip, from 0.
        limit: libraries per page, 1 to 100.
    """

    sdk_app_id: int
    offset: int
    limit: int

    def check(self) -> None:
        """Check the page."""
        check_page(self.offset, self.limit)


class CloudLibrary(WireStruct, kw_only=True):
    """A cloud moderation library.

    Attributes:
        id: the library, `lib_id` of the other commands.
        lib_name: its name.
        describe: its purpose.
        create_time: when it was created, as text.
        suggestion: the action for content with its words, such as Block.
    """

    id: str = msgspec.field(name="ID", default_factory=lambda: "")
    lib_name: str = always("")
    describe: str = always("")
    create_time: str = always("")
    suggestion: str = always("")


class CloudLibraries(Result, kw_only=True):
    """One page of the list of libraries. Source: C94301.

    Attributes:
        request_id: id of the request, for support.
        total_count: number of libraries.
        infos: the libraries of this page.
    """

    request_id: str = always("")
    total_count: int = always(0)
    infos: list[CloudLibrary] = msgspec.field(default_factory=list)


class LocalKeyword(WireStruct, kw_only=True):
    """A word, or a regular expression, for local filtering.

    Attributes:
        keyword: the word.
        word_type: its kind; the numbers are not documented.
        filter_type: the action for a message that contains it; the numbers are not documented.
        replaced_content: the replacement.
    """

    keyword: str
    word_type: int
    filter_type: int
    replaced_content: str | None = None


class ChangeLocalKeywords(Request, kw_only=True):
    """Add 1 to 10 words to local filtering, or delete them. Known from an SDK.

    Attributes:
        sdk_app_id: the app.
        local_audit_words: the words, 1 to 10.
    """

    sdk_app_id: int
    local_audit_words: Sequence[LocalKeyword]

    def check(self) -> None:
        """Check the words."""
        check_items("local_audit_words", self.local_audit_words, 1, MAX_KEYWORDS)
        for index, item in enumerate(self.local_audit_words):
            check_given(f"local_audit_words[{index}].keyword", item.keyword)


class GetLocalKeywords(Request, kw_only=True):
    """Read one page of the local filtering words. Known from an SDK.

    Attributes:
        sdk_app_id: the app.
        filter_type: only words with this action.
        offset: number of words to skip, from 0.
        limit: words per page, 1 to 100.
        keyword: only words that contain this; absent is all.
    """

    sdk_app_id: int
    filter_type: int
    offset: int
    limit: int
    keyword: str | None = None

    def check(self) -> None:
        """Check the page."""
        check_page(self.offset, self.limit)


class LocalWord(WireStruct, kw_only=True):
    """A local filtering word.

    Attributes:
        id: the word's id.
        keyword: the word.
        word_type: its kind.
        filter_type: the action for a message that contains it.
        replaced_content: the replacement.
        update_time: when it was last changed, as text.
    """

    id: int = always(0)
    keyword: str = always("")
    word_type: int = always(0)
    filter_type: int = always(0)
    replaced_content: str | None = None
    update_time: str = always("")


class LocalWords(Result, kw_only=True):
    """One page of the local filtering words. Known from an SDK.

    Attributes:
        request_id: id of the request, for support.
        local_audit_words: the words of this page.
        total_count: number of all words.
        total_reg_count: number of regular expressions among them.
        cur_count: number of matching words, on all pages.
        cur_reg_count: number of regular expressions among them.
    """

    request_id: str = always("")
    local_audit_words: list[LocalWord] = msgspec.field(default_factory=list)
    total_count: int = always(0)
    total_reg_count: int = always(0)
    cur_count: int = always(0)
    cur_reg_count: int = always(0)


class SetMute(Request, kw_only=True):
    """Mute a user in the whole app, or unmute them. Source: I34923.

    Only messages that the user sends from a client are blocked; messages that the app sends in their name are not.

    Attributes:
        set_account: the user.
        c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 ends the mute, 4294967295 is permanent.
        groupmsg_nospeaking_time: seconds without group messages; 0 ends the mute, 4294967295 is permanent.
    """

    set_account: str
    c2cmsg_nospeaking_time: int | None = None
    groupmsg_nospeaking_time: int | None = None

    def check(self) -> None:
        """Check user and times, of which at least one is required."""
        check_account("set_account", self.set_account)
        if self.c2cmsg_nospeaking_time is None and self.groupmsg_nospeaking_time is None:
            raise UsageError(
                "set c2cmsg_nospeaking_time, groupmsg_nospeaking_time or both", field="c2cmsg_nospeaking_time"
            )
        check_range("c2cmsg_nospeaking_time", self.c2cmsg_nospeaking_time, 0, MUTED_FOREVER)
        check_range("groupmsg_nospeaking_time", self.groupmsg_nospeaking_time, 0, MUTED_FOREVER)


class GetMute(Request, kw_only=True):
    """Read the app-wide mute of a user. Source: I34924.

    Attributes:
        get_account: the user.
    """

    get_account: str

    def check(self) -> None:
        """Check the user."""
        check_account("get_account", self.get_account)


class Mute(Result, kw_only=True):
    """The app-wide mute of a user. Source: I34924.

    Attributes:
        c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 is no mute, 4294967295 is permanent.
        groupmsg_nospeaking_time: seconds without group messages; 0 is no mute, 4294967295 is permanent.
    """

    c2cmsg_nospeaking_time: int = always(0)
    groupmsg_nospeaking_time: int = always(0)


class ChangeDirtyWords(Request, kw_only=True):
    """Add words to the retired filter, or delete them. Source: C2397.

    Attributes:
        dirty_words_list: the words.
    """

    dirty_words_list: Sequence[str]

    def check(self) -> None:
        """Check the words."""
        check_words("dirty_words_list", self.dirty_words_list, 2**31)


class DirtyWords(Result, kw_only=True):
    """The words of the retired filter. Source: C2396.

    Attributes:
        dirty_words_list: the words.
    """

    dirty_words_list: list[str] = msgspec.field(default_factory=list)


def check_words(field: str, words: Sequence[str], high: int) -> None:
    """Raise `UsageError` unless a list has 1 to `high` non-empty words."""
    check_list(field, words)
    check_items(field, words, 1, high)
    for index, word in enumerate(words):
        check_given(f"{field}[{index}]", word)


def check_page(offset: int, limit: int) -> None:
    """Raise `UsageError` unless a page begins at 0 or later and has 1 to 100 entries."""
    check_range("offset", offset, 0, U32_MAX)
    check_range("limit", limit, 1, MAX_PAGE)
