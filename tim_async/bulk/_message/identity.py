"""What makes a message of a campaign the same message when it is repeated: its MsgSeq and MsgRandom.

The service drops a repeat by (sender, MsgSeq, MsgRandom, CRC32 of the content); whether the recipient is part of that
is not documented. So no two messages of a campaign may share MsgSeq and MsgRandom, also where all recipients get the
same text, and the same message must have the same ones in every run.

Both derive from campaign and recipient. MsgRandom is a hash of the campaign's salt and the account. MsgSeq counts from
the milliseconds of the plan by the recipient's ordinal: no two recipients have the same, and what is sent one by one
meanwhile has a larger one, so that in one second of a conversation the older campaign comes first. A batch has the
identity of its chunk, made the same way of the chunk's number.

The salt is random and made with the plan. A campaign that is planned again, in this ledger or another, is another one.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from ...models.message import SEQ_RANGE


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

    def of_recipient(self, ordinal: int, account: str) -> Identity:
        """Return the identity of the message to one recipient."""
        return self._make(ordinal, b"recipient", account.encode())

    def of_chunk(self, number: int) -> Identity:
        """Return the identity of the message that goes to a whole chunk in one call."""
        return self._make(number, b"chunk", str(number).encode())

    def _make(self, place: int, kind: bytes, name: bytes) -> Identity:
        digest = blake2b(name, key=self._salt, person=kind, digest_size=4).digest()
        return Identity((self._epoch_ms + place) % SEQ_RANGE, int.from_bytes(digest))
