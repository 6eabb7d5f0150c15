"""Traces: what is left of one-to-one messages when only the newest are kept whole.

A campaign that does not know the outcome of a message looks for it in the conversation, days later if need be, and
sends it again if it is not found. So a message that makes room for newer ones leaves its identity, time and MsgKey, and
can still be read, with an empty MsgBody. That takes 33 bytes, so that a million fit into the memory easily.

They are stored in blocks of columns; a full block is sorted by conversation, so that a search takes a few steps.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from ...models.c2c import RoamMsg

_BLOCK_SIZE: Final = 16_384
_HIDDEN_FROM_SENDER: Final = 1
_HIDDEN_FROM_RECIPIENT: Final = 2
_IS_RECALLED: Final = 4


class Block:
    """Up to `_BLOCK_SIZE` traces, a column for each field."""

    __slots__ = ("flags", "is_sorted", "newest", "orders", "randoms", "seconds", "seqs", "ways")

    def __init__(self) -> None:
        self.ways: array[int] = array("Q")
        self.seconds: array[int] = array("Q")
        self.seqs: array[int] = array("Q")
        self.randoms: array[int] = array("I")
        self.orders: array[int] = array("I")
        self.flags: array[int] = array("B")
        self.newest: int = 0
        self.is_sorted: bool = False

    def add(self, way: int, message: RoamMsg, order: int, flags: int) -> None:
        """Add a trace."""
        self.ways.append(way)
        self.seconds.append(message.msg_time_stamp)
        self.seqs.append(message.msg_seq)
        self.randoms.append(message.msg_random)
        self.orders.append(order)
        self.flags.append(flags)
        self.newest = max(self.newest, message.msg_time_stamp)

    def sort(self) -> None:
        """Sort the traces of a full block."""
        places = sorted(range(len(self.ways)), key=self.ways.__getitem__)
        for name in ("ways", "seconds", "seqs", "randoms", "orders", "flags"):
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, places)))
        self.is_sorted = True

    def places(self, way: int) -> Iterator[int]:
        """Yield the positions of the traces of a sender and a recipient."""
        if not self.is_sorted:
            yield from (place for place, each in enumerate(self.ways) if each == way)
            return
        place = bisect_left(self.ways, way)
        while place < len(self.ways) and self.ways[place] == way:
            yield place
            place += 1


class Traces:
    """The traces of messages that are no longer kept."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._count = 0
        # Keys that are not derived from MsgSeq, MsgRandom and time, by the number of the trace.
        self._keys: dict[int, str] = {}
        # The number of traces at the time an account was deleted together with its conversations.
        self._deleted: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(len(block.ways) for block in self._blocks)

    def add(self, message: RoamMsg, hidden_from: set[str]) -> None:
        """Keep the trace of a message."""
        if not self._blocks or len(self._blocks[-1].ways) >= _BLOCK_SIZE:
            if self._blocks:
                self._blocks[-1].sort()
            self._blocks.append(Block())
        flags = (
            _HIDDEN_FROM_SENDER * (message.from_account in hidden_from)
            | _HIDDEN_FROM_RECIPIENT * (message.to_account in hidden_from)
            | _IS_RECALLED * message.is_recalled
        )
        if message.msg_key != _usual_key(message.msg_seq, message.msg_random, message.msg_time_stamp):
            self._keys[self._count] = message.msg_key
        self._blocks[-1].add(_way(message.from_account, message.to_account), message, self._count, flags)
        self._count += 1

    def between(self, one: str, other: str) -> Iterator[tuple[RoamMsg, set[str]]]:
        """Yield the messages between two accounts, and the accounts they are hidden from; in no particular order."""
        since = max(self._deleted.get(one, 0), self._deleted.get(other, 0))
        for sender, recipient in {(one, other), (other, one)}:
            way = _way(sender, recipient)
            for block in self._blocks:
                for place in block.places(way):
                    if block.orders[place] >= since:
                        yield self._message(block, place, sender, recipient)

    def hide(self, side: str, peer: str) -> None:
        """Hide the messages between two accounts from one of them."""
        for way, flag in ((_way(side, peer), _HIDDEN_FROM_SENDER), (_way(peer, side), _HIDDEN_FROM_RECIPIENT)):
            for block in self._blocks:
                for place in block.places(way):
                    block.flags[place] |= flag

    def forget_before(self, second: int) -> None:
        """Drop traces older than a unix second; a block is dropped as a whole."""
        while self._blocks and len(self._blocks[0].ways) >= _BLOCK_SIZE and self._blocks[0].newest < second:
            for order in self._blocks.pop(0).orders:
                self._keys.pop(order, None)

    def forget_account(self, user_id: str) -> None:
        """Drop the conversations of an account."""
        self._deleted[user_id] = self._count

    def _message(self, block: Block, place: int, sender: str, recipient: str) -> tuple[RoamMsg, set[str]]:
        seq, random, second = block.seqs[place], block.randoms[place], block.seconds[place]
        flags = block.flags[place]
        message = RoamMsg(
            from_account=sender,
            to_account=recipient,
            msg_seq=seq,
            msg_random=random,
            msg_time_stamp=second,
            msg_key=self._keys.get(block.orders[place]) or _usual_key(seq, random, second),
            msg_flag_bits=8 if flags & _IS_RECALLED else 0,
            msg_body=[],
        )
        hidden = {sender} if flags & _HIDDEN_FROM_SENDER else set()
        return message, hidden | ({recipient} if flags & _HIDDEN_FROM_RECIPIENT else set())


def _usual_key(seq: int, random: int, second: int) -> str:
    return f"{seq}_{random}_{second}"


def _way(sender: str, recipient: str) -> int:
    """Return a number for a sender and a recipient, stable across restarts."""
    name = f"{len(sender)}:{sender}{recipient}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())
