"""One-to-one messages."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

from .._endpoint import Endpoint, Family, Rate
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
from ..models.elements import TextElem

# An answer is cut at 13 KB (I35478), about a hundred short texts: asking for more brings no more.
PAGE_SIZE: Final = 100


class C2C(Family, name="c2c"):
    """One-to-one messages."""

    send = Endpoint("openim/sendmsg", SendMsg, SendMsgResult, doc="I34919", repeat="identity", has_body_limit=True)
    """Send one message to one account."""
    send_batch = Endpoint(
        "openim/batchsendmsg",
        BatchSendMsg,
        BatchSendMsgResult,
        doc="I34920",
        limits=(Rate(12_000, 60, cost="to_account", max_cost=MAX_BATCH), Rate(200)),
        repeat="identity",
        has_body_limit=True,
    )
    """Send one message to 1 to 500 accounts; `failed` names those who did not get it."""
    get_roam_msgs = Endpoint("openim/admin_getroammsg", GetRoamMsgs, RoamMsgs, doc="I35478", repeat="always")
    """Read one page of a conversation's history."""

    async def send_text(self, to_account: str, text: str, *, from_account: str | None = None) -> SendMsgResult:
        """Send a text: `send` with a single text element, its errors included.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            text: the content.
            from_account: the shown sender; None is the admin.
        """
        return await self.send(to_account=to_account, from_account=from_account, msg_body=[TextElem(text=text)])

    async def iter_roam_msgs(
        self,
        operator_account: str,
        peer_account: str,
        *,
        min_time: int = 0,
        max_time: int | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[RoamMsg]:
        """Read a conversation's history, newest message first, page by page as the loop goes on.

        Args:
            operator_account: the side whose view is read.
            peer_account: the other side.
            min_time: unix seconds, the oldest second that counts.
            max_time: unix seconds, the newest second that counts; None is now.
            page_size: messages asked for in one call.
        """
        newest = int(time.time()) if max_time is None else max_time
        key: str | None = None
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
            # A page that names no place to go on from would be asked for again and again.
            if page.is_complete or not page.msg_list or page.last_msg_key in ("", key):
                return
            newest, key = page.last_msg_time, page.last_msg_key
