"""Credentials, regions and settings. All are checked on creation; `repr` hides secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from ssl import SSLContext
from typing import TYPE_CHECKING, Final, TypedDict

import msgspec
from yarl import URL

from .._api.checks import check_account, check_seconds, check_secret_key, check_whole, nearest, quoted
from .._api.endpoint import Rate
from .._hidden import Hidden
from ..errors import UsageError
from ..families._registry import endpoints, find_endpoint
from .breaker import Breaker
from .observer import Observer
from .rate_limits import RateLimiter
from .retry import RetryPolicy

if TYPE_CHECKING:
    from aiohttp import TraceConfig

UserSigProvider = Callable[[str], str | Awaitable[str]]

logger = logging.getLogger("tim_async")

_COMMAND: Final = r"[A-Za-z0-9_]+/[A-Za-z0-9_]+"


class Region(Enum):
    """The data centre of an app; another one refuses its calls with 60026. Source: I34620, C2282."""

    CHINA = "china"
    SINGAPORE = "singapore"
    SEOUL = "seoul"
    TOKYO = "tokyo"
    FRANKFURT = "frankfurt"
    SILICON_VALLEY = "silicon_valley"
    JAKARTA = "jakarta"
    MUMBAI = "mumbai"
    SAUDI_ARABIA = "saudi_arabia"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host and its backup, if the service names one."""
        return _HOSTS[self]


_HOSTS: Final[dict[Region, tuple[str, ...]]] = {
    Region.CHINA: ("console.tim.qq.com", "adminapi.my-imcloud.com"),
    Region.SINGAPORE: ("adminapisgp.im.qcloud.com", "adminapisgp.my-imcloud.com"),
    Region.SEOUL: ("adminapikr.im.qcloud.com", "adminapikr.my-imcloud.com"),
    Region.TOKYO: ("adminapijpn.im.qcloud.com", "adminapijpn.my-imcloud.com"),
    Region.FRANKFURT: ("adminapiger.im.qcloud.com", "adminapiger.my-imcloud.com"),
    Region.SILICON_VALLEY: ("adminapiusa.im.qcloud.com", "adminapiusa.my-imcloud.com"),
    Region.JAKARTA: ("adminapiidn.im.qcloud.com", "adminapiidn.my-imcloud.com"),
    Region.MUMBAI: ("adminapiind.im.qcloud.com", "adminapiind.my-imcloud.com"),  # absent from pages of 2025 and later
    Region.SAUDI_ARABIA: ("adminapiksa.im.qcloud.com",),  # seen in third-party code only
}


def region_named(region: object, name: str = "region") -> Region:
    """Return a region given as such or by name; raise `UsageError` for any other value."""
    if isinstance(region, Region):
        return region
    names = [each.value for each in Region]
    if not isinstance(region, str):
        problem = f"must be a Region or the name of one, not {quoted(region)}"
    elif (plain := re.sub(r"[\s-]+", "_", region.strip().lower())) in names:
        return Region(plain)
    else:
        problem = f"is not the name of a region{nearest(plain, names)}"
    raise UsageError(f"{name} {problem} (the regions are {', '.join(names)})", field=name)


def hosts_of(region: Region, base_url: str | None) -> tuple[str, ...]:
    """Return the addresses of the host and its backup, without `/v4`."""
    if base_url is None:
        return tuple(f"https://{host}" for host in region.hosts)
    if not is_http_address(base_url):
        raise UsageError("base_url must look like https://host or http://127.0.0.1:8080", field="base_url")
    return (base_url.rstrip("/").removesuffix("/v4").rstrip("/"),)


# Marks of keys that were already warned about; the keys themselves are not kept.
_odd_keys: Final[set[int]] = set()


def check_key_form(secret_key: Hidden, address: str) -> None:
    """Log a warning for a key of the service itself that is not 64 hexadecimal digits, once per key and process.

    All keys seen in consoles look like that, but no document rules out others. Emulators accept any.
    """
    is_service = any(URL(address).host in region.hosts for region in Region)
    if is_service and re.fullmatch(r"[0-9A-Fa-f]{64}", secret_key) is None and hash(secret_key) not in _odd_keys:
        _odd_keys.add(hash(secret_key))
        logger.warning("secret_key is not 64 hexadecimal digits as the console shows it: is it the key of the app?")


def warn_of_misspelt_commands(rate_limits: Mapping[str, object]) -> None:
    """Log a warning for each command of `rate_limits` that is unknown and nearly the name of a known one.

    Others are taken to be newer than this library: `TimClient.request` calls them.
    """
    for command in rate_limits:
        if command != "*" and find_endpoint(command) is None and (hint := nearest(command, endpoints(), 0.85)):
            logger.warning("rate_limits has a limit for the unknown command %r%s", command, hint)


