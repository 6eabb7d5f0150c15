"""Sends webhooks, as the service does. Source: webhooks (I34354, I34364).

A before-event is sent when it happens, and its answer decides. After-events wait in a queue and are sent one by one, in
the order in which they happened; their answers are ignored. Both are POST requests with the event as the body and, with
a token, Sign and RequestTime in the URL. An answer that is late, has a status other than 200 or is not JSON is a
failure: a before-event is then allowed or refused with 80003, as configured; an after-event is sent again as often as
configured.

Where the documents are silent: there is one queue for the whole app. The service has more than one, so an event may
overtake another there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from itertools import count
from typing import Final, Literal

import aiohttp
import msgspec
from yarl import URL

from ..._api.checks import check_seconds, check_whole
from ..._api.wire import reader
from ..._clocks import real_monotonic
from ...errors import UsageError
from ...webhooks import EVENTS, AnswerBody, BeforeEvent, Event, RequestOverLimit
from ...webhooks._check import make_query

OnFailure = Literal["allow", "refuse"]

_logger = logging.getLogger("tim_async.emulator")

# The queue reaches this length only if a receiver hangs; further events are not sent.
_QUEUE_SIZE: Final = 100_000
# How long a stop waits for the queue: a hanging receiver takes 2 s per event.
_DRAIN_TIMEOUT_S: Final = 5.0
_ANSWER_MAX_BYTES: Final = 1024 * 1024


class Webhook(msgspec.Struct, kw_only=True):
    """One event in `Emulator.webhooks`.

    Attributes:
        event: the event.
        sends: how often it was sent; 0 while it waits, and if no URL is set.
        answer: the receiver's answer to the last send, None without a valid one.
        problem: why there is no valid answer; "" otherwise.
        number: counts all events from 1.
        took_s: seconds from the last send to its end; None before that.
        at: unix seconds of the emulator's clock when it happened.
    """

    event: Event
    sends: int = 0
    answer: AnswerBody | None = None
    problem: str = ""
    number: int = 0
    took_s: float | None = None
    at: float = 0.0


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller that caused an event.

    Attributes:
        client_ip: its address.
        platform: RESTAPI, or the platform of a client.
    """

    client_ip: str = "127.0.0.1"
    platform: str = "RESTAPI"


REST: Final = Caller()


