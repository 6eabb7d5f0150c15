"""Chatbots: accounts that answer, and their streamed answers."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..errors import TimError
from ..models.common import Empty, NoFields
from ..models.robot import CreateRobot, DeleteRobot, Robots, SendRobotStreamMsg, StreamedMsg
from ._chunks import Items, each_of


class Robot(Family, name="robot"):
    """Chatbots: accounts that answer, and their streamed answers."""

    get_all: Final = Endpoint("openim_robot_http_svc/get_all_robots", NoFields, Robots, doc="I55280", repeat="always")
    """Read the accounts of all chatbots."""
    create: Final = Endpoint("openim_robot_http_svc/create_robot", CreateRobot, Empty, doc="I55281")
    """Create a chatbot; an app has at most 20."""
    delete: Final = Endpoint("openim_robot_http_svc/delete_robot", DeleteRobot, Empty, doc="I55282", danger="deletes")
    """Delete a chatbot."""
    send_stream_msg: Final = Endpoint(
        "openim_robot_http_svc/send_stream_msg", SendRobotStreamMsg, StreamedMsg, doc="I71131"
    )
    """Send a piece of a chatbot's answer. A repeated piece would appear twice."""

    async def send_stream(self, from_account: str, to_account: str, chunks: Items[str]) -> str:
        """Send a chatbot's answer piece by piece as it arrives; return its MsgKey.

        Each piece is sent when the next one has arrived, so that the last one can be marked as last. When `chunks`
        raises or the call is cancelled, the current piece ends the message, so that no client waits for more, unless a
        piece could not be sent or the MsgKey is not known yet.

        Args:
            from_account: the chatbot.
            to_account: the account that asked.
            chunks: the pieces as they arrive, for example from a language model; empty ones are skipped.

        Returns:
            The MsgKey; "" if there was no piece, and nothing was sent.

        Raises:
            TimError: a piece could not be sent.
        """
        key: str | None = None
        held = ""
        is_sending = False
        try:
            async with aclosing(each_of(chunks)) as pieces:
                async for chunk in pieces:
                    if not chunk:
                        continue
                    piece, held = held, chunk
                    if piece:
                        is_sending = True
                        key = await self._send_piece(from_account, to_account, piece, key)
                        is_sending = False
        except BaseException as error:
            is_broken = is_sending and (key is None or isinstance(error, TimError))
            if held and not is_broken:
                # Raise the original error, not that the ending failed too.
                with suppress(TimError):
                    await self._send_piece(from_account, to_account, held, key, finish=True)
            raise
        if held:
            key = await self._send_piece(from_account, to_account, held, key, finish=True)
        return key or ""

    async def _send_piece(
        self, from_account: str, to_account: str, chunk: str, key: str | None, *, finish: bool = False
    ) -> str:
        sent = await self.send_stream_msg(
            from_account=from_account,
            to_account=to_account,
            chunk=chunk,
            msg_key=key,
            finish=1 if finish else None,
        )
        return sent.msg_key or key or ""
