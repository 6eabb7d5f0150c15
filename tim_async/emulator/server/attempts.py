"""Find the requests that are attempts of one message.

A client that repeats a send keeps its identity: sender, recipients or group, MsgSeq and MsgRandom (Random in groups).
Requests of one command with the same identity are attempts of one message, whatever their results. The number of
resulting messages is derived from the answers of the executed ones: a dropped repeat is answered like the first one.
"""

from __future__ import annotations

import msgspec

from ..dispatch import ENDPOINTS


class Attempts:
    """The attempts of one message.

    Attributes:
        first: the number of the first attempt.
        count: the attempts so far.
        messages: how many messages resulted from them.
    """

    # As many are kept as arrivals: no answer is kept, only what the answers of repeats are compared with.
    __slots__ = ("_answer", "count", "first", "messages")

    def __init__(self, first: int) -> None:
        self.first: int = first
        self.count: int = 0
        self.messages: int = 0
        self._answer: int | None = None

    def carried_out(self, code: int, answer: bytes) -> None:
        """Record the answer of an executed attempt, before a fault changed it."""
        if code == 0 and self._answer != hash(answer):
            self._answer = hash(answer)
            self.messages += 1


class AttemptIndex:
    """Finds the attempts that a request belongs to.

    Args:
        size: how many messages are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: dict[tuple[str, ...], Attempts] = {}

    def enter(self, command: str, number: int, body: bytes) -> Attempts | None:
        """Count a request and return the attempts of its message; None if its command or body has no identity."""
        identity = identity_of(command, body)
        if identity is None:
            return None
        found = self._found.get(identity)
        if found is None:
            if len(self._found) >= self._size:
                del self._found[next(iter(self._found))]
            found = self._found[identity] = Attempts(number)
        found.count += 1
        return found

    def clear(self) -> None:
        """Drop all attempts."""
        self._found.clear()


class _Identity(msgspec.Struct, rename={"sender": "From_Account", "to": "To_Account", "group": "GroupId"}):
    sender: msgspec.Raw = msgspec.Raw()
    to: msgspec.Raw = msgspec.Raw()
    group: msgspec.Raw = msgspec.Raw()
    MsgSeq: msgspec.Raw = msgspec.Raw()
    MsgRandom: msgspec.Raw = msgspec.Raw()
    Random: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Identity).decode


def identity_of(command: str, body: bytes) -> tuple[str, ...] | None:
    """Return what all attempts of a message have in common; None if it is not a message or names no identity."""
    endpoint = ENDPOINTS.get(command)
    if endpoint is None or endpoint.repeat != "identity":
        return None
    try:
        parts = [bytes(each).decode() for each in msgspec.structs.astuple(_decode(body))]
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return (command, *parts) if any(parts[3:]) else None
