"""Streamed one-to-one messages: text that grows while it is displayed. Source: C128596."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

from .._api.checks import U32_MAX, check_account, check_choice, check_range
from .._api.wire import Request, Result, always
from ..errors import UsageError
from .elements import Element, StreamElem, check_body
from .message import next_msg_random, next_msg_seq

# The whole message stays under 128 KB; what counts is not documented, here it is the text.
MAX_STREAM_BYTES: Final = 128 * 1024
# The service ends a stream that gets nothing for this many seconds.
MAX_GAP_S: Final = 15.0


def check_stream_body(msg_body: Sequence[Element]) -> None:
    """Raise `UsageError` unless a body is one element with consecutively numbered chunks."""
    check_body(msg_body)
    element = msg_body[0]
    if len(msg_body) != 1 or not isinstance(element, StreamElem):
        raise UsageError("msg_body must be one StreamElem", field="msg_body")
    if not element.chunks:
        raise UsageError("msg_body[0].chunks is empty", field="msg_body[0].chunks")
    first = element.chunks[0].index
    for place, chunk in enumerate(element.chunks):
        where = f"msg_body[0].chunks[{place}]"
        if chunk.index != first + place or chunk.index < 1:
            raise UsageError(
                f"{where}.index is {chunk.index}; chunks are numbered from 1 without gaps", field=f"{where}.index"
            )
        if chunk.is_last and place < len(element.chunks) - 1:
            raise UsageError(f"{where}.is_last is set, but more chunks follow", field=f"{where}.is_last")


class SendStreamMsg(Request, kw_only=True):
    """Start a streamed message, or add to one. Source: C128596.

    The first call has no `stream_msg_id` in its element; its answer gives it, and all later calls send it.

    Attributes:
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        from_account: the shown sender; absent is the admin.
        to_account: the recipient, 1 to 32 bytes.
        msg_seq: u32; filled in for every call if it is not given.
        msg_random: u32; filled in for every call if it is not given.
        msg_body: one `StreamElem`.
    """

    _identity: ClassVar = {"msg_seq": next_msg_seq, "msg_random": next_msg_random}
    sync_other_machine: Literal[1, 2] | None = None
    from_account: str | None = None
    to_account: str
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_body: Sequence[Element]

    def check(self) -> None:
        """Check accounts, ranges, and that the body is one element with consecutively numbered chunks."""
        check_account("to_account", self.to_account)
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        check_choice("sync_other_machine", self.sync_other_machine, (1, 2))
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        check_stream_body(self.msg_body)


class SendStreamMsgResult(Result, kw_only=True):
    """The outcome of a piece of a streamed message. Source: C128596.

    Attributes:
        stream_msg_id: id of the stream, for later calls.
        msg_time: unix seconds at which the message began; if the answer has it, as for `SendMsgResult`.
        msg_key: the message's key, for recall and read receipts, if the answer has it.
        msg_id: the message's id on clients, if the answer has it.
    """

    stream_msg_id: str = always("")
    msg_time: int | None = None
    msg_key: str | None = None
    msg_id: str | None = None
