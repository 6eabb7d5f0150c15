"""The wire form: names, encoding, decoding, the envelope and the size limit.

Python names are the wire names in snake case. `wire_name` converts them back: `msg_body` is `MsgBody`; a table holds
the irregular ones. A struct whose wire name follows neither declares it with `msgspec.field(name=...)`.

Requests omit what was not given; a given 0 is sent. Results ignore unknown fields, accept numbers sent as text and
missing fields: a successful answer must not become an error because of a minor field.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar, get_args, get_origin
from uuid import UUID

import msgspec

from ..errors import BodyTooLargeError, PartialFailureError, UsageError
from .aliases import aliases_of, without_nulls
from .short_repr import short_repr

T = TypeVar("T")

# Words that are not simply capitalised, and irregular names.
_WORDS: Final = {"c2c": "C2C", "oppo": "OPPO", "vivo": "VIVO", "uuid": "UUID"}
_NAMES: Final = {
    "admin_list": "Admin_List",
    "apns_msg_num": "APNSMsgNum",
    "app_defined_data_filter_group": "AppDefinedDataFilter_Group",
    "app_defined_data_filter_group_member": "AppDefinedDataFilter_GroupMember",
    "c2c_apns_msg_num": "C2CAPNSMsgNum",
    "c2cmsg_nospeaking_time": "C2CmsgNospeakingTime",
    "download_flag": "Download_Flag",
    "file_md5": "FileMD5",
    "group_apns_msg_num": "GroupAPNSMsgNum",
    "google_channel_id": "GoogleChannelID",
    "gzip_md5": "GzipMD5",
    "hua_wei_channel_id": "HuaWeiChannelID",
    "ip_list": "IPList",
    "keyword_id": "KeywordID",
    "lib_id": "LibID",
    "member_list_account": "Member_List_Account",
    "official_account_user_id": "OfficialAccountUserID",
    "oppo_channel_id": "OPPOChannelID",
    "pre_sig_url": "PreSigURL",
    "pre_sig_urls": "PreSigURLs",
    "raw_url": "RawURL",
    "raw_urls": "RawURLs",
    "resource_id": "ResourceID",
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
    # The documents join account names with an underscore, and nothing else: From_Account, NewOwner_Account.
    if words[-1] == "Account" and len(words) > 1:
        words[-1] = "_Account"
    return "".join(words)


class WireStruct(msgspec.Struct, rename=wire_name, omit_defaults=True):
    """Base class of everything that has a wire form."""

    # Older wire names of its fields, accepted in decoding and never sent: {"Identifier": "UserID"}.
    _older: ClassVar[Mapping[str, str]] = {}


class Request(WireStruct):
    """Base class of the request structs."""

    # The fields that let the service recognise a repeated message, each with the function that generates a value:
    # {"msg_random": next_msg_random}.
    _identity: ClassVar[Mapping[str, Callable[[], int]]] = {}
    # The field that repeats the app's id from the URL; the client fills it in if it is missing.
    _app_field: ClassVar[str | None] = None

    def check(self) -> None:
        """Check what field types cannot express; raise `UsageError` naming the field."""

    def identify(self) -> None:
        """Fill in the missing fields of the request's identity (MsgSeq, MsgRandom)."""
        for field, make in self._identity.items():
            if getattr(self, field) is None:
                setattr(self, field, make())

    def identified(self) -> Self:
        """Return the request with its identity filled in; the request itself if nothing is missing."""
        for field in self._identity:
            if getattr(self, field) is None:
                named = copy.copy(self)
                named.identify()
                return named
        return self


class Result(WireStruct):
    """Base class of the result structs."""

    def __repr__(self) -> str:
        return short_repr(self)


class PartialResult(Result):
    """Base class of the results that have an outcome for each item of a batch.

    An answer can be OK as a whole and still list failed items: the client logs a warning and counts them in `stats()`,
    and `raise_for_failed()` raises an error for them.
    """

    @property
    def failed(self) -> Sequence[object]:
        """The items that failed; empty if none did."""
        raise NotImplementedError

    def raise_for_failed(self) -> None:
        """Raise `PartialFailureError` if any item failed."""
        if self.failed:
            raise PartialFailureError(self.failed)


def always(value: T) -> T:
    """Default for a field that may be missing in decoding and is always encoded."""
    field: T = msgspec.field(default_factory=lambda: value)
    return field


def listed(values: object) -> object:
    """Return the run-time type of a set of texts that the service may extend: any text.

        GroupType = Literal["Public", "Private"]
        if not TYPE_CHECKING:
            GroupType = listed(GroupType)

    Editors complete the known values and type checkers refuse others, but a new value can still be sent.
    """
    return Annotated[str, msgspec.Meta(extra={"choices": get_args(values)})]


