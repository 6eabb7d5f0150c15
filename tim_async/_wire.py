"""The wire form: names, encoding, decoding, the envelope and the size limit.

Python names are the wire names in snake case. `wire_name` turns them back: `msg_body` is `MsgBody`; the table holds
what no rule gives. A struct whose wire name differs from both says so with `msgspec.field(name=...)`.

Requests leave out what was not given; a given 0 is sent. Results ignore what they do not know, read numbers that came
as text, and put up with missing fields: an answer that says "done" must not turn into an error over a lesser field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import msgspec

from .errors import BodyTooLargeError, PartialFailureError, UsageError

T = TypeVar("T")

U32_MAX: Final = 0xFFFF_FFFF
ACCOUNT_MAX_BYTES: Final = 32

# Words that are not simply capitalised, and names that follow no rule at all.
_WORDS: Final = {"oppo": "OPPO", "vivo": "VIVO", "uuid": "UUID"}
_NAMES: Final = {
    "download_flag": "Download_Flag",
    "group_id": "GroupId",
    "google_channel_id": "GoogleChannelID",
    "hua_wei_channel_id": "HuaWeiChannelID",
    "oppo_channel_id": "OPPOChannelID",
    "stream_msg_id": "StreamMsgID",
    "user_id": "UserID",
    "xiao_mi_channel_id": "XiaoMiChannelID",
}


def wire_name(name: str) -> str:
    """Return the wire name of a Python field name: `from_account` is `From_Account`, `msg_body` is `MsgBody`."""
    irregular = _NAMES.get(name)
    if irregular is not None:
        return irregular
    words = [_WORDS.get(word) or word[:1].upper() + word[1:] for word in name.split("_")]
    # The documents join accounts with an underscore, and nothing else: From_Account, Peer_Account.
    return "_".join(words) if words[-1] == "Account" else "".join(words)


class WireStruct(msgspec.Struct, rename=wire_name, omit_defaults=True):
    """Base of everything that has a wire form."""


class Request(WireStruct):
    """Base of the request structs."""

    def check(self) -> None:
        """Check what field types cannot say; raise `UsageError` naming the field."""

    def identify(self) -> None:
        """Fill in the request's identity (MsgSeq, MsgRandom) where it has one and it is not given."""

    def identified(self) -> Self:
        """Return the request with its identity filled in; itself where nothing is missing."""
        return self


class Result(WireStruct):
    """Base of the result structs."""


class PartialResult(Result):
    """Base of the results that tell item by item what became of a batch."""

    @property
    def failed(self) -> Sequence[object]:
        """The items that failed; empty when all went well."""
        raise NotImplementedError

    def raise_for_failed(self) -> None:
        """Raise `PartialFailureError` when any item failed."""
        if self.failed:
            raise PartialFailureError(self.failed)


def always(value: T) -> T:
    """Field default that stands in for a missing field when reading, and is written out like any other value."""
    field: T = msgspec.field(default_factory=lambda: value)
    return field


class Envelope(msgspec.Struct, rename=wire_name):
    """What frames every answer. Source: I34620.

    ErrorInfo may be missing; ActionStatus can also be `SomeError`. ErrorCode 0 is success.
    """

    error_code: int
    error_info: str | None = None
    action_status: str | None = None


class CustomType:
    """Base of the types that msgspec cannot read by itself."""

    __slots__ = ()

    @classmethod
    def from_wire(cls, value: object, *, strict: bool) -> Self:
        """Build from the decoded JSON value; raise `ValueError` where it does not fit."""
        raise ValueError(f"{cls.__name__} cannot be read")


# msgspec's hooks for types it does not know: those derived from CustomType, and `object`, which it spells Any.
def read_custom_leniently(type_: type[Any], value: object) -> object:
    """Read a type of ours as it comes from the service."""
    return value if type_ is object else type_.from_wire(value, strict=False)


def read_custom_strictly(type_: type[Any], value: object) -> object:
    """Read a type of ours as it must be to be sent."""
    return value if type_ is object else type_.from_wire(value, strict=True)


_encode: Final = msgspec.json.Encoder().encode
# Types msgspec could turn into text by itself; no field of the service has them.
_AS_THEY_ARE: Final = (bytes, bytearray, memoryview, date, datetime, time, timedelta, Decimal, UUID)
_envelope_decoder: Final = msgspec.json.Decoder(Envelope, strict=False)
_object_decoder: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def reader(type_: type[T]) -> Callable[[bytes], T]:
    """Make the decoder for what the service sends: lenient, see the module's text."""
    return msgspec.json.Decoder(type_, strict=False, dec_hook=read_custom_leniently).decode


def validator(type_: type[T]) -> Callable[[bytes], T]:
    """Make the decoder that checks a wire form: types and ranges must hold."""
    return msgspec.json.Decoder(type_, strict=True, dec_hook=read_custom_strictly).decode


def request_validator(type_: type[T]) -> Callable[[object], T]:
    """Make the check of a request before it is encoded.

    The wire form would not do: msgspec writes bytes and the like as text, and a recipient of `b"bob"` would be someone.
    """

    to_builtins, convert = msgspec.to_builtins, msgspec.convert

    def check(request: object) -> T:
        return convert(to_builtins(request, builtin_types=_AS_THEY_ARE), type_, dec_hook=read_custom_strictly)

    return check