class Outbox:
    """The events of an emulator, sent to a URL if one is set.

    Args:
        sdk_app_id: the app.
        url: the URL of the receiver; None only keeps the events in the log.
        token: signs them; None leaves Sign and RequestTime out.
        timeout_s: seconds to wait for an answer.
        on_failure: whether a before-event without an answer is allowed or refused.
        retries: how often an after-event without an answer is sent again.
        commands: the enabled commands; None is all of them. Alerts are always enabled.
        clock: unix seconds, for RequestTime.
        on_sent: called with every event, when it is logged and after each send.
        keep: how many events the log has.
    """

    def __init__(
        self,
        sdk_app_id: int,
        *,
        url: str | None,
        token: str | None,
        timeout_s: float,
        on_failure: OnFailure,
        retries: int,
        commands: Collection[str] | None,
        clock: Callable[[], float],
        on_sent: Callable[[Webhook], None],
        keep: int,
    ) -> None:
        check_seconds("webhook_timeout_s", timeout_s)
        if on_failure not in ("allow", "refuse"):
            raise UsageError("webhook_on_failure must be 'allow' or 'refuse'", field="webhook_on_failure")
        check_whole("webhook_retries", retries, 0)
        for command in commands or ():
            if command not in EVENTS:
                raise UsageError(f"unknown webhook command {command!r}", field="webhook_commands")
        self.url = url
        self.log: deque[Webhook] = deque(maxlen=keep)
        self.on_failure = on_failure
        self.token = token
        self._sdk_app_id = sdk_app_id
        self._numbers = count(1)
        self._on_sent = on_sent
        self._timeout_s = timeout_s
        self._retries = retries
        self._commands = None if commands is None else frozenset(commands)
        self._clock = clock
        self._queue: deque[tuple[Webhook, Caller]] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str | None:
        """The URL of the receiver."""
        return self._url

    @url.setter
    def url(self, url: str | None) -> None:
        check_url("webhook_url", url)
        self._url = url

    @property
    def token(self) -> str | None:
        """The key that signs the events."""
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        if token is not None and (not isinstance(token, str) or not token):
            raise UsageError("webhook_token must be a non-empty string", field="webhook_token")
        self._token = token

    def is_on(self, command: str) -> bool:
        """Return whether events of a command are enabled."""
        return self._commands is None or command in self._commands or command == RequestOverLimit.callback_command

    async def ask(self, event: BeforeEvent, caller: Caller) -> AnswerBody | None:
        """Send a before-event and return its answer: None if none arrived, an empty one if no URL is set."""
        webhook = self._enter(event)
        if self.url is None:
            return AnswerBody()
        await self._send(webhook, caller, self.url)
        return webhook.answer

    def emit(self, event: Event, caller: Caller = REST) -> None:
        """Log an after-event and queue it."""
        if not self.is_on(event.callback_command):
            return
        webhook = self._enter(event)
        if self.url is None:
            return
        if len(self._queue) >= _QUEUE_SIZE:
            webhook.problem = "not sent: too many events are waiting for the receiver"
            return
        self._queue.append((webhook, caller))
        self._wake()

    def _enter(self, event: Event) -> Webhook:
        webhook = Webhook(event=event, number=next(self._numbers), at=self._clock())
        self.log.append(webhook)
        self._on_sent(webhook)
        return webhook

    async def send_again(self, webhook: Webhook) -> None:
        """Send an event again, immediately; its answer is recorded and changes nothing."""
        if self.url is not None:
            await self._send(webhook, REST, self.url)

    def clear(self) -> None:
        """Drop the events, including queued ones."""
        self.log.clear()
        self._queue.clear()

    def open(self) -> None:
        """Start sending in the running event loop, including earlier events."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._loop = asyncio.get_running_loop()
        self._wake()

    def _wake(self) -> None:
        if self._queue and self._session is not None and (self._sender is None or self._sender.done()):
            self._sender = self._loop.create_task(self._drain(), name="tim_async: webhooks")

    async def settled(self) -> None:
        """Wait until all events so far were sent."""
        while self._sender is not None and not self._sender.done():
            await asyncio.wait((self._sender,))

    async def stop(self) -> None:
        """Send the waiting events, for a few seconds at most, and close the connections."""
        sender = self._sender
        if sender is not None and not sender.done():
            await asyncio.wait((sender,), timeout=_DRAIN_TIMEOUT_S)
            if not sender.done():
                _logger.warning("%d webhooks were not sent before the stop", len(self._queue) + 1)
                sender.cancel()
                await asyncio.wait((sender,))
        self._queue.clear()
        self._sender = None
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _drain(self) -> None:
        while self._queue:
            webhook, caller = self._queue.popleft()
            if self.url is None:
                continue
            for _ in range(1 + self._retries):
                await self._send(webhook, caller, self.url)
                if webhook.answer is not None:
                    break

    async def _send(self, webhook: Webhook, caller: Caller, url: str) -> None:
        """Send an event once, and record the result."""
        began = real_monotonic()
        try:
            await self._post(webhook, caller, url)
        finally:
            webhook.took_s = real_monotonic() - began
            self._on_sent(webhook)

    async def _post(self, webhook: Webhook, caller: Caller, url: str) -> None:
        webhook.sends += 1
        webhook.answer, webhook.problem = None, ""
        if self._session is None:
            webhook.problem = "the emulator is not started"
            return
        try:
            async with self._session.post(
                URL(url).update_query(
                    make_query(
                        webhook.event,
                        sdk_app_id=self._sdk_app_id,
                        token=self._token,
                        now=self._clock(),
                        client_ip=caller.client_ip,
                        opt_platform=caller.platform,
                    )
                ),
                data=webhook.event.to_body(),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=self._timeout_s, ceil_threshold=float("inf")),
                allow_redirects=False,
            ) as response:
                body = b""
                while response.status == 200 and len(body) <= _ANSWER_MAX_BYTES:
                    part = await response.content.readany()
                    if not part:
                        break
                    body += part
        except TimeoutError:
            webhook.problem = f"no answer within {self._timeout_s:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a host name that cannot be encoded
            webhook.problem = f"no answer: {type(error).__name__}"
        else:
            if response.status != 200:
                hint = " (redirects are not followed)" if 300 <= response.status < 400 else ""
                webhook.problem = f"HTTP status {response.status}{hint}"
            else:
                webhook.answer = _read_answer(body)
                webhook.problem = "" if webhook.answer is not None else "the answer is not a JSON object as documented"
        if webhook.problem:
            _logger.warning("webhook %s: %s", webhook.event.callback_command, webhook.problem)


_decode_answer: Final = reader(AnswerBody)


def _read_answer(body: bytes) -> AnswerBody | None:
    try:
        return _decode_answer(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def check_url(name: str, url: object) -> None:
    """Check that a URL is one to which webhooks can be sent; None is.

    Args:
        name: the name of the argument, for the error.
        url: the URL.

    Raises:
        UsageError: it is not.
    """
    if url is not None and not _is_address(url):
        raise UsageError(f"{name} must be an http or https URL such as http://127.0.0.1:8080/tim", field=name)


def _is_address(url: object) -> bool:
    if isinstance(url, str) and not (url.isprintable() and " " not in url):
        return False  # yarl takes a space for a letter of the host
    try:
        parsed = URL(url) if isinstance(url, str) else URL()
        (parsed.raw_host or "").encode("idna")  # as the resolver encodes it
    except ValueError:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)
