"""The answers of a recording, and which request gets which answer."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

import msgspec

from .._api.wire import wire_name
from ..errors import TransportError, UsageError
from ..families._registry import find_endpoint
from .recording import Exchange


class Tape:
    """The recorded answers to one command.

    A request gets the first remaining answer to an equal request, ignoring MsgSeq and MsgRandom; if there is none, the
    first remaining answer.
    """

    def __init__(self, command: str, exchanges: Iterable[Exchange]) -> None:
        self._command = command
        endpoint = find_endpoint(command)
        # The fields that identify a message differ in every request.
        self._ignored = frozenset(map(wire_name, endpoint.request._identity) if endpoint else ())
        self._left = dict(enumerate(exchanges))
        self._places: defaultdict[bytes, deque[int]] = defaultdict(deque)
        for place, exchange in self._left.items():
            self._places[self._likeness(exchange.request)].append(place)

    def take(self, fields: dict[str, Any]) -> bytes | TransportError:
        """Return the answer to a request, or the error recorded instead of one.

        Raises:
            UsageError: no answer remains.
        """
        places = self._places.get(self._likeness(fields), deque[int]())
        while places and places[0] not in self._left:
            places.popleft()  # another request took it
        place = places.popleft() if places else next(iter(self._left), None)
        if place is None:
            raise UsageError(f"the recording has no further answer for {self._command}")
        exchange = self._left.pop(place)
        return exchange.error() or exchange.reply

    def _likeness(self, fields: object) -> bytes:
        if isinstance(fields, dict):
            fields = {name: value for name, value in fields.items() if name not in self._ignored}
        return msgspec.json.encode(fields, order="deterministic")
