"""Endpoints: the record behind one line of a family's table, the typed call it turns into, and the registry.

    class C2C(Family, name="c2c"):
        send = Endpoint("openim/sendmsg", SendMsg, SendMsgResult, doc="I34919")

On the class, `C2C.send` is the record. On an instance it is the call, with the parameters of `SendMsg` and
`SendMsgResult` as its answer: `Endpoint` is generic over both, so nothing is written twice. `client.c2c` is an instance
of the class that is generated from the table (`_calls/c2c.py`), where `send` is a method, with a text for editors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, ParamSpec, Protocol, TypeVar, cast, overload

import msgspec

from ..errors import UsageError
from .aliases import FieldAliases, aliases_of
from .calling import method_of, put_calls
from .checks import check_seconds, check_whole, nearest, quoted
from .plain_look import plain_look
from .wire import PartialResult, Request, encode, find_mapping, reader, request_validator, validate, wire_name

if TYPE_CHECKING:
    from .fields import RequestField
    from .pages import Page

P = ParamSpec("P")
R = TypeVar("R")
Q = TypeVar("Q")

Repeat = Literal["never", "identity", "always"]
Danger = Literal["deletes", "excludes", "reaches_all"]


class Rate(msgspec.Struct, frozen=True):
    """A limit: at most `limit` in any window of `per` seconds.

    Attributes:
        limit: calls, or units of `cost`, at least 1.
        per: length of the window in seconds. From an hour on it is a number of the hour or the day: all of it may be
            used at once, and a call that finds it used up is a `WaitTooLongError` with the time, not a wait.
        cost: request field whose length is what a call costs (`to_account`: one for every recipient); None is 1.
        key: request field that gives every value a bucket of its own (`group_id`); None is one bucket for all.
            `msg_body.stream_msg_id` is a field of the first element. A call without a value is not counted.
        max_cost: the most one call can cost.
    """

    limit: int
    per: float = 1.0
    cost: str | None = None
    key: str | None = None
    max_cost: int = 1

    def __post_init__(self) -> None:
        check_whole("limit", self.limit, 1)
        check_seconds("per", self.per)
        check_whole("max_cost", self.max_cost, 1, self.limit)

    def __str__(self) -> str:
        """Return such as `200/s`, `12,000 to_account/60 s`, `40/s per group_id`, `10/day`."""
        span = _SPANS.get(self.per) or f"{self.per:g} s"
        what = f" {self.cost}" if self.cost else ""
        return f"{self.limit:,}{what}/{span}" + (f" per {self.key.rpartition('.')[2]}" if self.key else "")

    @property
    def is_quota(self) -> bool:
        """Whether it is a number of the hour or the day, for which no call waits."""
        return self.per >= HOUR_S

    @property
    def is_counted(self) -> bool:
        """Whether it is kept by counting what was granted, without a pace: calls may cost most of it, or it is a quota.

        A pace leaves room for the largest call beside what flows; where that is most of the limit, little would flow.
        """
        return self.is_quota or (self.max_cost > 1 and 4 * self.max_cost > 3 * self.limit)


HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
_SPANS: Final = {1.0: "s", HOUR_S: "hour", DAY_S: "day"}
DEFAULT_LIMITS: Final = (Rate(200),)
# Why a line has no document.
SDK_ONLY: Final = "no page found; the fields are taken from an SDK"
# What was not read of a document whose number is known, and no more.
NOT_SEEN: Final = "all of it; the fields are taken from an SDK"


class Caller(Protocol):
    """What a family needs from a client."""

    def call(self, endpoint: Endpoint[..., R], request: Request) -> Coroutine[None, None, R]:
        """Send a ready request."""
        ...

    def limits_of(self, endpoint: Endpoint[..., Any]) -> tuple[Rate, ...]:
        """Return the limits in force for an endpoint; its own, where nothing else is set."""
        return endpoint.limits


class Endpoint(Generic[P, R]):
    """One command of the service.

    Attributes:
        command: the path below `/v4/`, such as `openim/sendmsg`.
        request: the request struct.
        result: the result struct; an answer is read leniently.
        doc: id of the document that describes it, `I` for the international site and `C` for the Chinese one; None
            where none was found; `why_no_doc` then names the source of its fields.
        why_no_doc: why there is no document.
        not_read: what of the document could not be read, such as "its answer"; None where all was.
        limits: its rates, the narrow ones (with a key) first.
        repeat: whether sending twice is harmless: `always` for reads, `identity` for messages whose identity (MsgSeq
            and MsgRandom, or Random) lets the service drop the repeat within 120 seconds or more, `never` otherwise.
        has_body_limit: whether the limit for messages (setting `body_limit`) holds for its requests.
        is_partial: whether its result has an outcome for each item of a batch.
        has_msg_key: whether it sends a message, and its answer names the message.
        danger: what it does to a real app that cannot simply be taken back: it `deletes` what is stored, `excludes`
            people (from a group, from speaking, from their login or their rights), or `reaches_all` with a message;
            None for others. People are asked before they send it; programs are not.
        app_field: the request's field that repeats the app's id of the URL, None for none; the client fills it in.
        family: the client's attribute that has it, such as `c2c`.
        name: its name there, such as `send`.
    """

    def __init__(
        self,
        command: str,
        request: Callable[P, Request],
        result: type[R],
        *,
        doc: str | None,
        why_no_doc: str | None = None,
        not_read: str | None = None,
        limits: tuple[Rate, ...] = DEFAULT_LIMITS,
        repeat: Repeat = "never",
        has_body_limit: bool = False,
        danger: Danger | None = None,
    ) -> None:
        self.command = command
        self.service: str = command.partition("/")[0]
        self.request: type[Request] = cast(type[Request], request)
        self.result = result
        self.doc = doc
        self.why_no_doc = why_no_doc
        self.not_read = not_read
        self.is_partial: bool = issubclass(result, PartialResult)
        self.has_msg_key: bool = repeat == "identity" and "msg_key" in getattr(result, "__struct_fields__", ())
        self.app_field: str | None = self.request._app_field
        self.limits = limits
        self.repeat: Repeat = repeat
        self.has_body_limit = has_body_limit
        self.danger: Danger | None = danger
        self.family = ""
        self.name: str = ""

    def __set_name__(self, owner: type[Family], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Endpoint[P, R]: ...
    @overload
    def __get__(self, instance: Family, owner: type[object]) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(
        self, instance: Family | None, owner: type[object]
    ) -> Endpoint[P, R] | Callable[P, Coroutine[Any, Any, R]]:
        """Return the record on the class, the call on an instance."""
        return self if instance is None else MethodType(self._call, instance)

    @cached_property
    def _call(self) -> Callable[..., Coroutine[Any, Any, R]]:
        return method_of(self)

    def __repr__(self) -> str:
        return f"<Endpoint {self.command} as {self.family}.{self.name}>"

    @cached_property
    def _page(self) -> Page:
        from .pages import page_of  # no call needs it

        return page_of(self.command)

    @property
    def title(self) -> str | None:
        """What the command does, in a few English words; None for a command that this library does not know."""
        return self._page.title

    @property
    def title_zh(self) -> str | None:
        """The title of its Chinese page; None for a command that this library does not know."""
        return self._page.title_zh

    @property
    def is_title_zh_made(self) -> bool:
        """Whether no page showed `title_zh`: it was made in the manner of its siblings."""
        return self._page.is_title_zh_made

    @property
    def url(self) -> str | None:
        """Address of its English page; None where none was seen."""
        return self._page.url

    @property
    def url_zh(self) -> str | None:
        """Address of its Chinese page; None where none was seen."""
        return self._page.url_zh

    @property
    def codes(self) -> tuple[int, ...]:
        """The error codes that its page lists, without those that any command may answer with."""
        return self._page.codes

    @cached_property
    def fields(self) -> tuple[RequestField, ...]:
        """The fields of its request, in their order."""
        from .fields import fields_of  # no call needs it

        return fields_of(self.command, self.request)

    @cached_property
    def _validate(self) -> Callable[[Request], object]:
        return request_validator(self.request)

    @cached_property
    def _is_plain(self) -> Callable[[Request], bool]:
        return plain_look(self.request)

    @cached_property
    def _aliases(self) -> FieldAliases | None:
        return aliases_of(self.request)

    def resolve_aliases(self, raw: Mapping[str, object]) -> Mapping[str, object]:
        """Return a request's plain JSON object with the newer names of its fields."""
        return raw if self._aliases is None else self._aliases.resolve_object(raw)

    @cached_property
    def read_result(self) -> Callable[[bytes], R]:
        """Decoder of an answer that said success."""
        return reader(self.result)

    def encode(self, request: Request) -> bytes:
        """Check a request and return its wire form.

        Raises:
            UsageError: a field is missing, of the wrong type or out of range; it names the field.
        """
        if not isinstance(request, self.request):
            raise UsageError(f"{self.command} takes a {self.request.__name__}, not {quoted(request)}", field="request")
        problem: Exception | None = None
        try:
            request.check()
        except (TypeError, ValueError, AttributeError) as error:
            problem = error  # a check got a value of the wrong type, which `validate` names
        if problem is None and type(request) is self.request and self._is_plain(request):
            return encode(request)
        validate(self._validate, request)
        if problem is not None:
            field = find_mapping(request)
            what = "must be a struct, not a mapping" if field else str(problem)
            raise UsageError(f"{field or self.request.__name__}: {what}", field=field)
        return encode(request)

    def misuse(self, given: Sequence[object], named: Mapping[str, object]) -> UsageError:
        """Return the error for arguments that make no request: given by position, misspelt or missing."""
        fields = msgspec.structs.fields(self.request)
        names = [field.name for field in fields]
        missing = [field.name for field in fields if field.required and field.name not in named]
        unknown = [name for name in named if name not in names]
        wrong: str | None
        if given:
            wrong, problem = None, f"fields are given by name, such as {(missing or names or ['field'])[0]}=..."
            if isinstance(given[0], Request):
                problem += "; a ready request goes to client.call(endpoint, request)"
        elif unknown:
            wrong = unknown[0]
            problem = f"unknown field {wrong!r}{nearest(wrong, names)}"
        else:
            wrong, problem = missing[0], f"{' and '.join(missing)} must be given"
        known = f"the fields are {', '.join(names)}" if names else "it has no fields"
        return UsageError(f"{self.command}: {problem} ({known})", field=wrong)

    def identify(self, fields: dict[str, object]) -> None:
        """Fill in the identity of a request given as a plain mapping, where it is missing."""
        for field, make in self.request._identity.items():
            fields.setdefault(self.raw_field(field), make())

    def name_app(self, request: Q, sdk_app_id: int) -> Q:
        """Return a request with the app's id where it is not given; for an endpoint with an `app_field`."""
        assert self.app_field is not None  # noqa: S101 - said above
        if isinstance(request, Mapping):
            return cast(Q, {self.raw_field(self.app_field): sdk_app_id, **request})
        if isinstance(request, self.request) and getattr(request, self.app_field) is None:
            request = copy.copy(request)
            setattr(request, self.app_field, sdk_app_id)
        return request

    def limit_value(self, request: object, field: str) -> object:
        """Return the value of a request, a struct or a mapping, that a limit counts or has buckets for; None for none.

        `msg_body.stream_msg_id` is a field of the first element.
        """
        head, _, part = field.partition(".")
        is_raw = isinstance(request, Mapping)
        value = cast("Mapping[str, object]", request).get(self.raw_field(head)) if is_raw else getattr(request, head)
        if not part:
            return value
        first: object = value[0] if isinstance(value, list | tuple) and value else None
        if isinstance(first, Mapping):
            content = first.get("MsgContent")
            return content.get(wire_name(part)) if isinstance(content, Mapping) else None
        return getattr(first, part, None)

    def raw_field(self, field: str) -> str:
        """Return the wire name of a request field, for requests given as plain mappings."""
        return dict(zip(self.request.__struct_fields__, self.request.__struct_encode_fields__, strict=True))[field]


class Family:
    """Base of the families: a table of endpoints, and helpers where code is needed.

    A class with a `name` is a table; one without is generated from the table it derives from, and has its calls.
    """

    family: ClassVar[str]
    endpoints: ClassVar[Mapping[str, Endpoint[..., Any]]]

    def __init_subclass__(cls, *, name: str | None = None) -> None:
        if name is None:
            put_calls(cls, cls.endpoints)
            return
        cls.family = name
        table = {line.name: line for line in vars(cls).values() if isinstance(line, Endpoint)}
        for line in table.values():
            line.family = name
        cls.endpoints = MappingProxyType(table)

    def __init__(self, client: Caller) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"<{self.family} of {self.client!r}>"
