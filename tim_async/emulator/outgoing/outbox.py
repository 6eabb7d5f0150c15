"""Sends webhooks, as the service does. Source: webhooks (I34354, I34364).

A before-event is asked about when it happens, and its answer decides. After-events stand in a queue and go out one by
one, in the order in which they happened; their answers count for nothing. Both are POST requests with the event as the
body and, where there is a token, Sign and RequestTime in the URL. An answer that does not come in time, has another
status than 200 or is no JSON counts as a failure: a before-event then goes on, or is refused with 80003, as is set; an
after-event is sent again as often as is set.

Where the documents are silent: the queue is of one line for the whole app; the service's is not, and an event may
overtake another there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from typing import Final, Literal

import aiohttp
import msgspec
from yarl import URL

from ..._api.wire import reader
from ...errors import UsageError
from ...webhooks import EVENTS, AnswerBody, BeforeEvent, Event, RequestOverLimit
from ...webhooks._check import make_query

OnFailure = Literal["allow", "refuse"]

_logger = logging.getLogger("tim_async.emulator")

LOG_SIZE: Final = 10_000
# More wait only behind a receiver that hangs; the newest are not sent then.
_QUEUE_SIZE: Final = 100_000
# How long a stop waits for the queue; a receiver that hangs would keep it for 2 s an event.
_DRAIN_S: Final = 5.0
_ANSWER_MAX_BYTES: Final = 1024 * 1024


class Webhook(msgspec.Struct, kw_only=True):
    """One event, as `Emulator.webhooks` has it.

    Attributes:
        event: what happened, or was about to.
        sends: how often it was sent; 0 while it waits, and where no address is set.
        answer: what the receiver answered in the end, None when that was no answer.
        problem: why it was none; "" when all is well.
    """

    event: Event
    sends: int = 0
    answer: AnswerBody | None = None
    problem: str = ""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who caused an event.

    Attributes:
        client_ip: its address.
        platform: RESTAPI, or the platform of a client.
    """

    client_ip: str = "127.0.0.1"
    platform: str = "RESTAPI"


REST: Final = Caller()


class Outbox:
    """The events of an emulator, sent to an address where one is set.

    Args:
        sdk_app_id: the app.
        url: where to; None keeps the events in the log alone.
        token: signs them; None leaves Sign and RequestTime out.
        timeout_s: seconds for an answer.
        on_failure: what becomes of a before-event that got no answer.
        retries: how often an after-event that got no answer is sent again.
        commands: the commands that are switched on; None is all of them. Alerts are always on.
        clock: unix seconds, for RequestTime.
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
    ) -> None:
        if token is not None and (not isinstance(token, str) or not token):
            raise UsageError("webhook_token must be a text that is not empty", field="webhook_token")
        if not timeout_s > 0:
            raise UsageError("webhook_timeout_s must be above 0", field="webhook_timeout_s")
        if on_failure not in ("allow", "refuse"):
            raise UsageError("webhook_on_failure must be allow or refuse", field="webhook_on_failure")
        if retries < 0:
            raise UsageError("webhook_retries must be at least 0", field="webhook_retries")
        for command in commands or ():
            if command not in EVENTS:
                raise UsageError(f"there is no webhook command {command!r}", field="webhook_commands")
        self.url = url
        self.log: deque[Webhook] = deque(maxlen=LOG_SIZE)
        self.on_failure = on_failure
        self._sdk_app_id = sdk_app_id
        self._token = token
        self._timeout_s = timeout_s
        self._retries = retries
        self._commands = None if commands is None else frozenset(commands)
        self._clock = clock
        self._queue: deque[tuple[Webhook, Caller]] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str | None:
        """The address of the receiver."""
        return self._url

    @url.setter
    def url(self, url: str | None) -> None:
        if url is not None and not _is_address(url):
            raise UsageError("webhook_url must look like http://127.0.0.1:8080/tim", field="webhook_url")
        self._url = url

    def is_on(self, command: str) -> bool:
        """Tell whether events of a command are sent."""
        return self._commands is None or command in self._commands or command == RequestOverLimit.callback_command

    async def ask(self, event: BeforeEvent, caller: Caller) -> AnswerBody | None:
        """Ask about a before-event; None when there was no answer, an empty answer where nobody is asked."""
        webhook = Webhook(event=event)
        self.log.append(webhook)
        if self.url is None:
            return AnswerBody()
        await self._send(webhook, caller, self.url)
        return webhook.answer

    def emit(self, event: Event, caller: Caller = REST) -> None:
        """Note an after-event, and have it sent in its turn."""
        if not self.is_on(event.callback_command):
            return
        webhook = Webhook(event=event)
        self.log.append(webhook)
        if self.url is None:
            return
        if len(self._queue) >= _QUEUE_SIZE:
            webhook.problem = "too many events wait for the receiver"
            return
        self._queue.append((webhook, caller))
        self._wake()

    def open(self) -> None:
        """Send from now on, what happened before included; in the event loop that runs."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._loop = asyncio.get_running_loop()
        self._wake()

    def _wake(self) -> None:
        if self._queue and self._session is not None and (self._sender is None or self._sender.done()):
            self._sender = self._loop.create_task(self._drain(), name="tim_async: webhooks")

    async def settled(self) -> None:
        """Wait until everything that happened so far was sent."""
        while self._sender is not None and not self._sender.done():
            await asyncio.wait((self._sender,))

    async def stop(self) -> None:
        """Send what waits, for a few seconds at most, and close the connections."""
        sender = self._sender
        if sender is not None and not sender.done():
            await asyncio.wait((sender,), timeout=_DRAIN_S)
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
        """Send an event once, and write down what came of it."""
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
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a name may be none to whoever looks it up
            webhook.problem = f"no answer: {type(error).__name__}"
        else:
            if response.status != 200:
                hint = ", and the service follows no redirect" if 300 <= response.status < 400 else ""
                webhook.problem = f"HTTP status {response.status}{hint}"
            else:
                webhook.answer = _read_answer(body)
                webhook.problem = "" if webhook.answer is not None else "the answer is no JSON object as documented"
        if webhook.problem:
            _logger.warning("webhook %s: %s", webhook.event.callback_command, webhook.problem)


_decode_answer: Final = reader(AnswerBody)


def _read_answer(body: bytes) -> AnswerBody | None:
    try:
        return _decode_answer(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _is_address(url: object) -> bool:
    try:
        parsed = URL(url) if isinstance(url, str) else URL()
        (parsed.raw_host or "").encode("idna")  # as it is looked up
    except ValueError:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)
