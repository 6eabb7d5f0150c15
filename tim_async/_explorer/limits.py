"""The service's limits: calls per second and day, accounts per call, bytes per message."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from .._api.endpoint import DEFAULT_LIMITS, Rate
from ..families._registry import endpoints
from .catalogue import path_of


class RateView(msgspec.Struct, kw_only=True):
    """A limit of calls.

    Attributes:
        text: such as `40/s per group_id`.
        limit: the most in any window.
        per_s: the length of the window in seconds.
        cost: the field whose items are counted, None if calls are.
        key: the field with a separate limit for each value, None for one common limit.
    """

    text: str
    limit: int
    per_s: float
    cost: str | None
    key: str | None


class ListLimit(msgspec.Struct, kw_only=True):
    """The most items that a list of a request may have.

    Attributes:
        field: its wire name.
        most: the largest number.
    """

    field: str
    most: int


class EndpointLimits(msgspec.Struct, kw_only=True):
    """The limits of an endpoint.

    Attributes:
        command: such as `openim/sendmsg`.
        path: its name in programs.
        family: its family.
        title: what it does.
        title_zh: the same in Chinese.
        rates: its rates.
        is_default: whether they are those of most endpoints.
        lists: the limits of the lists in its request.
        has_body_limit: whether the limit for messages applies to it.
    """

    command: str
    path: str
    family: str
    title: str
    title_zh: str
    rates: list[RateView]
    is_default: bool
    lists: list[ListLimit]
    has_body_limit: bool


class ServiceLimits(msgspec.Struct, kw_only=True):
    """All limits.

    Attributes:
        body_limit_bytes: the limit for a message, without its list of recipients.
        default: the rate of most endpoints.
        endpoints: the limits of each.
    """

    body_limit_bytes: int
    default: list[RateView]
    endpoints: list[EndpointLimits]


def service_limits(body_limit: int) -> ServiceLimits:
    """Return all limits."""
    return ServiceLimits(
        body_limit_bytes=body_limit, default=[_view(each) for each in DEFAULT_LIMITS], endpoints=_of_endpoints()
    )


@lru_cache(maxsize=1)
def _of_endpoints() -> list[EndpointLimits]:
    return [
        EndpointLimits(
            command=each.command,
            path=path_of(each),
            family=each.family,
            title=each.title or "",
            title_zh=each.title_zh or "",
            rates=[_view(rate) for rate in each.limits],
            is_default=each.limits == DEFAULT_LIMITS,
            lists=[
                ListLimit(field=field.wire_name, most=field.range[1])
                for field in each.fields
                if field.type == "Array" and field.range is not None and field.range[1] is not None
            ],
            has_body_limit=each.has_body_limit,
        )
        for each in endpoints().values()
    ]


def _view(rate: Rate) -> RateView:
    return RateView(text=str(rate), limit=rate.limit, per_s=rate.per, cost=rate.cost, key=rate.key)
