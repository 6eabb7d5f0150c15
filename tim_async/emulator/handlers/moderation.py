"""Moderation, its word lists, the app-wide mute, and the retired filter words.

Source: I77827, I77831, C94302 (moderation); I34923, I34924 (mute); C2396, C2397 (filter words).

A text that contains a word of any library is blocked; all other content passes, because media are not inspected.
Messages are not moderated, and a mute has no effect on messages sent by REST.

Where the documents are silent: an invalid request is 2003 (moderation) or 10004 (filter words); muting an account that
is not imported is 130005, reading its mute 130003; deleting an unknown word is 2100, and deletes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..._api.wire import Request
from ...families.moderation import Moderation
from ...models.common import Empty
from ...models.moderation import (
    MAX_CONTENT_BYTES,
    MAX_CONTENTS,
    MAX_KEYWORDS,
    AddCloudKeywords,
    ChangeDirtyWords,
    ChangeLocalKeywords,
    CloudLibraries,
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
    ItemJudgement,
    Judgement,
    Judgements,
    KeywordDeletion,
    LocalWords,
    Moderate,
    ModerateBatch,
    Mute,
    SetMute,
)
from ..dispatch import Call, handles
from ..state.codes import GroupCode, ModerationCode, MuteCode
from ..state.moderation import ModerationState
from ..state.refusal import Refusal, account


def _known(call: Call) -> ModerationState:
    return call.state.part(ModerationState)


RequestT = TypeVar("RequestT", bound=Request)


def _read(call: Call, type: type[RequestT]) -> RequestT:
    """Read a request about word lists, which names the app."""
    request = call.read(type, code=ModerationCode.PARAMS_INVALID)
    if call.raw.get("SdkAppId") != call.state.sdk_app_id:
        raise Refusal(ModerationCode.PARAMS_INVALID, f"SdkAppId differs from that of the URL, {call.state.sdk_app_id}")
    return request


def _request_id(call: Call) -> str:
    return f"emulator-{int(call.now * 1000):x}"


def _check_content(item: Mapping[str, object]) -> None:
    content = item.get("Content")
    if isinstance(content, str) and len(content.encode()) > MAX_CONTENT_BYTES:
        raise Refusal(
            ModerationCode.CONTENT_TOO_LONG,
            f"Content has {len(content.encode())} bytes, at most {MAX_CONTENT_BYTES} are allowed",
        )


def _find(call: Call, content: Moderate | Content) -> tuple[list[str], str]:
    return _known(call).find(content.content) if content.content_type == "Text" else ([], "Normal")


@handles(Moderation.moderate)
def moderate(call: Call) -> Judgement:
    """Moderate content: block a text that contains a word of any library."""
    _check_content(call.raw)
    request = call.read(Moderate, code=ModerationCode.PARAMS_INVALID)
    words, label = _find(call, request)
    return Judgement(
        request_id=_request_id(call),
        result="Block" if words else "Pass",
        score=100 if words else 0,
        label=label,
        keywords=words,
    )


@handles(Moderation.moderate_batch)
def moderate_batch(call: Call) -> Judgements:
    """Moderate several contents, each on its own."""
    contents = call.raw.get("Contents")
    items = [item for item in contents if isinstance(item, dict)] if isinstance(contents, list) else []
    if len(items) > MAX_CONTENTS:
        raise Refusal(
            ModerationCode.BATCH_TOO_MANY, f"Contents has {len(items)} entries, at most {MAX_CONTENTS} are allowed"
        )
    for item in items:
        _check_content(item)
        if isinstance(item.get("ContentType"), str) and item["ContentType"] not in ("Text", "Image"):
            raise Refusal(ModerationCode.BATCH_KIND, "a batch can contain only texts and images")
    numbers = [str(item.get("ContentId")) for item in items]
    if len(set(numbers)) < len(numbers):
        raise Refusal(ModerationCode.BATCH_DUPLICATE_ID, "a ContentId is used twice")
    results: list[ItemJudgement] = []
    for content in call.read(ModerateBatch, code=ModerationCode.PARAMS_INVALID).contents:
        words, label = _find(call, content)
        results.append(
            ItemJudgement(
                content_id=content.content_id,
                result="Block" if words else "Pass",
                score=100 if words else 0,
                label=label,
                keywords=words,
                request_id=_request_id(call),
            )
        )
    return Judgements(audit_results=results)


@handles(Moderation.add_cloud_keywords)
def add_cloud_keywords(call: Call) -> Done:
    """Add words to a library."""
    given = call.raw.get("UserKeywords")
    if isinstance(given, list) and len(given) > MAX_KEYWORDS:
        raise Refusal(
            ModerationCode.TOO_MANY_KEYWORDS,
            f"UserKeywords has {len(given)} entries, at most {MAX_KEYWORDS} are allowed",
        )
    request = _read(call, AddCloudKeywords)
    for keyword in request.user_keywords:
        _known(call).add_cloud(request.lib_id, keyword, call.now)
    return Done(request_id=_request_id(call))


@handles(Moderation.get_cloud_keywords)
def get_cloud_keywords(call: Call) -> CloudWords:
    """Return a page of the words of a library; an unknown library has none."""
    request = _read(call, GetCloudKeywords)
    library = _known(call).libraries.get(request.lib_id)
    words = [word for word in (library.words.values() if library else ()) if (request.content or "") in word.content]
    page = words[request.offset : request.offset + request.limit]
    return CloudWords(request_id=_request_id(call), total_count=len(words), infos=page)


@handles(Moderation.delete_cloud_keywords)
def delete_cloud_keywords(call: Call) -> DeletedCloudKeywords:
    """Delete words of a library, all or none."""
    request = _read(call, DeleteCloudKeywords)
    library = _known(call).libraries.get(request.lib_id)
    if library is None or not library.words.keys() >= set(request.keywords):
        raise Refusal(
            ModerationCode.KEYWORD_DELETE_FAILED, "the library does not exist, or does not have all of the words"
        )
    details = [
        KeywordDeletion(keyword_id=library.words[word].id, keyword=word, deleted=True)
        for word in dict.fromkeys(request.keywords)
    ]
    for detail in details:
        del library.words[detail.keyword], library.labels[detail.keyword]
    return DeletedCloudKeywords(request_id=_request_id(call), details=details, count=len(details))


@handles(Moderation.get_cloud_libraries)
def get_cloud_libraries(call: Call) -> CloudLibraries:
    """Return a page of the libraries."""
    request = _read(call, GetCloudLibraries)
    found = [library.info for library in _known(call).libraries.values()]
    page = found[request.offset : request.offset + request.limit]
    return CloudLibraries(request_id=_request_id(call), total_count=len(found), infos=page)


@handles(Moderation.add_local_keywords)
def add_local_keywords(call: Call) -> Done:
    """Add words to local filtering."""
    for keyword in _read(call, ChangeLocalKeywords).local_audit_words:
        _known(call).add_local(keyword, call.now)
    return Done(request_id=_request_id(call))


@handles(Moderation.get_local_keywords)
def get_local_keywords(call: Call) -> LocalWords:
    """Return a page of the words of local filtering; a keyword is not a regular expression here."""
    request = _read(call, GetLocalKeywords)
    local = _known(call).local
    words = [
        word
        for (filter_type, _), word in local.items()
        if filter_type == request.filter_type and (request.keyword or "") in word.keyword
    ]
    return LocalWords(
        request_id=_request_id(call),
        local_audit_words=words[request.offset : request.offset + request.limit],
        total_count=len(local),
        cur_count=len(words),
    )


@handles(Moderation.delete_local_keywords)
def delete_local_keywords(call: Call) -> Done:
    """Delete words of local filtering, all or none."""
    request = _read(call, ChangeLocalKeywords)
    local = _known(call).local
    keys = {(word.filter_type, word.keyword) for word in request.local_audit_words}
    if not local.keys() >= keys:
        raise Refusal(ModerationCode.KEYWORD_DELETE_FAILED, "some of the words do not exist")
    for key in keys:
        del local[key]
    return Done(request_id=_request_id(call))


@handles(Moderation.set_mute)
def set_mute(call: Call) -> Empty:
    """Mute or unmute a user."""
    if "Set_Account" not in call.raw:
        raise Refusal(MuteCode.SET_ACCOUNT_MISSING, "Set_Account is missing")
    user = account(call.raw, "Set_Account", code=MuteCode.SET_ACCOUNT_INVALID)
    if not {"C2CmsgNospeakingTime", "GroupmsgNospeakingTime"} & set(call.raw):
        raise Refusal(MuteCode.TIMES_MISSING, "neither C2CmsgNospeakingTime nor GroupmsgNospeakingTime is given")
    request = call.read(SetMute, code=MuteCode.JSON_INVALID)
    if not call.state.knows(user, call.now):
        raise Refusal(MuteCode.SET_ACCOUNT_INVALID, f"Set_Account {user!r} is not imported")
    _known(call).mute(user, call.now, request.c2cmsg_nospeaking_time, request.groupmsg_nospeaking_time)
    return Empty()


@handles(Moderation.get_mute)
def get_mute(call: Call) -> Mute:
    """Return how much longer a user is muted."""
    if "Get_Account" not in call.raw:
        raise Refusal(MuteCode.GET_ACCOUNT_MISSING, "Get_Account is missing")
    user = account(call.raw, "Get_Account", code=MuteCode.GET_ACCOUNT_INVALID)
    call.read(GetMute, code=MuteCode.JSON_INVALID)
    if not call.state.knows(user, call.now):
        raise Refusal(MuteCode.GET_ACCOUNT_INVALID, f"Get_Account {user!r} is not imported")
    c2c, group = _known(call).muted_for(user, call.now)
    return Mute(c2cmsg_nospeaking_time=c2c, groupmsg_nospeaking_time=group)


@handles(Moderation.get_dirty_words)
def get_dirty_words(call: Call) -> DirtyWords:
    """Return the filter words."""
    return DirtyWords(dirty_words_list=list(_known(call).dirty_words))


@handles(Moderation.add_dirty_words)
def add_dirty_words(call: Call) -> Empty:
    """Add filter words."""
    _known(call).dirty_words.update(
        dict.fromkeys(call.read(ChangeDirtyWords, code=GroupCode.PARAMS_INVALID).dirty_words_list)
    )
    return Empty()


@handles(Moderation.delete_dirty_words)
def delete_dirty_words(call: Call) -> Empty:
    """Delete filter words, if they exist."""
    for word in call.read(ChangeDirtyWords, code=GroupCode.PARAMS_INVALID).dirty_words_list:
        _known(call).dirty_words.pop(word, None)
    return Empty()