class Credentials(msgspec.Struct, frozen=True):
    """The app and the account that make the calls.

    Attributes:
        sdk_app_id: the app's id.
        secret_key: the app's key as the console shows it, 64 hexadecimal digits; None if a provider makes the
            UserSigs.
        identifier: an admin account of the app, 1 to 32 bytes.
    """

    sdk_app_id: int
    secret_key: str | None
    identifier: str

    def __post_init__(self) -> None:
        if self.secret_key is not None:
            msgspec.structs.force_setattr(self, "secret_key", check_secret_key(self.secret_key))
        check_whole("sdk_app_id", self.sdk_app_id, 1)
        check_account("identifier", self.identifier)

    def __repr__(self) -> str:
        return _repr_without(self, "secret_key")


def is_http_address(address: object) -> bool:
    """Return whether a value is a host's address: scheme and host, optionally a port and a path."""
    if not isinstance(address, str):
        return False
    try:
        url = URL(address)
        (url.host or "").encode("idna")
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and not (url.query_string or url.fragment or url.user)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are made. Every field can also be passed to `TimClient` by name.

    Attributes:
        timeout: seconds for one attempt, from the moment its token is granted. The service itself may take 3.
        connect_timeout: seconds to open a connection, above 0.
        deadline: seconds for a whole call, including waiting; None for no limit, because bulk jobs may wait long.
        retry: which failures are retried, and when.
        rate_limits: limits that differ from the endpoint's own: `{"openim/sendmsg": 300}`; a `Rate` or several replace
            all limits of the command, a number replaces its calls a second. `"*"` adds a limit over all commands.
        limiter: a limiter to share between clients; None creates one.
        observer: watches calls, such as `tim_async.otel.Telemetry`; None for no observer.
        max_waiting: maximum number of calls of a command that wait for their turn, at least 1; further calls raise
            `WaitTooLongError` immediately. Background calls do not count for interactive ones. None for no bound.
        breaker: makes calls fail immediately while the service does not answer, such as `Breaker(after_s=10)`; None for
            no breaker.
        body_limit: maximum bytes of an encoded message, at least 1. Newer documents allow 12,288.
        max_reply_bytes: maximum bytes of an answer, at least 1,024; a larger one raises `ReplyDecodeError`.
        pool_size: maximum number of connections, at least 1. 200 calls a second of 100 ms each keep 20 busy.
        keep_alive_s: seconds for which an idle connection is kept, above 0.
        dns_cache_s: seconds for which a DNS result is cached, above 0.
        ssl: True to verify certificates, or an SSLContext; False verifies nothing.
        proxy: URL of an HTTP proxy. With it, `trust_env` or `trace_configs`, calls go through aiohttp's session, which
            costs more, and no connection is opened ahead.
        trust_env: whether proxies are also taken from the environment.
        trace_configs: aiohttp's trace hooks, for watching connections. They see URLs without the query, which contains
            the UserSig.
        user_sig_lifetime_s: seconds for which a UserSig is signed, at least 60; it is renewed before they are over.
        user_sig_provider: makes UserSigs if this process does not have the key: called with the identifier, it returns
            one, or an awaitable of one.
    """

    timeout: float = 10.0
    connect_timeout: float = 3.0
    deadline: float | None = None
    retry: RetryPolicy = msgspec.field(default_factory=RetryPolicy)
    rate_limits: Mapping[str, int | Rate | Sequence[Rate]] = msgspec.field(default_factory=dict)
    limiter: RateLimiter | None = None
    observer: Observer | None = None
    max_waiting: int | None = None
    breaker: Breaker | None = None
    body_limit: int = 8192
    max_reply_bytes: int = 4 * 1024 * 1024
    pool_size: int = 100
    keep_alive_s: float = 15.0
    dns_cache_s: float = 60.0
    ssl: SSLContext | bool = True
    proxy: str | None = None
    trust_env: bool = False
    trace_configs: Sequence[TraceConfig] = ()
    user_sig_lifetime_s: int = 7 * 86_400
    user_sig_provider: UserSigProvider | None = None

    def __post_init__(self) -> None:
        for name in ("timeout", "connect_timeout", "keep_alive_s", "dns_cache_s"):
            check_seconds(name, getattr(self, name))
        if self.deadline is not None:
            check_seconds("deadline", self.deadline)
        for name, low in (("body_limit", 1), ("max_reply_bytes", 1024), ("pool_size", 1), ("user_sig_lifetime_s", 60)):
            check_whole(name, getattr(self, name), low)
        for name, kind, what in (
            ("retry", RetryPolicy, "a RetryPolicy"),
            ("breaker", Breaker | None, "a Breaker"),
            ("ssl", bool | SSLContext, "True, False or an SSLContext"),
        ):
            if not isinstance(getattr(self, name), kind):
                raise UsageError(f"{name} must be {what}, not {quoted(getattr(self, name))}", field=name)
        if self.limiter is not None and not all(
            hasattr(self.limiter, name) for name in ("acquire", "refused", "rates")
        ):
            raise UsageError("limiter must be a RateLimiter, such as LocalRateLimiter()", field="limiter")
        if self.observer is not None and not (hasattr(self.observer, "begin") and hasattr(self.observer, "attach")):
            raise UsageError("observer must be an Observer, such as tim_async.otel.Telemetry()", field="observer")
        if self.max_waiting is not None:
            check_whole("max_waiting", self.max_waiting, 1)
        if self.proxy is not None:
            _check_proxy(self.proxy)
        if not isinstance(self.trace_configs, list | tuple):
            raise UsageError("trace_configs must be a list of aiohttp.TraceConfig", field="trace_configs")
        if self.user_sig_provider is not None and not callable(self.user_sig_provider):
            raise UsageError(
                "user_sig_provider must be a function that takes the identifier and returns a UserSig",
                field="user_sig_provider",
            )
        _check_rate_limits(self.rate_limits)

    def __repr__(self) -> str:
        return _repr_without(self, "proxy")

    def rates(self, command: str, limits: tuple[Rate, ...]) -> tuple[Rate, ...]:
        """Return the limits in force for a command whose endpoint has `limits`."""
        given = self.rate_limits.get(command)
        if given is None:
            return limits
        if isinstance(given, int):
            # A number replaces the limit of plain calls; limits per group, per recipient and per day stay.
            narrow = [rate for rate in limits if rate.key or rate.cost]
            return (*narrow, Rate(given), *(rate for rate in limits if rate.is_quota and rate not in narrow))
        return (given,) if isinstance(given, Rate) else tuple(given)

    @property
    def app_rate(self) -> Rate | None:
        """The limit over all commands, None without one."""
        given = self.rate_limits.get("*")
        return Rate(given) if isinstance(given, int) else given if isinstance(given, Rate) else None


def _repr_without(value: msgspec.Struct, secret: str) -> str:
    """Return the repr of a struct without the field that holds a secret."""
    shown = (f"{name}={getattr(value, name)!r}" for name in value.__struct_fields__ if name != secret)
    return f"{type(value).__name__}({', '.join(shown)})"


def _check_proxy(proxy: object) -> None:
    """Raise `UsageError` unless a value is a proxy's address; it may contain a name and a password."""
    if isinstance(proxy, str):
        scheme, _, rest = proxy.partition("://")
        if is_http_address(f"{scheme}://{rest.rpartition('@')[2]}"):
            return
    raise UsageError("proxy must look like http://host:port", field="proxy")


