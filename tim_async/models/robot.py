"""Chatbots: accounts that answer, and their streamed answers. Source: I55280 to I55282, I71131."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from .._api.checks import check_account, check_choice, check_text
from .._api.wire import Request, Result, always
from ..errors import UsageError

PREFIX: Final = "@RBT#"
MAX_ROBOTS: Final = 20
MAX_SIGNATURE_BYTES: Final = 500


class CreateRobot(Request, kw_only=True):
    """Create a chatbot. An app has at most 20. Source: I55281.

    Attributes:
        user_id: its account, at most 32 bytes that begin with @RBT#.
        nick: nickname.
        face_url: avatar URL.
        self_signature: its signature, at most 500 bytes.
    """

    user_id: str
    nick: str | None = None
    face_url: str | None = None
    self_signature: str | None = None

    def check(self) -> None:
        """Check account and size."""
        check_robot("user_id", self.user_id)
        check_text("self_signature", self.self_signature, MAX_SIGNATURE_BYTES)


class DeleteRobot(Request, kw_only=True):
    """Delete a chatbot. Source: I55282.

    Attributes:
        robot_account: its account.
    """

    robot_account: str

    def check(self) -> None:
        """Check the account."""
        check_robot("robot_account", self.robot_account)


class Robots(Result, kw_only=True):
    """The app's chatbots. Source: I55280.

    Attributes:
        robot_account: their accounts.
    """

    robot_account: list[str] = msgspec.field(default_factory=list)


class SendRobotStreamMsg(Request, kw_only=True):
    """Send a piece of a chatbot's answer. Source: I71131.

    Attributes:
        from_account: the chatbot.
        to_account: the account that asked.
        chunk: the piece, appended to the earlier ones.
        msg_key: absent with the first piece, then the key from the first answer.
        finish: 1 with the last piece.
    """

    from_account: str
    to_account: str
    chunk: str
    msg_key: str | None = None
    finish: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check accounts and mark."""
        check_robot("from_account", self.from_account)
        check_account("to_account", self.to_account)
        check_choice("finish", self.finish, (0, 1))


class StreamedMsg(Result, kw_only=True):
    """A message that is being streamed. Source: I71131.

    Attributes:
        msg_key: the message's key; later pieces repeat it.
    """

    msg_key: str = always("")


def check_robot(field: str, account: str) -> None:
    """Raise `UsageError` unless an account is valid for a chatbot."""
    check_account(field, account)
    if not account.startswith(PREFIX) or account == PREFIX:
        raise UsageError(f"{field} must begin with {PREFIX}, as the accounts of chatbots do", field=field)
