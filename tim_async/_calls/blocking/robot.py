"""Chatbots: accounts that answer, and their streamed answers.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families.robot import Robot
from ...models.common import Empty
from ...models.robot import Robots, StreamedMsg


class BlockingRobotCalls(BlockingFamily[Robot], table=Robot):
    """Chatbots: accounts that answer, and their streamed answers."""

    def get_all(
        self,
    ) -> Robots:
        """Read the accounts of all chatbots.

        List all chatbot accounts, 拉取所有机器人: `openim_robot_http_svc/get_all_robots`.

        Returns:
            Robots: the app's chatbots.
                robot_account: their accounts.

        Raises:
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/55280
        """

    def create(
        self,
        *,
        user_id: str,
        nick: str | None = None,
        face_url: str | None = None,
        self_signature: str | None = None,
    ) -> Empty:
        """Create a chatbot; an app has at most 20.

        Create a chatbot account (20 per app), 创建机器人: `openim_robot_http_svc/create_robot`.

        An app has at most 20.

        Args:
            user_id: its account, at most 32 bytes that begin with @RBT#.
            nick: nickname.
            face_url: avatar URL.
            self_signature: its signature, at most 500 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://trtc.io/document/55281
        Page: https://cloud.tencent.com/document/product/269/89991
        """

    def delete(
        self,
        *,
        robot_account: str,
    ) -> Empty:
        """Delete a chatbot.

        Delete a chatbot account, 删除机器人: `openim_robot_http_svc/delete_robot`.

        Args:
            robot_account: its account; at most 32 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/55282
        """

    def send_stream_msg(
        self,
        *,
        from_account: str,
        to_account: str,
        chunk: str,
        msg_key: str | None = None,
        finish: Literal[0, 1] | None = None,
    ) -> StreamedMsg:
        """Send a piece of a chatbot's answer. A repeated piece would appear twice.

        Send one chunk of a streamed chatbot reply, 发送流式响应消息: `openim_robot_http_svc/send_stream_msg`.

        Args:
            from_account: the chatbot; at most 32 bytes.
            to_account: the account that asked; at most 32 bytes.
            chunk: the piece, appended to the earlier ones.
            msg_key: absent with the first piece, then the key from the first answer.
            finish: 1 with the last piece.

        Returns:
            StreamedMsg: a message that is being streamed.
                msg_key: the message's key; later pieces repeat it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/71131
        Page: https://cloud.tencent.com/document/product/269/104537
        """

    def send_stream(
        self,
        from_account: str,
        to_account: str,
        chunks: Iterable[str],
    ) -> str:
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
        return self.client.wait(self.family.send_stream, from_account, to_account, self.client.feed(chunks))