class Envelope(msgspec.Struct, rename=wire_name):
    """The frame of every answer. Source: I34620.

    ErrorInfo may be missing; ActionStatus can also be `SomeError`. ErrorCode 0 is success.
    """

    error_code: int
    error_info: str | None = None
    action_status: str | None = None


class CustomType:
    """Base class of the types that msgspec cannot decode itself."""

    __slots__ = ()

    @classmethod
    def from_wire(cls, value: object, *, strict: bool) -> Self:
        """Build from the decoded JSON value; raise `ValueError` if it does not fit."""
        raise ValueError(f"{cls.__name__} cannot be read")

    @classmethod
    def parts(cls) -> Mapping[str, type[msgspec.Struct]]:
        """Return the known kinds by name, each with the struct of its fields."""
        return {}


# msgspec's hooks for types it does not know: those derived from CustomType, and `object`, which it calls Any.
def read_custom_leniently(type_: type[Any], value: object) -> object:
    """Decode a custom type as it comes from the service."""
    return value if type_ is object else type_.from_wire(value, strict=False)


def read_custom_strictly(type_: type[Any], value: object) -> object:
    """Check a custom type as it must be when it is sent."""
    return value if type_ is object else type_.from_wire(value, strict=True)


# Errors raised when an answer is not the expected JSON.
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
# Types that msgspec would encode as text; no field of the service has them.
_AS_THEY_ARE: Final = (bytes, bytearray, memoryview, date, datetime, time, timedelta, Decimal, UUID)
_CODE_NAME: Final = b'"ErrorCode"'
_envelope_decoder: Final = msgspec.json.Decoder(Envelope, strict=False)
_object_decoder: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def reader(type_: type[T]) -> Callable[[bytes | str], T]:
    """Build the decoder for what the service sends: lenient, see the module's docstring."""
    decode_plain = msgspec.json.Decoder(type_, strict=False, dec_hook=read_custom_leniently).decode
    aliases = aliases_of(type_)

    def build(value: object) -> T:
        return msgspec.convert(value, type_, strict=False, dec_hook=read_custom_leniently)

    def read(data: bytes | str) -> T:
        try:
            return decode_plain(data) if aliases is None else build(aliases.resolve(_decode(data)))
        except msgspec.ValidationError as error:
            # A null instead of a list or a number means that the field was not given.
            given = _decode(data)
            cleaned = without_nulls(given)
            if cleaned == given:
                raise
            problem = error
        try:
            return build(cleaned if aliases is None else aliases.resolve(cleaned))
        except msgspec.ValidationError:
            raise problem from None

    return read


def validator(type_: type[T]) -> Callable[[bytes], T]:
    """Build the decoder that checks a wire form: types and ranges must hold."""
    decode_plain = msgspec.json.Decoder(type_, strict=True, dec_hook=read_custom_strictly).decode
    aliases = aliases_of(type_)
    if aliases is None:
        return decode_plain
    resolve = aliases.resolve

    def read(data: bytes) -> T:
        return msgspec.convert(resolve(_decode(data)), type_, strict=True, dec_hook=read_custom_strictly)

    return read


def request_validator(type_: type[T]) -> Callable[[object], T]:
    """Build the check of a request before it is encoded.

    Checking the wire form is not enough: msgspec encodes bytes as text, so `b"bob"` would become some account.
    """

    to_builtins, convert = msgspec.to_builtins, msgspec.convert

    def check(request: object) -> T:
        return convert(to_builtins(request, builtin_types=_AS_THEY_ARE), type_, dec_hook=read_custom_strictly)

    return check


def encode(value: object) -> bytes:
    """Return the wire form: UTF-8 JSON, exact wire names, nothing for what was not given.

    Raises:
        UsageError: the value contains something that has no wire form.
    """
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        problem = str(error)
    field = _find_misfit(value)
    raise UsageError(f"cannot encode {field or type(value).__name__}: {problem}", field=field)


def _find_misfit(value: object) -> str | None:
    """Return the field of a struct that cannot be encoded."""
    for name in value.__struct_fields__ if isinstance(value, msgspec.Struct) else ():
        try:
            _encode(getattr(value, name))
        except (TypeError, ValueError, OverflowError, RecursionError):
            return name
    return None


_reader_of: Final = lru_cache(maxsize=256)(reader)


def decode(data: bytes | str, type: type[T]) -> T:
    """Decode the wire form of a struct, an element or any type msgspec knows, in the way the client decodes answers.

    Unknown fields are ignored, numbers may be given as text, and unknown kinds of elements become `RawElem`.

    Raises:
        UsageError: the data does not fit the type; `field` is the wire path of the error.
    """
    try:
        value: T = _reader_of(type)(data)  # type: ignore[arg-type]  # types are hashable
        return value
    except msgspec.MsgspecError as error:
        problem, path = split_path(str(error))
    except UnicodeError:
        problem, path = "it is not valid UTF-8", None
    except RecursionError:
        problem, path = "it is nested too deeply", None
    raise UsageError(f"cannot read {getattr(type, '__name__', type)}: {problem}", field=path)


