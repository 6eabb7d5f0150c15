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
# A mute of so many seconds has no end.
MUTED_FOREVER: Final = U32_MAX

Label = Literal["Normal", "Illegal", "Abuse", "Polity", "Ad", "Porn", "Sexy", "Terror", "Composite"]


class Moderate(Request, kw_only=True):
    """Have one content judged. Source: I77827.

    Attributes:
        audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or the id of one's own.
        content_type: Text, Image, Audio or Video.
        content: the text, or the address of the medium; 1 to 8192 bytes. An image has at most 5 MB.
        ext_sender: the app's mark of the sender.
        ext_receiver: the app's mark of the receiver.
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
    """What became of a content. Source: I77827.

    Attributes:
        request_id: names the request in questions to the service.
        result: Pass, Review or Block.
        score: how sure it is, 0 to 100.
        label: the kind of what was found.
        keywords: the words that were found.
    """

    request_id: str = always("")
    result: str = always("")
    score: int = always(0)
    label: str = always("")
    keywords: list[str] = msgspec.field(default_factory=list)


class Content(WireStruct, kw_only=True):
    """One content of a batch.

    Attributes:
        content_id: the caller's number for it, once in a call.
        content_type: Text or Image.
        content: the text, or the address of the image; 1 to 8192 bytes.
    """

    content_id: int
    content_type: Literal["Text", "Image"]
    content: str


class ModerateBatch(Request, kw_only=True):
    """Have 1 to 10 texts or images judged. Known from an SDK.

    Attributes:
        audit_name: the policy: C2C, Group, UserInfo, GroupInfo, GroupMemberInfo, RelationChain, or the id of one's own.
        contents: the contents, 1 to 10, each with a number of its own.
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
    """What became of one content of a batch.

    Attributes:
        error_code: 0 when it was judged; 93006 when that took too long.
        error_info: the reason where it was not.
        content_id: the caller's number for it.
        result: Pass, Review or Block.
        score: how sure it is, 0 to 100.
        label: the kind of what was found.
        sub_label: the finer kind.
        keywords: the words that were found.
        request_id: names the request in questions to the service.
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
    """What became of a batch. Known from an SDK.

    Attributes:
        audit_results: one entry a content; find one by its `content_id`.
    """

    audit_results: list[ItemJudgement] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[ItemJudgement]:
        """The contents that were not judged; one that is blocked was."""
        return [item for item in self.audit_results if item.error_code != 0]


class Done(Result, kw_only=True):
    """A change of a word list that was made. Source: I77831.

    Attributes:
        request_id: names the request in questions to the service.
    """

    request_id: str = always("")


class KeywordDeletion(WireStruct, kw_only=True):
    """What became of one word.

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
    """What became of words that were to be deleted. Source: C94304, I77832.

    Attributes:
        request_id: names the request in questions to the service.
        details: one entry a word.
        count: how many were deleted; a sample of the page counts 0 with one word deleted, `details` is certain.
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
    """Add 1 to 10 words to a library of cloud moderation. Source: I77831.

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
    """Delete 1 to 10 words of a library of cloud moderation. Source: C94304, I77832.

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
    """Read one page of a library of cloud moderation. Source: C94302.

    Attributes:
        sdk_app_id: the app.
        offset: how many words to leave out, from 0.
        limit: words in the page, 1 to 100.
        lib_id: the library.
        content: only words that have this in them; absent is all.
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
        request_id: names the request in questions to the service.
        total_count: the words there are.
        infos: the words of this page.
    """

    request_id: str = always("")
    total_count: int = always(0)
    infos: list[CloudWord] = msgspec.field(default_factory=list)


class GetCloudLibraries(Request, kw_only=True):
    """Read one page of the list of libraries. Source: C94301.

    Attributes:
        sdk_app_id: the app.
        offset: how many libraries to leave out, from 0.
        limit: libraries in the page, 1 to 100.
    """

    sdk_app_id: int
    offset: int
    limit: int

    def check(self) -> None:
        """Check the page."""
        check_page(self.offset, self.limit)


class CloudLibrary(WireStruct, kw_only=True):
    """A library of cloud moderation.

    Attributes:
        id: the library, `lib_id` of the other commands.
        lib_name: its name.
        describe: what it is for.
        create_time: when it was made, as text.
        suggestion: what is done with what has its words, such as Block.
    """

    id: str = msgspec.field(name="ID", default_factory=lambda: "")
    lib_name: str = always("")
    describe: str = always("")
    create_time: str = always("")
    suggestion: str = always("")


class CloudLibraries(Result, kw_only=True):
    """One page of the list of libraries. Source: C94301.

    Attributes:
        request_id: names the request in questions to the service.
        total_count: the libraries there are.
        infos: the libraries of this page.
    """

    request_id: str = always("")
    total_count: int = always(0)
    infos: list[CloudLibrary] = msgspec.field(default_factory=list)


class LocalKeyword(WireStruct, kw_only=True):
    """A word, or a regular expression, of local filtering.

    Attributes:
        keyword: the word.
        word_type: its kind; the numbers are not documented.
        filter_type: what is done with a message that has it; the numbers are not documented.
        replaced_content: what takes its place.
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
    """Read one page of the words of local filtering. Known from an SDK.

    Attributes:
        sdk_app_id: the app.
        filter_type: only words with which this is done.
        offset: how many words to leave out, from 0.
        limit: words in the page, 1 to 100.
        keyword: only words that have this in them; absent is all.
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
    """A word of local filtering.

    Attributes:
        id: the word's id.
        keyword: the word.
        word_type: its kind.
        filter_type: what is done with a message that has it.
        replaced_content: what takes its place.
        update_time: when it was changed last, as text.
    """

    id: int = always(0)
    keyword: str = always("")
    word_type: int = always(0)
    filter_type: int = always(0)
    replaced_content: str | None = None
    update_time: str = always("")


class LocalWords(Result, kw_only=True):
    """One page of the words of local filtering. Known from an SDK.

    Attributes:
        request_id: names the request in questions to the service.
        local_audit_words: the words of this page.
        total_count: all words there are.
        total_reg_count: the regular expressions among them.
        cur_count: the words that were asked for, on all pages.
        cur_reg_count: the regular expressions among them.
    """

    request_id: str = always("")
    local_audit_words: list[LocalWord] = msgspec.field(default_factory=list)
    total_count: int = always(0)
    total_reg_count: int = always(0)
    cur_count: int = always(0)
    cur_reg_count: int = always(0)


class SetMute(Request, kw_only=True):
    """Mute a user in the whole app, or let them speak again. Source: I34923.

    Only what the user sends from a client is held back; messages that the app sends in their name go out.

    Attributes:
        set_account: the user.
        c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 ends the mute, 4294967295 is for ever.
        groupmsg_nospeaking_time: seconds without group messages; 0 ends the mute, 4294967295 is for ever.
    """

    set_account: str
    c2cmsg_nospeaking_time: int | None = None
    groupmsg_nospeaking_time: int | None = None

    def check(self) -> None:
        """Check user and times, at least one of which is needed."""
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
        c2cmsg_nospeaking_time: seconds without one-to-one messages; 0 is no mute, 4294967295 is for ever.
        groupmsg_nospeaking_time: seconds without group messages; 0 is no mute, 4294967295 is for ever.
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
    """Raise `UsageError` unless a list has 1 to `high` words, none of them empty."""
    check_list(field, words)
    check_items(field, words, 1, high)
    for index, word in enumerate(words):
        check_given(f"{field}[{index}]", word)


def check_page(offset: int, limit: int) -> None:
    """Raise `UsageError` unless a page begins at 0 or later and has 1 to 100 entries."""
    check_range("offset", offset, 0, U32_MAX)
    check_range("limit", limit, 1, MAX_PAGE)
