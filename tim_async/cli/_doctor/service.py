"""Check the service by one call that changes nothing: is it reachable, is the key right, is the account an admin.

The service checks in this order: the address and the app's data centre, then the UserSig, then the admin. So each
answer also confirms what comes before.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from ..._core.client import TimClient
from ..._core.config import Region
from ..._core.retry import RetryPolicy
from ...errors import (
    ApiError,
    AuthError,
    ConnectError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    TimError,
    TransportError,
)
from ...families.c2c import C2C
from ...models.account import UserIDItem
from .finding import Finding, doubtful, right, unknown, wrong

if TYPE_CHECKING:
    from typing import TypeAlias

MakeClient: TypeAlias = "Callable[..., TimClient]"
"""Make a client of the app for a region, with further settings."""

# The host does not belong to the app's data centre; or the app is unknown there.
_ELSEWHERE: Final = frozenset({60026, 70020})
_ADDRESS_REFUSED: Final = 60021
_TIMEOUT_S: Final = 8.0
# The Date of an answer has whole seconds, and the transit takes time.
_CLOCK_DOUBTFUL_S: Final = 30.0
_CLOCK_WRONG_S: Final = 300.0
_OPTIONS: Final[dict[str, Any]] = {"retry": RetryPolicy.off(), "timeout": _TIMEOUT_S, "pool_size": 1}


async def examine_service(
    make_client: MakeClient, region: Region, *, has_address: bool, now: Callable[[], float] = time.time
) -> AsyncIterator[Finding]:
    """Yield what one harmless call shows about connection, clock, region, key, admin and limits.

    Args:
        make_client: makes the client.
        region: the region that is configured.
        has_address: whether an address is given instead of the region's.
        now: unix seconds.
    """
    watch = _Watch(now)
    async with make_client(region, trace_configs=(watch.hooks,), **_OPTIONS) as client:
        error, is_imported = await _call(client)
        limits = [str(rate) for rate in client.limits_of(C2C.send)]
        identifier = client.identifier
    if isinstance(error, TransportError):
        yield _unreachable(error, has_address=has_address)
        if watch.offsets:
            yield _clock(watch.offsets)
        return
    yield right("connection", "the service answers" if not has_address else "the address answers as the service does")
    if watch.offsets:
        yield _clock(watch.offsets)
    if isinstance(error, ApiError) and error.code in _ELSEWHERE:
        yield await _other_regions(make_client, region, error, has_address=has_address)
        yield unknown("key", "not checked: the app was not found here")
        return
    yield right("region", "the address is that of the app" if has_address else f"the app is in {region.value}")
    for each in _rights(error, identifier, is_imported=is_imported):
        yield each
    yield _limits(error, limits)


async def _call(client: TimClient) -> tuple[TimError | None, bool]:
    """Query whether the admin is imported; return the error, or the result."""
    try:
        found = await client.account.check(check_item=[UserIDItem(user_id=client.identifier)])
    except TimError as error:
        return error, False
    return None, any(item.account_status == "Imported" for item in found.result_item)


def _unreachable(error: TransportError, *, has_address: bool) -> Finding:
    match error:
        case ConnectError():
            advice = "check the network, a proxy and the firewall: the service is reached by HTTPS, port 443"
            if has_address:
                advice = "check TIM_BASE_URL (or --base-url), and that something listens there"
        case ReplyTimeoutError():
            advice = "the connection is accepted but not answered: check for a proxy or a firewall in between"
        case ReplyDecodeError():
            advice = "a gateway, a proxy or a login page answers instead of the service: check the address"
        case _:
            advice = "check the network and any proxy in between"
    return wrong("connection", str(error), advice)


def _clock(offsets: Sequence[float]) -> Finding:
    """Return the difference between this machine's clock and the service's."""
    offset = min(offsets, key=abs)
    if abs(offset) < _CLOCK_DOUBTFUL_S:
        return right("clock", "agrees with the service's")
    size = f"{abs(offset) / 60:.0f} minutes" if abs(offset) >= 120 else f"{abs(offset):.0f} seconds"
    text = f"this machine's clock is {size} {'ahead of' if offset > 0 else 'behind'} the service's"
    advice = "set the clock, for example by NTP: UserSigs and webhooks are valid for a limited time"
    return wrong("clock", text, advice) if abs(offset) >= _CLOCK_WRONG_S else doubtful("clock", text, advice)


async def _other_regions(make_client: MakeClient, region: Region, error: ApiError, *, has_address: bool) -> Finding:
    """Look for the app in the other data centres, with one call each."""
    if has_address:
        return wrong("region", str(error), "check the app's id, and that the address is that of its data centre")
    for other in Region:
        if other is region:
            continue
        async with make_client(other, **_OPTIONS) as client:
            found, _ = await _call(client)
        if found is None or (isinstance(found, ApiError) and found.code not in _ELSEWHERE):
            text = f"the app is not in {region.value}, it is in {other.value}"
            return wrong("region", text, f"set TIM_REGION={other.value} (or region={other.value!r})")
    text = f"app not found in {region.value}, nor in any other data centre"
    return wrong("region", text, "check TIM_SDK_APP_ID: it is the number shown in the console")


def _rights(error: TimError | None, identifier: str, *, is_imported: bool) -> list[Finding]:
    """Return the findings about the key and the admin."""
    if isinstance(error, ApiError) and error.code == _ADDRESS_REFUSED:
        return [wrong("address", str(error), "allow this machine's outgoing address in the console")]
    if isinstance(error, ApiError) and (error.name or "").endswith("admin_required"):
        advice = "name an admin of the app in TIM_IDENTIFIER, or make this account one in the console"
        return [
            right("key", "the service accepts its signature"),
            wrong("admin", f"{identifier!r} is not an admin of the app", advice),
        ]
    if isinstance(error, AuthError):
        advice = "copy the key of this app from the console; a replaced key is no longer valid"
        if error.name == "usersig_expired":  # the signature is right, the time is not
            advice = "set the clock, as above: the key cannot be checked before"
        return [wrong("key", str(error), advice), unknown("admin", "not checked: the key was refused")]
    if error is not None and not isinstance(error, RateLimitedError):
        return [unknown("key", str(error)), unknown("admin", str(error))]
    text = f"{identifier!r} may call"
    return [
        right("key", "the service accepts its signature"),
        right("admin", text if is_imported or error is not None else f"{text}; it is not imported as an account"),
    ]


def _limits(error: TimError | None, limits: Sequence[str]) -> Finding:
    if isinstance(error, RateLimitedError):
        advice = (
            "check what else makes calls for this app; share a HostRateLimiter or a RedisRateLimiter between processes"
        )
        return doubtful("limits", f"even a single call exceeded the limit: {error}", advice)
    return right("limits", f"{C2C.send.command} is kept to {', '.join(limits)}; set another limit in rate_limits")


class _Watch:
    """Compares this machine's clock with the Date of each answer.

    Attributes:
        hooks: called by aiohttp.
        offsets: seconds that this machine is ahead, by each answer.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began = 0.0
        self.offsets: list[float] = []
        self.hooks = aiohttp.TraceConfig()
        self.hooks.on_request_start.append(self._start)
        self.hooks.on_request_end.append(self._end)

    async def _start(self, *_: object) -> None:
        self._began = self._now()

    async def _end(self, _session: object, _context: object, params: aiohttp.TraceRequestEndParams) -> None:
        try:
            date = email.utils.parsedate_to_datetime(params.response.headers.get("Date", ""))
        except ValueError:
            return
        moment = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        # The Date was written between these two, without fractions of a second.
        self.offsets.append((self._began + self._now()) / 2 - moment - 0.5)
