"""The messages, one-to-one and of groups, and the accepted pushes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec

from ..._api.wire import encode
from ...models.c2c import RoamMsg
from ...models.elements import Element, TextElem
from ..state.group import Groups
from ..state.push import WEB_PUSH, PushState, SentPush
from ..state.threads import GroupEntry
from .context import Control
from .refused_sends import RefusedSend, refused_sends
from .routes import Asked, route
from .vendor_pushes import VendorPush, shown_by_vendors
from .views import Page


class MessageView(msgspec.Struct, kw_only=True):
    """A stored message.

    Attributes:
        from_account: the sender.
        to_account: the recipient, None for a message of a group.
        group_id: the group, None for a one-to-one message.
        topic_id: the topic, None outside of topics.
        sent_at: unix seconds.
        msg_seq: its MsgSeq.
        msg_key: its MsgKey, None for a message of a group.
        text: the texts of its text elements, joined by newlines.
        msg_body: its elements in their wire form.
        cloud_custom_data: the app's own data, None without.
        is_recalled: whether it was recalled.
        code: the ErrorCode of its send: 0 for a stored message.
        call: the call that was refused, None for a stored message.
    """

    from_account: str
    to_account: str | None = None
    group_id: str | None = None
    topic_id: str | None = None
    sent_at: int
    msg_seq: int
    msg_key: str | None = None
    text: str
    msg_body: list[msgspec.Raw]
    cloud_custom_data: str | None = None
    is_recalled: bool = False
    code: int = 0
    call: int | None = None


class MessageList(msgspec.Struct, kw_only=True):
    """Messages.

    Attributes:
        total: how many match.
        messages: those of this page, the newest first.
    """

    total: int
    messages: list[MessageView]


class MessageQuery(Page, kw_only=True):
    """The messages to list.

    Attributes:
        to: only to this account.
        sender: only from this account.
        group: only of this group, its topics included.
        text: only with this text in it.
        code: only those whose send was answered with this ErrorCode. Without a code, and with 0, these are the stored
            messages; refused ones are listed as long as their calls are kept.
    """

    to: str | None = None
    sender: str | None = None
    group: str | None = None
    text: str | None = None
    code: int = 0


class PushView(msgspec.Struct, kw_only=True):
    """An accepted push.

    Attributes:
        task_id: its TaskId.
        command: the command that sent it.
        at: unix seconds.
        from_account: the sender, None for the admin.
        recipients: the number of accounts it reached.
        to: the first hundred of them.
        msg_body: its elements in their wire form.
        offline_push_info: the settings of its notification in their wire form; None without.
        web_info: the notification of a browser in its wire form; None without.
        vendors: what the phones of each vendor show; empty for a push to browsers.
        is_revoked: whether it was revoked.
    """

    task_id: str
    command: str
    at: float
    from_account: str | None
    recipients: int
    to: list[str]
    msg_body: list[msgspec.Raw]
    offline_push_info: msgspec.Raw | None
    web_info: msgspec.Raw | None
    vendors: list[VendorPush]
    is_revoked: bool


class PushList(msgspec.Struct, kw_only=True):
    """Pushes.

    Attributes:
        total: the number of all pushes.
        pushes: those of this page, the newest first.
    """

    total: int
    pushes: list[PushView]


_NAMED_RECIPIENTS: Final = 100


@route(
    "GET",
    "/messages",
    query=MessageQuery,
    answer=MessageList,
    summary="The stored messages, or those that were refused with a code; the newest first.",
)
def messages(control: Control, asked: Asked[MessageQuery, None]) -> MessageList:
    """Return a page of the messages."""
    query = asked.query
    fitting: list[_Found] = []
    if query.code:
        for send in refused_sends(control.log, query.code):
            fitting += _of_refused(query.code, query, send)
    elif query.group is None:
        fitting += _of_accounts(control, query)
    if query.to is None and not query.code:
        fitting += _of_groups(control, query)
    fitting.sort(key=lambda each: (each.sent_at, each.seq), reverse=True)
    page = fitting[query.offset : query.offset + query.limit]
    return MessageList(total=len(fitting), messages=[each.view() for each in page])


@route("GET", "/pushes", query=Page, answer=PushList, summary="The accepted pushes, the newest first.")
def pushes(control: Control, asked: Asked[Page, None]) -> PushList:
    """Return a page of the pushes."""
    kept = control.state.part(PushState).pushes[::-1]
    page = kept[asked.query.offset : asked.query.offset + asked.query.limit]
    return PushList(total=len(kept), pushes=[_of_push(each) for each in page])


class _Found(NamedTuple):
    """A message that matches; its view is made if it is on the page."""

    sent_at: int
    seq: int
    view: Callable[[], MessageView]


def _of_accounts(control: Control, query: MessageQuery) -> Iterator[_Found]:
    # There may be 100,000: a message that does not match costs a comparison or two.
    to, sender, has_text = query.to, query.sender, _searched(query.text)
    for message in control.state.messages(control.clock()):
        if to in (None, message.to_account) and sender in (None, message.from_account) and has_text(message.msg_body):
            yield _Found(message.msg_time_stamp, message.msg_seq, partial(_view_of_account, message))


def _searched(text: str | None) -> Callable[[Sequence[Element]], bool]:
    """Return the test whether elements contain a text, ignoring case."""
    if text is None:
        return lambda _: True
    wanted = text.lower()
    return lambda body: wanted in _text(body).lower()


def _view_of_account(message: RoamMsg) -> MessageView:
    return MessageView(
        from_account=message.from_account,
        to_account=message.to_account,
        sent_at=message.msg_time_stamp,
        msg_seq=message.msg_seq,
        msg_key=message.msg_key,
        text=_text(message.msg_body),
        msg_body=_wire(message.msg_body),
        cloud_custom_data=message.cloud_custom_data,
        is_recalled=bool(message.is_recalled),
    )


def _of_groups(control: Control, query: MessageQuery) -> Iterator[_Found]:
    sender, has_text = query.sender, _searched(query.text)
    for group_id, group in control.state.part(Groups).groups.items():
        if query.group not in (None, group_id):
            continue
        topics = ((topic.topic_id, topic.thread) for topic in group.topics.values())
        for topic_id, thread in ((None, group.thread), *topics):
            for entry in thread.entries.values():
                if entry.place == 1 or entry.is_system or sender not in (None, entry.from_account):
                    continue
                if has_text(entry.msg_body):
                    yield _Found(entry.time, entry.seq, partial(_view_of_group, group_id, topic_id, entry))


def _view_of_group(group_id: str, topic_id: str | None, entry: GroupEntry) -> MessageView:
    return MessageView(
        from_account=entry.from_account,
        group_id=group_id,
        topic_id=topic_id,
        sent_at=entry.time,
        msg_seq=entry.seq,
        text=_text(entry.msg_body),
        msg_body=_wire(entry.msg_body),
        cloud_custom_data=entry.cloud_custom_data,
        is_recalled=entry.place == 2,
    )


def _of_refused(code: int, query: MessageQuery, send: RefusedSend) -> Iterator[_Found]:
    if (
        query.to in (None, send.to)
        and query.sender in (None, send.sender)
        and query.group in (None, send.group_id)
        and (query.text is None or query.text.lower() in send.text.lower())
    ):
        yield _Found(send.at, send.seq, partial(_view_of_refused, code, send))


def _view_of_refused(code: int, send: RefusedSend) -> MessageView:
    return MessageView(
        from_account=send.sender,
        to_account=send.to,
        group_id=send.group_id,
        sent_at=send.at,
        msg_seq=send.seq,
        text=send.text,
        msg_body=[msgspec.Raw(msgspec.json.encode(each)) for each in send.body],
        cloud_custom_data=send.cloud_custom_data,
        code=code,
        call=send.call,
    )


def _of_push(push: SentPush) -> PushView:
    shown = push.shown_instead or push.offline_push_info
    return PushView(
        task_id=push.task_id,
        command=push.command,
        at=push.at,
        from_account=push.from_account,
        recipients=len(push.to),
        to=push.to[:_NAMED_RECIPIENTS],
        msg_body=_wire(push.msg_body),
        offline_push_info=None if shown is None else msgspec.Raw(encode(shown)),
        web_info=None if push.web_info is None else msgspec.Raw(encode(push.web_info)),
        vendors=[] if push.command == WEB_PUSH else shown_by_vendors(shown, push.msg_body, push.from_account or ""),
        is_revoked=push.revoked_at is not None,
    )


def _text(body: Sequence[Element]) -> str:
    if len(body) == 1 and isinstance(body[0], TextElem):
        return body[0].text  # most messages
    return "\n".join(each.text for each in body if isinstance(each, TextElem))


def _wire(body: Sequence[Element]) -> list[msgspec.Raw]:
    return [msgspec.Raw(encode(each)) for each in body]
