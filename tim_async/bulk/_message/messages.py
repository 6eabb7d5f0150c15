"""A message of a campaign in its stored form, and its identity, which makes a repeat recognisable.

However a message is made (see `rendering`), what is sent is its stored form: the JSON that the ledger holds before the
first attempt. A repeat reads it back, so it sends the same bytes even if the template or the function has changed
since. Elements of the stored form are `RawElem`: they were checked when it was made, and are sent unchanged.

Its identity is MsgSeq and MsgRandom. The service drops a repeat by (sender, MsgSeq, MsgRandom, CRC32 of the content);
whether the recipient is part of that is not documented. So no two messages of a campaign may share MsgSeq and
MsgRandom, even if all recipients get the same text, and the same message must have the same ones in every run.

Both derive from campaign and recipient. MsgRandom is a hash of the campaign's salt and the account. MsgSeq is the
milliseconds of the plan plus the recipient's ordinal: no two recipients share one, and single messages that are sent
during the campaign have a larger one, so that within one second of a conversation the older campaign comes first. A
batch has the identity of its chunk, derived in the same way from the chunk's number.

A recipient that failed and is tried again gets another identity, that of its next *round*. A refused message was not
delivered, but it is not documented whether the service remembers it; if it does, it would drop the retry as a repeat
and answer OK. All others keep their identity in a retry: a message that may have been delivered is either recognised as
a repeat, or found in the history by its identity.

The salt is random and made with the plan. A campaign that is planned again, in this ledger or another, is another
campaign.
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

# What is added to a message to one recipient: the longest account, MsgSeq and MsgRandom.
_FRAME: Final[dict[str, Any]] = {"to_account": "x" * 32, "msg_seq": 4_294_967_295, "msg_random": 4_294_967_295}
_FRAME_BYTES: Final = len(encode(SendMsg(**_FRAME, msg_body=()))) - len('{"MsgBody":[]}')


class Message(Outgoing, kw_only=True):
    """A message without its recipient: the fields of `SendMsg` that a campaign may set.

    Attributes:
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; the admin if absent.
        sync_other_machine: 1 also sends it to the sender's online devices and history, 2 does not; if absent, to the
            sender's history only.
        online_only_flag: 1: not stored, delivered to online recipients only; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, 7 days if absent.
        msg_seq: must be absent; it derives from campaign and recipient.
        msg_random: must be absent, like `msg_seq`.
        forbid_callback_control: webhooks to skip; only for messages that are sent one by one.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        support_message_extension: 1 allows message extensions; only for messages that are sent one by one.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 requests a read receipt; 0 is the default.
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
    """Convert a text, an element, elements or a message to a message."""
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
    """Return the stored form of a message; raise `UsageError` if it is not valid."""
    message.check()
    validate(_validate, message)
    return encode(message).decode()


def size_to_one(stored: str) -> int:
    """Return the size of the request with a stored message to one recipient with the longest possible account, in
    bytes.

    The request is the message with a few more fields, so it need not be built for that.
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
        """Raise `BodyTooLargeError` if the request to one recipient may exceed the limit."""
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
        """Return the identity of the message to one recipient; it differs in each round."""
        name = account.encode()
        return self._make(ordinal, b"recipient", name + b"\0%d" % round if round else name)

    def of_chunk(self, number: int) -> Identity:
        """Return the identity of the message to a whole chunk in one call."""
        return self._make(number, b"chunk", str(number).encode())

    def _make(self, place: int, kind: bytes, name: bytes) -> Identity:
        digest = blake2b(name, key=self._salt, person=kind, digest_size=4).digest()
        return Identity((self._epoch_ms + place) % SEQ_RANGE, int.from_bytes(digest))