def _check_rate_limits(rate_limits: object) -> None:
    """Raise `UsageError` unless a value is a mapping from commands, or `*`, to limits."""
    if not isinstance(rate_limits, Mapping):
        raise UsageError("rate_limits must be a mapping, such as {'openim/sendmsg': 300}", field="rate_limits")
    for command, rates in rate_limits.items():
        if command != "*" and not (isinstance(command, str) and re.fullmatch(_COMMAND, command)):
            raise UsageError(
                f"rate_limits: {command!r} is not a command; commands look like openim/sendmsg", field="rate_limits"
            )
        name = f"rate_limits[{command!r}]"
        if isinstance(rates, int) and not isinstance(rates, bool):
            check_whole(name, rates, 1)
        elif not isinstance(rates, Rate) and (command == "*" or not _is_list_of_rates(rates)):
            what = "a whole number or a Rate" if command == "*" else "a whole number, a Rate or a list of Rates"
            raise UsageError(f"{name} must be {what}, not {quoted(rates)}", field=name)


def _is_list_of_rates(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Rate) for each in value)


class SettingsOptions(TypedDict, total=False):
    """The fields of `Settings`, as keyword options of `TimClient`."""

    timeout: float
    connect_timeout: float
    deadline: float | None
    retry: RetryPolicy
    rate_limits: Mapping[str, int | Rate | Sequence[Rate]]
    limiter: RateLimiter | None
    observer: Observer | None
    max_waiting: int | None
    breaker: Breaker | None
    body_limit: int
    max_reply_bytes: int
    pool_size: int
    keep_alive_s: float
    dns_cache_s: float
    ssl: SSLContext | bool
    proxy: str | None
    trust_env: bool
    trace_configs: Sequence[TraceConfig]
    user_sig_lifetime_s: int
    user_sig_provider: UserSigProvider | None


SETTING_NAMES: Final = Settings.__struct_fields__


def check_command(command: str) -> str:
    """Return a command; raise `UsageError` if it does not look like one, because it becomes part of the URL."""
    if not isinstance(command, str) or not re.fullmatch(_COMMAND, command):
        raise UsageError(f"{command!r} is not a command; commands look like openim/sendmsg", field="command")
    return command
