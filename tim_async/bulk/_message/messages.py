"""A message of a campaign, in its stored form, and what makes it the same message when it is repeated.

However a message is made (see `rendering`), what is sent is its stored form: the JSON that the ledger holds before the
first attempt. A repeat reads that again, so it sends the same bytes although the template or the function may have
changed by then. Elements of the stored form are `RawElem`: they were checked when it was made, and are sent as they
are.

Its identity is MsgSeq and MsgRandom. The service drops a repeat by (sender, MsgSeq, MsgRandom, CRC32 of the content);
whether the recipient is part of that is not documented. So no two messages of a campaign may share MsgSeq and
MsgRandom, also where all recipients get the same text, and the same message must have the same ones in every run.

Both derive from campaign and recipient. MsgRandom is a hash of the campaign's salt and the account. MsgSeq counts from
the milliseconds of the plan by the recipient's ordinal: no two recipients have the same, and what is sent one by one
meanwhile has a larger one, so that in one second of a conversation the older campaign comes first. A batch has the
identity of its chunk, made the same way of the chunk's number.

A recipient that failed, and that a user has tried again, gets another identity, that of its next *round*: what was
refused was not delivered, but whether the service remembers what it refused is not documented, and if it does, it would
drop the retry as a repeat and answer OK. Everything else keeps its identity, whatever is retried: what may have been
delivered is either recognised as a repeat, or found in the history by it.

The salt is random and made with the plan. A campaign that is planned again, in this ledger or another, is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ..._api.wire import check_size, encode, read_custom_leniently, request_validator, validate
from ...errors import UsageError
from ...models.c2c import BatchSendMsg, SendMsg
from ...models.elements import Element, RawElem, TextElem
from ...models.message import SEQ_RANGE, ForbidCallback, Outgoing

# What is added to a message when it goes to one: the longest account, MsgSeq and MsgRandom.
_FRAME: Final[dict[str, Any]] = {"to_account": "x" * 32, "msg_seq": 4_294_967_295, "msg_random": 4_294_967_295}
_FRAME_BYTES: Final = len(encode(SendMsg(**_FRAME, msg_body=()))) - len('{"MsgBody":[]}')


class Message(Outgoing, kw_only=True):
    """A message without its recipient: the fields of `SendMsg` that a campaign can have.

    Attributes:
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; absent is the admin.
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        online_only_flag: 1 not stored, only online recipients get it; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
        msg_seq: not to be given, it derives from campaign and recipient.
        msg_random: not to be given, as `msg_seq`.
        forbid_callback_control: webhooks to leave out; only for messages that go one by one.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        support_message_extension: 1 allows message extensions; only for messages that go one by one.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 asks for a read receipt; 0 is the default.
    """

    forbid_callback_control: Sequence[ForbidCallback] | None = None
    support_message_extension: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check what field types cannot express."""
        for name in ("msg_seq", "msg_random"):
            if getattr(self, name) is not None:
                raise UsageError(f"{name} derives from campaign and recipient; leave it out", field=name)
        super().check()

    @property
    def is_stored(self) -> bool:
        """Whether the service keeps it, so that it can be found in the history."""
        return self.online_only_flag != 1 and self.msg_life_time != 0

    @property
    def fits_a_batch(self) -> bool:
        """Whether openim/batchsendmsg has all of its fields."""
        return self.forbid_callback_control is None and self.support_message_extension is None


class StoredMessage(Message, kw_only=True):
    """A message as it is read back: its elements are as they were stored."""

    msg_body: Sequence[RawElem]


read_stored: Final = msgspec.json.Decoder(StoredMessage, dec_hook=read_custom_leniently).decode


def as_message(content: object) -> Message:
    """Make a message of a text, an element, elements or a message."""
    if isinstance(content, Message):
        return content
    if isinstance(content, str):
        return Message(msg_body=[TextElem(text=content)])
    if isinstance(content, Element):
        return Message(msg_body=[content])
    if isinstance(content, list | tuple):
        return Message(msg_body=content)
    raise UsageError(
        f"a message is a text, an element, a list of elements, a Message, a Template or a function, "
        f"not {type(content).__name__}",
        field="message",
    )


_validate: Final = request_validator(Message)


def stored_form(message: Message) -> str:
    """Return the stored form of a message; raise `UsageError` when it is not valid."""
    message.check()
    validate(_validate, message)
    return encode(message).decode()


def size_to_one(stored: str) -> int:
    """Return the bytes of the request with a stored message to one recipient, whose account is as long as one can be.

    The request is the message with a few fields more, so it need not be made for that.
    """
    return _FRAME_BYTES + (len(stored) if stored.isascii() else len(stored.encode()))


class PreparedMessage:
    """A stored message, ready to be sent to any recipient.

    Attributes:
        message: the message.
    """

    __slots__ = ("_fields", "message")

    def __init__(self, stored: str) -> None:
        self.message: Message = read_stored(stored)
        self._fields: dict[str, Any] = {
            name: value for name in Message.__struct_fields__ if (value := getattr(self.message, name)) is not None
        }

    def to_one(self, account: str, identity: Identity) -> SendMsg:
        """Return the request to one recipient."""
        return SendMsg(**self._fields, to_account=account, msg_seq=identity.msg_seq, msg_random=identity.msg_random)

    def to_many(self, accounts: Sequence[str], identity: Identity) -> BatchSendMsg:
        """Return the request to many recipients."""
        return BatchSendMsg(
            **self._fields, to_account=accounts, msg_seq=identity.msg_seq, msg_random=identity.msg_random
        )

    def check_size(self, limit: int) -> None:
        """Raise `BodyTooLargeError` when the request to one recipient may be over the limit."""
        check_size(encode(SendMsg(**self._fields, **_FRAME)), limit)


class Identity(NamedTuple):
    """MsgSeq and MsgRandom."""

    msg_seq: int
    msg_random: int


class Identities:
    """The identities of one campaign.

    Args:
        salt: the campaign's.
        epoch_ms: unix milliseconds of its plan.
    """

    def __init__(self, salt: str, epoch_ms: int) -> None:
        self._salt = salt.encode()
        self._epoch_ms = epoch_ms

    def of_recipient(self, ordinal: int, account: str, round: int = 0) -> Identity:  # noqa: A002 - as in the ledger
        """Return the identity of the message to one recipient; another one in each round."""
        name = account.encode()
        return self._make(ordinal, b"recipient", name + b"\0%d" % round if round else name)

    def of_chunk(self, number: int) -> Identity:
        """Return the identity of the message that goes to a whole chunk in one call."""
        return self._make(number, b"chunk", str(number).encode())

    def _make(self, place: int, kind: bytes, name: bytes) -> Identity:
        digest = blake2b(name, key=self._salt, person=kind, digest_size=4).digest()
        return Identity((self._epoch_ms + place) % SEQ_RANGE, int.from_bytes(digest))