# How msgspec begins, before the value that was given.
_NOT_A_CHOICE: Final = "Invalid enum value "
_WORD_BREAK: Final = r"(?<=[a-z0-9])(?<!C2)(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_PYTHON_NAMES: Final = {wire: python for python, wire in _NAMES.items()}


def python_path(path: str) -> str:
    """Convert a wire path to Python names: `MsgBody[...].MsgContent.Text` becomes `msg_body[...].msg_content.text`."""
    return re.sub(r"\w+", lambda name: _PYTHON_NAMES.get(name[0]) or _python_name(name[0]), path)


def _python_name(name: str) -> str:
    return re.sub(_WORD_BREAK, "_", name).replace("__", "_").lower()


def split_path(message: str) -> tuple[str, str | None]:
    """Split msgspec's "Expected ... - at `$.A[...].B`" into the problem and the wire path `A[...].B`."""
    # A path inside a custom type comes first, followed by the path to that custom type.
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
    if name and problem.startswith(_NOT_A_CHOICE) and (choices := _choices(value, name)):
        listed = " or ".join(str(choice) for choice in choices)
        raise UsageError(f"{name} must be {listed}, not {problem.removeprefix(_NOT_A_CHOICE)}", field=name)
    raise UsageError(f"{name}: {problem}" if name else problem, field=name)


def _choices(value: object, path: str) -> tuple[object, ...]:
    """Return the values of the `Literal` at a path of Python names in a struct, () if it cannot be followed."""
    *owners, last = re.findall(r"\w+|\[\d+\]", re.sub(r"(\[\d+\])+$", "", path))
    for part in owners:
        try:
            value = value[int(part[1:-1])] if part[0] == "[" else getattr(value, part)  # type: ignore[index]
        except (AttributeError, LookupError, TypeError):
            return ()
    if not isinstance(value, msgspec.Struct):
        return ()
    return next((_literals(field.type) for field in msgspec.structs.fields(value) if field.name == last), ())


def _literals(type_: object) -> tuple[object, ...]:
    """Return the values of all `Literal`s in a type."""
    if get_origin(type_) is Literal:
        return get_args(type_)
    return tuple(value for part in get_args(type_) for value in _literals(part))


def find_mapping(request: msgspec.Struct) -> str | None:
    """Return the field, or the field's item, that was given as a mapping where a struct is needed."""
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, Mapping):
            return name
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    return f"{name}[{index}]"
    return None


def decode_envelope(data: bytes) -> Envelope:
    """Decode the envelope of an answer; raise one of `UNREADABLE` if it has none.

    An answer with two ErrorCodes is ambiguous, and no rule decides which one counts.
    """
    envelope = _envelope_decoder.decode(data)
    if data.count(_CODE_NAME) > 1:
        # Nested objects may have codes too. Quotes inside a text are escaped, so no text matches.
        inside = sum(bytes(value).count(_CODE_NAME) for value in _object_decoder.decode(data).values())
        if data.count(_CODE_NAME) - inside > 1:
            raise msgspec.ValidationError("it has two ErrorCodes")
    return envelope


def decode_object(data: bytes) -> dict[str, Any]:
    """Decode an answer as a plain dict; raise `msgspec.MsgspecError` if it is not a JSON object."""
    return msgspec.json.decode(data, type=dict[str, Any])


def merge_extra(body: bytes, extra: Mapping[str, object]) -> bytes:
    """Return the encoded object with `extra` merged into its top level; on conflict the value in `extra` wins."""
    fields: dict[str, object] = dict(_object_decoder.decode(body))
    fields.update(extra)
    return encode(fields)


def check_size(body: bytes, limit: int) -> None:
    """Raise `BodyTooLargeError` when an encoded request is over the limit, not counting a list of recipients.

    The limit counts bytes of UTF-8. Recipients given as a list (`To_Account` of openim/batchsendmsg) are addressing,
    not content; a single recipient is a few bytes and counts.
    """
    if len(body) <= limit:
        return
    fields = _object_decoder.decode(body)
    actual = len(body)
    recipients = fields.get("To_Account")
    if recipients is not None and bytes(recipients)[:1] == b"[":
        # The name, its quotes, the colon and the comma are not counted either.
        actual -= len(bytes(fields.pop("To_Account"))) + len('"To_Account":,')
    if actual <= limit:
        return
    largest = max(fields, key=lambda name: len(bytes(fields[name])))
    raise BodyTooLargeError(actual=actual, limit=limit, field=largest, field_bytes=len(bytes(fields[largest])))
