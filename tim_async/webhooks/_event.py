"""The base of all webhook events, the register of their commands, and decoding them. Source: I34354.

An event is a struct of the body's fields. The URL's parameters and the original body are kept beside the fields, where
comparison ignores them, so that fields and commands newer than this library are not lost.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, Final

import msgspec

from .._api.damage import repair
from .._api.wire import UNREADABLE, WireStruct, encode, reader, split_path
from .._printable import one_line
from ..errors import EventDecodeError

logger = logging.getLogger("tim_async.webhooks")

_EVENTS: Final[dict[str, type[Event]]] = {}

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(_EVENTS)
"""The struct of every known command."""

# The fields by which the service identifies a message, among those of `_marks`.
_MESSAGE_KEYS: Final = frozenset({"msg_key", "msg_seq"})
MAX_LOGGED_COMMAND: Final = 100
_MAX_MARK_CHARS: Final = 256

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class WebhookParams(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a webhook's URL. Source: I34354.

    Attributes:
        sdk_app_id: the app that the event is about.
        command: such as `C2C.CallbackAfterSendMsg`.
        client_ip: address of the client that caused the event, "" for alerts and pushes.
        opt_platform: the client's platform, in the spelling received (RESTAPI, Web, Android, iOS or IOS, Windows, Mac
            or macOS, iPad, Unknown ...); "" for pushes.
        request_time: unix seconds at which the service signed the request, None where no token is set.
    """

    sdk_app_id: int = 0
    command: str = ""
    client_ip: str = ""
    opt_platform: str = ""
    request_time: int | None = None


_NO_PARAMS: Final = WebhookParams()


class Event(WireStruct, kw_only=True, dict=True):
    """An event reported by the service; the base of all event classes.

    Attributes:
        callback_command: its command, such as `C2C.CallbackAfterSendMsg`.
    """

    callback_command: ClassVar[str] = ""
    # The fields that stay the same when the service repeats the event; without any, the whole body is compared.
    _marks: ClassVar[tuple[str, ...]] = ()
    # Whether the command stands in each of the `events` instead of the body.
    _has_events: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        command = vars(cls).get("callback_command", "")
        if command:
            if command in _EVENTS:
                raise RuntimeError(f"{command} has two structs")
            _EVENTS[command] = cls

    @property
    def params(self) -> WebhookParams:
        """The parameters of the URL to which it was sent."""
        params: WebhookParams = self.__dict__.get("params_", _NO_PARAMS)
        return params

    @property
    def body(self) -> Mapping[str, Any]:
        """The whole body as received, with wire names; empty for an event that was not received."""
        body: Mapping[str, Any] = self.__dict__.get("body_", _NOTHING)
        return body

    @property
    def extra(self) -> dict[str, Any]:
        """The top-level fields of the body that the struct does not know."""
        known = {"CallbackCommand", *self.__struct_encode_fields__, *self._older}
        return {name: value for name, value in self.body.items() if name not in known}

    @property
    def mark(self) -> tuple[str, ...]:
        """A value that a repeat of the same event shares; see `SeenEvents`. A few hundred bytes at most."""
        values = tuple(getattr(self, name) for name in self._marks)
        # An empty key identifies nothing: many messages may have none.
        if not any(value for name, value in zip(self._marks, values, strict=True) if name in _MESSAGE_KEYS):
            values = (_digest(encode(self.body) if self.body else self.to_body()),)
        mark = (self.callback_command, *map(str, values))
        if sum(map(len, mark)) > _MAX_MARK_CHARS:
            return (self.callback_command[:_MAX_MARK_CHARS], _digest("\n".join(mark).encode("utf-8", "surrogatepass")))
        return mark

    def to_body(self) -> bytes:
        """Return the wire form, as the service sends it; of a received event, with its `extra`."""
        if self._has_events:
            return encode(self)
        parts = (
            b'{"CallbackCommand":%b}' % encode(self.callback_command),
            encode(self),
            encode(self.extra) if self.body else b"{}",
        )
        return b"{%b}" % b",".join(part[1:-1] for part in parts if part != b"{}")


class BeforeEvent(Event, kw_only=True):
    """An operation about to happen, which the answer may stop or change. The service does not repeat these events."""


class UnknownEvent(Event, kw_only=True):
    """An event whose command this library does not know; see its `callback_command` and `body`."""


@lru_cache(maxsize=256)
def _reader_of(kind: type[Event]) -> Callable[[bytes | str], Event]:
    return reader(kind)


def _encode_mapping(body: Mapping[str, object]) -> bytes | str:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # half a surrogate pair, which other JSON readers let pass
        return json.dumps(dict(body))


def _read(kind: type[Event], command: str, data: bytes | str) -> tuple[dict[str, Any], Event]:
    """Return a body's fields and its event; where its texts are damaged, those of the repaired body."""
    try:
        return msgspec.json.decode(data, type=dict[str, Any]), _reader_of(kind)(data)
    except UNREADABLE as error:
        repaired = repair(data)
        if repaired is None:
            raise
        problem = str(error)
    read = msgspec.json.decode(repaired, type=dict[str, Any]), _reader_of(kind)(repaired)
    logger.warning(
        "%s: a text in the body is damaged (%s); it was repaired, with U+FFFD for what is lost",
        one_line(command, MAX_LOGGED_COMMAND),
        problem,
    )
    return read


def decode_event(
    command: str, body: bytes | str | Mapping[str, object], *, params: WebhookParams | None = None
) -> Event:
    """Decode a webhook's body into the struct of its command, or into `UnknownEvent` if the command is unknown.

    Unknown fields are kept in `extra`, unknown kinds of message elements become `RawElem`, numbers may be text. Damaged
    texts (half a surrogate pair, a cut character, a raw control character) are repaired, which is logged.

    Args:
        command: the URL's CallbackCommand, such as `C2C.CallbackAfterSendMsg`.
        body: the body, as JSON or decoded.
        params: the URL's parameters, for `event.params`.

    Raises:
        EventDecodeError: the body is not a JSON object, names another command, or has an invalid field; `field` is
            that field's wire path.
    """
    kind = _EVENTS.get(command, UnknownEvent)
    field: str | None = None
    try:
        fields, event = _read(kind, command, _encode_mapping(body) if isinstance(body, Mapping) else body)
    except msgspec.MsgspecError as error:
        problem, field = split_path(str(error))
    except UnicodeError:
        problem = "it is not UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except TypeError as error:
        problem = str(error)
    else:
        own = fields.get("CallbackCommand", command)
        if own == command:
            event.__dict__["body_"] = fields
            event.__dict__["params_"] = params or _NO_PARAMS
            if kind is UnknownEvent:
                event.__dict__["callback_command"] = command
            return event
        problem, field = "the body names another command than the URL", "CallbackCommand"
    raise EventDecodeError(f"cannot read the body of {command[:MAX_LOGGED_COMMAND]!r}: {problem}", field=field)