def encode(value: object) -> bytes:
    """Return the wire form: UTF-8 JSON, exact wire names, nothing for what was not given.

    Raises:
        UsageError: the value holds something that has no wire form.
    """
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        problem = str(error)
    field = _find_misfit(value)
    raise UsageError(f"cannot encode {field or type(value).__name__}: {problem}", field=field)


def _find_misfit(value: object) -> str | None:
    """Find the field of a struct that cannot be encoded."""
    if not isinstance(value, msgspec.Struct):
        return None
    for name in value.__struct_fields__:
        try:
            _encode(getattr(value, name))
        except (TypeError, ValueError, OverflowError, RecursionError):
            return name
    return None


def decode(data: bytes | str, type: type[T]) -> T:
    """Read the wire form of a struct, an element or any type msgspec knows, as the client reads answers.

    Unknown fields are ignored, numbers may come as text, unknown kinds of elements become `RawElem`.

    Raises:
        UsageError: the data does not fit the type; `field` holds the wire path of the misfit.
    """
    try:
        return msgspec.json.decode(data, type=type, strict=False, dec_hook=read_custom_leniently)
    except msgspec.MsgspecError as error:
        problem, path = split_path(str(error))
    except UnicodeError:
        problem, path = "it is not UTF-8", None
    except RecursionError:
        problem, path = "it is nested too deeply", None
    raise UsageError(f"cannot read {getattr(type, '__name__', type)}: {problem}", field=path)


_WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def python_path(path: str) -> str:
    """Turn a wire path into Python names: `MsgBody[...].MsgContent.Text` is `msg_body[...].msg_content.text`."""
    return _WORD_BREAK.sub("_", path).replace("__", "_").lower()


def split_path(message: str) -> tuple[str, str | None]:
    """Split msgspec's "Expected ... - at `$.A[...].B`" into the problem and the wire path `A[...].B`."""
    # A path from inside a custom type comes first, the path to that custom type after it.
    problem, *paths = message.split(" - at `$")
    path = "".join(part.rstrip("`") for part in reversed(paths)).removeprefix(".")
    return problem, path or None


def validate(check: Callable[[T], object], value: T) -> None:
    """Check with a `validator` or a `request_validator`; raise `UsageError` naming the field that does not fit."""
    try:
        check(value)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        problem, path = split_path(str(error))
    else:
        return
    name = python_path(path) if path else None
    raise UsageError(f"{name}: {problem}" if name else problem, field=name)


def find_mapping(request: msgspec.Struct) -> str | None:
    """Return the field, or the item of one, that was given as a mapping; structs take structs."""
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, Mapping):
            return name
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    return f"{name}[{index}]"
    return None


def decode_envelope(data: bytes) -> Envelope | None:
    """Read the envelope of an answer; None when the answer is not one."""
    try:
        return _envelope_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def decode_object(data: bytes) -> dict[str, Any]:
    """Read an answer as a plain dict; raise `msgspec.MsgspecError` when it is no JSON object."""
    return msgspec.json.decode(data, type=dict[str, Any])


def merge_extra(body: bytes, extra: Mapping[str, object]) -> bytes:
    """Return the encoded object with `extra` merged into its top level; a field named in both takes extra's value."""
    fields: dict[str, object] = dict(_object_decoder.decode(body))
    fields.update(extra)
    return encode(fields)


def check_size(body: bytes, limit: int) -> None:
    """Raise `BodyTooLargeError` when an encoded request is over the limit, a list of recipients not counted.

    The limit counts bytes of UTF-8. Recipients given as a list (`To_Account` of openim/batchsendmsg) are addressing,
    not message; a single recipient is a few bytes and counts.
    """
    if len(body) <= limit:
        return
    fields = _object_decoder.decode(body)
    actual = len(body)
    recipients = fields.get("To_Account")
    if recipients is not None and bytes(recipients)[:1] == b"[":
        # The name, its quotes, the colon and the comma go with the list.
        actual -= len(bytes(fields.pop("To_Account"))) + len('"To_Account":,')
    if actual <= limit:
        return
    largest = max(fields, key=lambda name: len(bytes(fields[name])))
    raise BodyTooLargeError(actual=actual, limit=limit, field=largest, field_bytes=len(bytes(fields[largest])))


def check_account(field: str, account: str) -> None:
    """Raise `UsageError` unless an account has 1 to 32 bytes (rest-overview, "Request body")."""
    if not isinstance(account, str):
        raise UsageError(f"{field} must be text, it is {type(account).__name__}", field=field)
    if not account:
        raise UsageError(f"{field} is empty", field=field)
    if len(account) * 4 > ACCOUNT_MAX_BYTES:
        try:
            size = len(account.encode())
        except UnicodeEncodeError:
            raise UsageError(f"{field} is not valid Unicode text", field=field) from None
        if size > ACCOUNT_MAX_BYTES:
            raise UsageError(f"{field} has {size} bytes, an account has at most {ACCOUNT_MAX_BYTES}", field=field)


def check_range(field: str, value: int | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a number is None or in low..high."""
    if value is not None and not low <= value <= high:
        raise UsageError(f"{field} is {value}, it must be {low} to {high}", field=field)


def check_choice(field: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise `UsageError` unless a value is None or one of the choices."""
    if value is not None and value not in choices:
        listed = " or ".join(str(choice) for choice in choices)
        # Numbers are shown; a text that strayed into the field may be anybody's.
        told = repr(value) if isinstance(value, int) else type(value).__name__
        raise UsageError(f"{field} is {told}, it must be {listed}", field=field)
