"""One-to-one messages."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Literal, Unpack

import msgspec

from .._api.endpoint import Endpoint, Family, Rate
from ..errors import ReplyDecodeError, UsageError
from ..models.c2c import (
    MAX_BATCH,
    BatchSendMsg,
    BatchSendMsgResult,
    GetRoamMsgs,
    RoamMsg,
    RoamMsgs,
    SendMsg,
    SendMsgResult,
)
from ..models.c2c_marks import (
    MAX_KEYS,
    MAX_PEERS,
    DeletedMsgs,
    DeleteMsgs,
    GetMsgExtensions,
    GetUnread,
    ImportMsg,
    MarkRead,
    ModifyMsg,
    ReadMsg,
    RecallMsg,
    SendReadReceipts,
    SetMsgExtensions,
    Unread,
)
from ..models.c2c_stream import SendStreamMsg, SendStreamMsgResult
from ..models.common import Empty
from ..models.elements import Element, StreamElem, TextElem
from ..models.extension import Extension, Extensions, SetExtensionsResult
from ..models.message import MessageOptions
from ._chunks import Chunked, Items, in_chunks
from ._fan_out import Deliveries, Delivery, FanOut
from ._paging import entries_once
from ._streaming import END_TIMEOUT_S, KEEP_ALIVE_S, PACE_S, MessageStream

# An answer is cut at 13 KB (I35478), about a hundred short texts: a larger page would not return more.
PAGE_SIZE: Final = 100
# The last second of a 32-bit clock: the newest messages come first whatever this value is. With the host's own time, a
# service whose clock is a second ahead would omit the newest message.
_NO_END_TIME: Final = 2**31 - 1


class C2C(Family, name="c2c"):
    """One-to-one messages."""

    send: Final = Endpoint(
        "openim/sendmsg", SendMsg, SendMsgResult, doc="I34919", repeat="identity", has_body_limit=True
    )
    """Send one message to one account."""
    send_batch: Final = Endpoint(
        "openim/batchsendmsg",
        BatchSendMsg,
        BatchSendMsgResult,
        doc="I34920",
        limits=(Rate(12_000, 60, cost="to_account", max_cost=MAX_BATCH), Rate(200)),
        repeat="identity",
        has_body_limit=True,
    )
    """Send one message to 1 to 500 accounts; `failed` lists those who did not get it."""
    get_roam_msgs: Final = Endpoint("openim/admin_getroammsg", GetRoamMsgs, RoamMsgs, doc="I35478", repeat="always")
    """Read one page of a conversation's history."""

    import_msg: Final = Endpoint(
        "openim/importmsg", ImportMsg, Empty, doc="I35014", repeat="always", has_body_limit=True
    )
    """Import one past message, or a live one from another system."""
    recall: Final = Endpoint(
        "openim/admin_msgwithdraw", RecallMsg, Empty, doc="I35015", repeat="always", danger="deletes"
    )
    """Recall one message."""
    modify: Final = Endpoint(
        "openim/modify_c2c_msg", ModifyMsg, Empty, doc="I47722", repeat="always", has_body_limit=True
    )
    """Change a stored message."""
    delete: Final = Endpoint(
        "openim/delete_c2c_msg_ramble",
        DeleteMsgs,
        DeletedMsgs,
        doc="C101439",
        not_read="its answer and its codes",
        repeat="always",
        danger="deletes",
    )
    """Delete 1 to 30 messages from one side's history."""
    mark_read: Final = Endpoint("openim/admin_set_msg_read", MarkRead, Empty, doc="I38996", repeat="always")
    """Mark the messages that an account received from another one as read."""
    get_unread: Final = Endpoint("openim/get_c2c_unread_msg_num", GetUnread, Unread, doc="I41046", repeat="always")
    """Query the number of unread messages: of all, or from each of 1 to 10 accounts."""
    send_read_receipts: Final = Endpoint(
        "openim/c2c_msg_read_receipt",
        SendReadReceipts,
        Empty,
        doc="I77776",
        not_read="most of its codes",
        repeat="always",
    )
    """Report to the sender that messages were read."""
    get_extensions: Final = Endpoint(
        "openim_msg_ext_http_svc/get_key_values", GetMsgExtensions, Extensions, doc="I51194", repeat="always"
    )
    """Read one page of a message's key/values."""
    set_extensions: Final = Endpoint(
        "openim_msg_ext_http_svc/set_key_values",
        SetMsgExtensions,
        SetExtensionsResult,
        doc="I51195",
        repeat="always",
        danger="deletes",
    )
    """Set, delete or clear a message's key/values."""

    send_stream: Final = Endpoint(
        "stream_msg/send_c2c_stream_msg",
        SendStreamMsg,
        SendStreamMsgResult,
        doc="C128596",
        not_read="its answer's table and its codes",
        limits=(Rate(5, key="msg_body.stream_msg_id"), Rate(200)),
    )
    """Start a streamed message, or add to one; `stream` does both, and ends it."""

    async def send_text(self, to_account: str, text: str, *, from_account: str | None = None) -> SendMsgResult:
        """Send a text: `send` with a single text element; raises the same errors.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            text: the content.
            from_account: the shown sender; None is the admin.
        """
        return await self.send(to_account=to_account, from_account=from_account, msg_body=[TextElem(text=text)])

    async def send_to_all(
        self,
        to_accounts: Items[str],
        msg_body: Sequence[Element],
        *,
        chunk_size: int = MAX_BATCH,
        on_delivery: Callable[[Delivery], object] | None = None,
        **options: Unpack[MessageOptions],
    ) -> Deliveries:
        """Send one message to any number of accounts; return the outcome for each of them.

        It uses `send_batch`, as fast as both of its limits allow: 12,000 deliveries a minute, which any `chunk_size`
        can use fully, and 200 calls a second. An account given twice is sent to once. All chunks carry the same MsgSeq
        and MsgRandom, so the service does not deliver a retried chunk twice. An account with an unknown outcome is
        reported as `unknown`. Within 120 seconds it can be sent to again, with the same marks:

            sent = await client.c2c.send_to_all(accounts, body)
            again = [delivery.account for delivery in sent.unknown]
            await client.c2c.send_to_all(again, body, msg_seq=sent.msg_seq, msg_random=sent.msg_random)

        When cancelled, it starts no further call; accounts of calls in flight are reported to `on_delivery` as failed
        or unknown. When `to_accounts` raises, the accounts it yielded before are sent to and reported to `on_delivery`,
        then the error is raised.

        Args:
            to_accounts: accounts of 1 to 32 bytes, consumed lazily.
            msg_body: 1 or more elements.
            chunk_size: accounts per call, 1 to 500. Smaller chunks leave fewer accounts unknown when an answer is lost;
                larger ones leave more calls for other work.
            on_delivery: called with each outcome as soon as it is known; a plain function, not awaited.
            options: further fields of `BatchSendMsg`.

        Raises:
            UsageError: the message cannot be sent to any account; nothing was sent.
        """
        try:
            message = BatchSendMsg(to_account=("x",), msg_body=msg_body, **options)
        except TypeError as error:
            problem = str(error)
        else:
            message.identify()
            C2C.send_batch.encode(message)

            async def call(request: BatchSendMsg) -> BatchSendMsgResult:
                return await self.client.call(C2C.send_batch, request)

            return await FanOut(call, message, chunk_size, on_delivery).run(to_accounts)
        raise UsageError(problem)

    def stream(
        self,
        to_account: str,
        *,
        from_account: str | None = None,
        sync_other_machine: Literal[1, 2] | None = None,
        compatible_text: str | None = None,
        pace: float = PACE_S,
        keep_alive: float | None = KEEP_ALIVE_S,
        end_timeout: float = END_TIMEOUT_S,
    ) -> MessageStream[SendStreamMsgResult]:
        """Stream a text that grows while it is displayed:

            async with client.c2c.stream("bob", from_account="bot") as stream:
                async for words in answer:
                    await stream.write(words)

        See `MessageStream` for error handling.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            from_account: the shown sender; None is the admin.
            sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender.
            compatible_text: shown by clients that do not support streamed messages.
            pace: minimum seconds between two calls; text written meanwhile is sent together.
            keep_alive: seconds without a call after which an empty piece is sent, because the service ends a stream
                that gets nothing for 15 s; None sends none.
            end_timeout: seconds that the end may take if the block was left by an exception or is cancelled.

        Raises:
            UsageError: an argument is invalid.
        """

        message = SendStreamMsg(
            to_account=to_account, from_account=from_account, sync_other_machine=sync_other_machine, msg_body=()
        )

        async def call(element: StreamElem) -> SendStreamMsgResult:
            request = copy.copy(message)  # each call has its own identity
            request.msg_body = [element]
            return await self.client.call(C2C.send_stream, request)

        def check(element: StreamElem) -> None:
            msgspec.structs.replace(message, msg_body=[element]).check()

        return MessageStream(
            call,
            check,
            compatible_text=compatible_text,
            pace=pace,
            keep_alive=keep_alive,
            end_timeout=end_timeout,
        )

    async def iter_roam_msgs(
        self,
        operator_account: str,
        peer_account: str,
        *,
        min_time: int = 0,
        max_time: int | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[RoamMsg]:
        """Read a conversation's history, newest message first, fetching pages on demand.

        Args:
            operator_account: the side whose view is read.
            peer_account: the other side.
            min_time: unix seconds, the oldest second to include.
            max_time: unix seconds, the newest second to include; None for no end, independent of this host's clock.
            page_size: messages per call.

        Raises:
            ReplyDecodeError: there are more messages, but a page does not say where, or names a place that was already
                read. The messages before it are valid, but not complete.
        """
        newest = _NO_END_TIME if max_time is None else max_time
        key: str | None = None
        seen: set[str] = set()
        while True:
            page = await self.get_roam_msgs(
                operator_account=operator_account,
                peer_account=peer_account,
                max_cnt=page_size,
                min_time=min_time,
                max_time=newest,
                last_msg_key=key,
            )
            for message in reversed(page.msg_list):
                yield message
            if page.is_complete:
                return
            newest, key = page.last_msg_time, page.last_msg_key
            # Following such a page would never end, and stopping here would present a part of the history as the whole.
            if not key or not newest or key in seen:
                place = (
                    "a place that was already read" if key in seen else "no LastMsgKey and LastMsgTime to continue from"
                )
                error = ReplyDecodeError(f"the history has more messages, but the answer names {place}", status=200)
                error.command = C2C.get_roam_msgs.command
                raise error
            if newest < min_time:
                return
            seen.add(key)

    async def recall_msg(self, message: RoamMsg) -> Empty:
        """Recall a message returned by the history: `recall` with its accounts and its key."""
        return await self.recall(
            from_account=message.from_account, to_account=message.to_account, msg_key=message.msg_key
        )

    async def confirm_read(self, messages: Sequence[RoamMsg]) -> Empty:
        """Report to the sender that messages returned by the history were read: `send_read_receipts`.

        Args:
            messages: one or more, all from the same sender to the same recipient.
        """
        if not messages:
            raise UsageError("messages must not be empty", field="messages")
        read = [
            ReadMsg(from_account=each.from_account, to_account=each.to_account, msg_key=each.msg_key)
            for each in messages
        ]
        return await self.send_read_receipts(
            operator_account=read[0].to_account, peer_account=read[0].from_account, c2c_msg_info=read
        )

    async def delete_all(
        self, operator_account: str, peer_account: str, msg_keys: Items[str]
    ) -> Chunked[str, DeletedMsgs]:
        """Delete any number of messages from one side's history, 30 per call.

        Args:
            operator_account: the side that no longer sees them.
            peer_account: the other side.
            msg_keys: the messages' keys.
        """

        async def call(keys: Sequence[str]) -> DeletedMsgs:
            return await self.delete(operator_account=operator_account, peer_account=peer_account, msg_key_list=keys)

        return await in_chunks("msg_keys", msg_keys, MAX_KEYS, call)

    async def get_unread_from(self, to_account: str, peer_accounts: Items[str]) -> Chunked[str, Unread]:
        """Query the number of unread messages from any number of accounts, 10 accounts per call.

        Args:
            to_account: the account that has not read them.
            peer_accounts: the senders.
        """

        async def call(peers: Sequence[str]) -> Unread:
            return await self.get_unread(to_account=to_account, peer_account=peers)

        return await in_chunks("peer_accounts", peer_accounts, MAX_PEERS, call)

    async def iter_extensions(
        self, to_account: str, msg_key: str, *, from_account: str | None = None, start_seq: int = 0
    ) -> AsyncIterator[Extension]:
        """Read a message's key/values by version, fetching pages on demand.

        Args:
            to_account: the message's recipient.
            msg_key: the message's key.
            from_account: its sender; None is the admin.
            start_seq: only pairs of this version and later ones.
        """

        async def fetch(seq: int) -> Extensions:
            return await self.get_extensions(
                from_account=from_account, to_account=to_account, msg_key=msg_key, start_seq=seq
            )

        async for pair in entries_once(
            C2C.get_extensions.command,
            fetch,
            start_seq,
            lambda page: page.next_start_seq,
            lambda page: page.extension_list,
            lambda pair: (pair.key, pair.seq),
        ):
            yield pair
