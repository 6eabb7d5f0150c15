"""Streamed group messages: text that grows while it is displayed. Source: C128597."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .._api.checks import U32_MAX, check_account, check_given, check_group_id, check_range
from .._api.wire import Request, Result, always
from .c2c_stream import check_stream_body
from .elements import Element
from .message import next_random


class SendGroupStreamMsg(Request, kw_only=True):
    """Start a streamed group message, or add to one. Source: C128597.

    The first call has no `stream_msg_id`; its answer returns it, and all later calls send it. Whether it belongs in the
    request or in its element is unclear: `stream` of the family sends it in both.

    Attributes:
        group_id: the group.
        from_account: the shown sender; absent is the admin. Not in the part of the page that was readable.
        msg_random: u32; filled in for every call if it is not given.
        msg_body: one `StreamElem`.
        cloud_custom_data: stored with the message and delivered.
        stream_msg_id: from the first call's answer; absent on the first call.
    """

    _identity: ClassVar = {"msg_random": next_random}
    _older: ClassVar = {"Random": "MsgRandom"}
    group_id: str
    from_account: str | None = None
    msg_random: int | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None
    stream_msg_id: str | None = None

    def check(self) -> None:
        """Check ids, account, range, and that the body is one element with consecutively numbered chunks."""
        check_group_id("group_id", self.group_id)
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        check_stream_body(self.msg_body)
        if self.stream_msg_id is not None:
            check_given("stream_msg_id", self.stream_msg_id)


class SendGroupStreamMsgResult(Result, kw_only=True):
    """The outcome of a piece of a streamed group message. Source: C128597, whose answer was not readable.

    Attributes:
        stream_msg_id: id of the stream, for later calls.
    """

    stream_msg_id: str = always("")
