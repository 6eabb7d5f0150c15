"""Endpoints: the record behind each line of a family's table, the typed call it becomes, and the registry.

    class C2C(Family, name="c2c"):
        send = Endpoint("openim/sendmsg", SendMsg, SendMsgResult, doc="I34919")

On the class, `C2C.send` is the record. On an instance it is the call, with the parameters of `SendMsg`, and returns a
`SendMsgResult`: `Endpoint` is generic over both, so nothing is written twice. `client.c2c` is an instance of the class
generated from the table (`_calls/c2c.py`), where `send` is a method with a docstring for editors.
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
        per: length of the window in seconds. From an hour on it is a quota per hour or day: all of it may be used at
            once, and when it is used up a call raises `WaitTooLongError` with the time of reset instead of waiting.
        cost: request field whose length is the cost of a call (`to_account`: one per recipient); None means 1.
        key: request field whose values each have their own bucket (`group_id`); None means one bucket for all.
            `msg_body.stream_msg_id` is a field of the first element. A call without a value is not counted.
        max_cost: the highest cost of one call.
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
        """Return a short text such as `200/s`, `12,000 to_account/60 s`, `40/s per group_id`, `10/day`."""
        span = _SPANS.get(self.per) or f"{self.per:g} s"
        what = f" {self.cost}" if self.cost else ""
        return f"{self.limit:,}{what}/{span}" + (f" per {self.key.rpartition('.')[2]}" if self.key else "")

    @property
    def is_quota(self) -> bool:
        """Whether it is a quota of an hour or a day, which no call waits for."""
        return self.per >= HOUR_S

    @property
    def is_counted(self) -> bool:
        """Whether it has no pace and only counts grants: one call may cost most of it, or it is a quota.

        A pace reserves room for the largest call on top of its flow; if that is most of the limit, little flows.
        """
        return self.is_quota or (self.max_cost > 1 and 4 * self.max_cost > 3 * self.limit)


HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
_SPANS: Final = {1.0: "s", HOUR_S: "hour", DAY_S: "day"}
DEFAULT_LIMITS: Final = (Rate(200),)
# Why an endpoint has no document.
SDK_ONLY: Final = "no page found; the fields are taken from an SDK"
# For a document that is known by its number only.
NOT_SEEN: Final = "all of it; the fields are taken from an SDK"


class Caller(Protocol):
    """What a family needs from a client."""

    def call(self, endpoint: Endpoint[..., R], request: Request) -> Coroutine[None, None, R]:
        """Send a prepared request."""
        ...

    def limits_of(self, endpoint: Endpoint[..., Any]) -> tuple[Rate, ...]:
        """Return the limits in force for an endpoint; by default its own."""
        return endpoint.limits


class Endpoint(Generic[P, R]):
    """One command of the service.

    Attributes:
        command: the path below `/v4/`, such as `openim/sendmsg`.
        request: the request struct.
        result: the result struct; answers are decoded leniently.
        doc: id of the document that describes it, `I` for the international site and `C` for the Chinese one; None if
            none was found; `why_no_doc` then names the source of its fields.
        why_no_doc: why there is no document.
        not_read: the parts of the document that could not be read, such as "its answer"; None if all of it was.
        limits: its rates, narrow ones (with a key) first.
        repeat: whether sending twice is harmless: `always` for reads, `identity` for messages whose identity (MsgSeq
            and MsgRandom, or Random) lets the service drop the repeat within 120 seconds or more, `never` otherwise.
        has_body_limit: whether the size limit for messages (setting `body_limit`) applies to its requests.
        is_partial: whether its result has an outcome for each item of a batch.
        has_msg_key: whether it sends a message and its answer contains the message's key.
        danger: an effect on a real app that cannot easily be undone: it `deletes` stored data, `excludes` users (from a
            group, from speaking, from their login or their rights), or `reaches_all` with a message; None for others.
            Interactive tools ask before they send it; programs are not asked.
        app_field: the request's field that repeats the app's id from the URL, None for none; the client fills it in.
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
        from .pages import page_of  # late: no call needs it

        return page_of(self.command)

    @property
    def title(self) -> str | None:
        """A few English words saying what the command does; None for a command that this library does not know."""
        return self._page.title

    @property
    def title_zh(self) -> str | None:
        """The title of its Chinese page; None for a command that this library does not know."""
        return self._page.title_zh

    @property
    def is_title_zh_made(self) -> bool:
        """Whether `title_zh` was written by analogy with its siblings because no page showed it."""
        return self._page.is_title_zh_made

    @property
    def url(self) -> str | None:
        """URL of its English page; None if none was seen."""
        return self._page.url

    @property
    def url_zh(self) -> str | None:
        """URL of its Chinese page; None if none was seen."""
        return self._page.url_zh

    @property
    def codes(self) -> tuple[int, ...]:
        """The error codes that its page lists, except those that any command may return."""
        return self._page.codes

    @cached_property
    def fields(self) -> tuple[RequestField, ...]:
        """The fields of its request, in order."""
        from .fields import fields_of  # late: no call needs it

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
        """The decoder for successful answers."""
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
            problem = error  # a check failed on a value of the wrong type; `validate` names it
        if problem is None and type(request) is self.request and self._is_plain(request):
            return encode(request)
        validate(self._validate, request)
        if problem is not None:
            field = find_mapping(request)
            what = "must be a struct, not a mapping" if field else str(problem)
            raise UsageError(f"{field or self.request.__name__}: {what}", field=field)
        return encode(request)

    def misuse(self, given: Sequence[object], named: Mapping[str, object]) -> UsageError:
        """Return the error for arguments that do not form a request: positional, misspelt or missing ones."""
        fields = msgspec.structs.fields(self.request)
        names = [field.name for field in fields]
        missing = [field.name for field in fields if field.required and field.name not in named]
        unknown = [name for name in named if name not in names]
        wrong: str | None
        if given:
            wrong, problem = None, f"pass fields by name, such as {(missing or names or ['field'])[0]}=..."
            if isinstance(given[0], Request):
                problem += "; pass a prepared request to client.call(endpoint, request)"
        elif unknown:
            wrong = unknown[0]
            problem = f"unknown field {wrong!r}{nearest(wrong, names)}"
        else:
            wrong, problem = missing[0], f"{' and '.join(missing)} must be given"
        known = f"the fields are {', '.join(names)}" if names else "it has no fields"
        return UsageError(f"{self.command}: {problem} ({known})", field=wrong)

    def identify(self, fields: dict[str, object]) -> None:
        """Fill in the missing identity of a request given as a plain mapping."""
        for field, make in self.request._identity.items():
            fields.setdefault(self.raw_field(field), make())

    def name_app(self, request: Q, sdk_app_id: int) -> Q:
        """Return a request with the app's id filled in if missing; for an endpoint with an `app_field`."""
        assert self.app_field is not None  # noqa: S101 - said above
        if isinstance(request, Mapping):
            return cast(Q, {self.raw_field(self.app_field): sdk_app_id, **request})
        if isinstance(request, self.request) and getattr(request, self.app_field) is None:
            request = copy.copy(request)
            setattr(request, self.app_field, sdk_app_id)
        return request

    def limit_value(self, request: object, field: str) -> object:
        """Return the request's value that a limit counts or has buckets for; None for none.

        The request may be a struct or a mapping. `msg_body.stream_msg_id` is a field of the first element.
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
    """Base class of the families: a table of endpoints, and helpers that need code.

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
