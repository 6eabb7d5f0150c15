"""The rate of each lane, the number of recipients in a chunk, and the calls that keep a lane busy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from ..._api.endpoint import Endpoint, Rate
from ..._core.bucket import shape
from ..._core.client import TimClient
from ..._core.config import Settings
from ..._core.rate_limits import RateInForce
from ...families.c2c import C2C
from ...models.c2c import MAX_BATCH
from .._ledger.options import Lanes
from .._ledger.schema import Lane

_MIN_CHUNK_SIZE: Final = 50
# The rest of the client's connections is left for its interactive calls.
_POOL_SHARE: Final = 0.75
# The command of each lane, with the most recipients of a call.
_CALLS: Final[Mapping[Lane, tuple[Endpoint[..., Any], int]]] = {
    Lane.SINGLE: (C2C.send, 1),
    Lane.BATCH: (C2C.send_batch, MAX_BATCH),
}


class Pace(msgspec.Struct, kw_only=True, frozen=True):
    """The highest rate of a lane.

    Attributes:
        calls: calls per second.
        recipients: recipients per second, whatever the size of a call.
        most: the most recipients of a call.
    """

    calls: float
    recipients: float
    most: int

    def seconds(self, recipients: int, in_a_call: int) -> float:
        """Return how many seconds this number of recipients takes."""
        return max(recipients / self.recipients, math.ceil(recipients / in_a_call) / self.calls)


def paces(settings: Settings) -> Mapping[Lane, Pace]:
    """Return the rates of the lanes at the limits in force, as the limiter keeps them."""
    return {lane: _pace(settings, endpoint, most) for lane, (endpoint, most) in _CALLS.items()}


def _pace(settings: Settings, endpoint: Endpoint[..., Any], most: int) -> Pace:
    rates: Sequence[Rate] = settings.rates(endpoint.command, endpoint.limits)
    calls = min((shape(rate)[1] for rate in rates if rate.cost is None), default=math.inf)
    recipients = min((shape(rate)[1] for rate in rates if rate.cost is not None), default=math.inf)
    if settings.app_rate is not None:
        calls = min(calls, shape(settings.app_rate)[1])
    return Pace(calls=calls, recipients=min(recipients, calls * most), most=most)


def pace_in_force(client: TimClient, lanes: Iterable[Lane]) -> float:
    """Return the recipients per second that the lanes' limits allow now.

    The service's "too many calls" lowers it below their rate; it recovers on its own.
    """
    pace, limiter, app = paces(client.settings), client.limiter, client.sdk_app_id
    of_app = limiter.rates(app, "*")
    return sum(_in_force(pace[lane], [*limiter.rates(app, _CALLS[lane][0].command), *of_app]) for lane in lanes)


def _in_force(pace: Pace, rates: Sequence[RateInForce]) -> float:
    of_calls = min((each.share for each in rates if each.limit.cost is None), default=1.0)
    of_recipients = min((each.share for each in rates if each.limit.cost is not None), default=1.0)
    return min(of_recipients * pace.recipients, of_calls * pace.calls * pace.most)


def command_of(lane: Lane) -> str:
    """Return the command of a lane."""
    return _CALLS[lane][0].command


def chunk_size(pace: Pace, given: int | None) -> int:
    """Return how many recipients a chunk has.

    Twice what a batch lane needs if deliveries limit it and not calls; and not more, because a chunk is the unit that
    is repeated, verified, and shared between the lanes.
    """
    if given is not None:
        return given
    return min(max(_MIN_CHUNK_SIZE, math.ceil(2 * pace.recipients / pace.calls)), MAX_BATCH)


def fresh_lanes(lanes: Lanes, *, is_fixed: bool, fits_a_batch: bool) -> tuple[Lane, ...]:
    """Return the lanes for new chunks."""
    may_batch = is_fixed and fits_a_batch
    if lanes == "auto":
        return (Lane.BATCH,) if may_batch else (Lane.SINGLE,)
    if lanes == "both" and may_batch:
        return (Lane.SINGLE, Lane.BATCH)
    return (Lane.BATCH,) if lanes == "batch" else (Lane.SINGLE,)


def concurrency(settings: Settings, given: int | None) -> int:
    """Return the number of concurrent calls."""
    return given or max(1, int(settings.pool_size * _POOL_SHARE))
