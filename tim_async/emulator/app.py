"""The emulator: an HTTP server over the handlers, and its interface for tests."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from aiohttp import web

from .._api.checks import check_number, check_whole
from .._api.endpoint import Endpoint, Rate
from .._clocks import real_monotonic, wall_time
from .._explorer.explorer import PREFIX as EXPLORER_PREFIX
from .._explorer.explorer import About, Explorer
from .._pages.event_stream import EventStream
from ..errors import UsageError
from ..families._registry import FAMILIES
from ..webhooks import Event, RequestOverLimit
from .clockwork import Clockwork
from .console.site import Console
from .control.api import ControlApi
from .control.calls import view_of as call_view
from .control.context import Control
from .control.routes import PREFIX as CONTROL_PREFIX
from .control.webhooks import view_of as webhook_view
from .dispatch import ENDPOINTS
from .keep import Keep
from .outgoing.outbox import Outbox
from .own_calls import OwnCalls
from .own_thread import OwnThread
from .saved_state import StateFile, put_back, take
from .server.arrivals import Arrival, ArrivalLog
from .server.faults import Faults
from .server.limits import EVERY, Limits
from .server.loopback import loopback
from .server.request_auth import RequestAuth
from .server.service import Service
from .server.steerable_clock import SteerableClock
from .state.core import State
from .steering import Steering

for _family in FAMILIES:
    import_module(f"tim_async.emulator.handlers.{_family}")  # registers the family's handlers

EventT = TypeVar("EventT", bound=Event)

# Iterations of the loop in which a new connection is accepted, and in which an aborted one is closed.
_TURNS: Final = 5

DEFAULT_SDK_APP_ID: Final = 1_400_000_000
DEFAULT_SECRET_KEY: Final = "emulator-key-0123456789abcdef0123456789abcdef0123456789abcdef"  # noqa: S105 - a toy's
DEFAULT_ADMIN: Final = "administrator"


class Emulator(Steering):
    """Serves the REST API on a port of this machine; all state is in memory.

        async with Emulator() as emulator:
            emulator.add_accounts("alice", "bob")
            ...  # call the API at emulator.url
            assert emulator.history("alice", "bob")

    It runs in the event loop that starts it. Code without a loop writes `with Emulator() as emulator:`, which runs it
    in a separate loop and thread. Its state survives `stop`: started again, it serves the same accounts and messages at
    the same address. A browser shows the console at `url`; programs in any language use the control API below
    `/_emulator/v1`.

    Args:
        sdk_app_id: the only app; calls for another app are refused.
        secret_key: the app's key, for verifying UserSigs. The default, `DEFAULT_SECRET_KEY`, is public.
        admins: accounts that may call the API, at least one; they exist from the start and cannot be deleted.
        host: the address to listen on, `localhost` or a loopback address unless `allow_remote`.
        port: port to listen on, 0 to 65535; 0 picks a free one, which it keeps across restarts.
        auto_import: whether unknown accounts are imported when a request first names them. Otherwise they are refused,
            as the service does.
        rate_limits: limits by command, such as `{"openim/sendmsg": 50}`, that replace the documented ones. A number,
            at least 1, is calls per second, a `Rate` is any other limit; `*` stands for every command not named.
        tolerance: the share of a limit that is tolerated above it, at least 0: 0.05 allows 210 calls instead of 200.
        body_limit: maximum size of a message's body in bytes, at least 1, without the list of recipients.
        duplicate_window_s: seconds during which a repeated message is recognized, at least 0.
        history_days: how many days of history are kept, at least 0; parts of a day count.
        max_contacts: how many conversations the list of an account keeps, at least 1.
        clock: returns unix seconds, for MsgTime, duplicates, history and the validity of UserSigs. The default is the
            host's clock, or that of time-machine and freezegun. `set_clock` and the control API steer it.
        window_clock: returns monotonic seconds, for the limits. None is `clock` if one was given, otherwise the
            monotonic clock, which tests do not replace.
        arrivals_size: the maximum length of `arrivals`, at least 0.
        keep: how many `messages` (100,000), and `calls` with their bodies, `webhooks`, `pushes` and `events` (10,000
            of each) are kept, at least 1: `{"messages": 1000}`. A message to an account that makes room for newer ones
            is still read back by its identity, with an empty MsgBody.
        webhook_url: the http or https URL to which the app's webhooks are sent; None sends none, and allows what
            before-events ask for. `webhooks` has the events either way.
        webhook_token: signs webhooks; None leaves Sign and RequestTime out.
        webhook_timeout_s: seconds to wait for an answer, above 0; the service waits 2.
        webhook_on_failure: whether a before-event without an answer is allowed, or refused with 80003.
        webhook_retries: how often an after-event without an answer is sent again, at least 0.
        webhook_commands: the enabled commands, such as `C2C.CallbackAfterSendMsg`; None is all.
        allow_remote: whether `host` may be reachable from other machines, which may then read and change everything.
        on_call: called with every call when it is answered, or its connection is closed, in the emulator's loop.
        state_file: a file that keeps the state across restarts: it is read here, and written within a second of a
            change and by `stop`. None keeps nothing. `export_state` describes its contents.

    Attributes:
        sdk_app_id: the app.
        secret_key: its key.
        admin: the first admin.
        faults: the planned faults; each method of `Faults` plans one.

    Raises:
        UsageError: an argument is invalid, or the state file cannot be read or belongs to another version or app;
            `field` names the argument.
    """

    def __init__(
        self,
        sdk_app_id: int = DEFAULT_SDK_APP_ID,
        secret_key: str = DEFAULT_SECRET_KEY,
        *,
        admins: Collection[str] = (DEFAULT_ADMIN,),
        host: str = "127.0.0.1",
        port: int = 0,
        auto_import: bool = False,
        rate_limits: Mapping[str, int | Rate] | None = None,
        tolerance: float = 0.05,
        body_limit: int = 8192,
        duplicate_window_s: float = 120.0,
        history_days: float = 7,
        max_contacts: int = 100,
        clock: Callable[[], float] = wall_time,
        window_clock: Callable[[], float] | None = None,
        arrivals_size: int = 100_000,
        keep: Mapping[str, int] | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        webhook_timeout_s: float = 2.0,
        webhook_on_failure: Literal["allow", "refuse"] = "allow",
        webhook_retries: int = 0,
        webhook_commands: Collection[str] | None = None,
        allow_remote: bool = False,
        on_call: Callable[[Arrival], None] | None = None,
        state_file: str | os.PathLike[str] | None = None,
    ) -> None:
        if isinstance(admins, str) or not admins:
            raise UsageError("admins must be a collection of at least one account", field="admins")
        for command in rate_limits or ():
            if command != EVERY and command not in ENDPOINTS:
                raise UsageError(f"unknown command {command!r} in rate_limits", field="rate_limits")
        check_whole("port", port, 0, 65_535)
        for name, number in (("body_limit", body_limit), ("max_contacts", max_contacts)):
            check_whole(name, number, 1)
        check_whole("arrivals_size", arrivals_size, 0)
        for name, amount in (("duplicate_window_s", duplicate_window_s), ("history_days", history_days)):
            check_number(name, amount, 0)
        self.sdk_app_id = sdk_app_id
        self.secret_key = secret_key
        self.admin: str = next(iter(admins))
        self._host = loopback(host, allow_remote=allow_remote)
        self._port = port
        self._on_call = on_call
        own_clock = SteerableClock(clock)
        kept = Keep.of(keep or {})
        self._events = events = EventStream(kept.events)
        log = ArrivalLog(arrivals_size, kept.calls)
        state = State(
            auto_import=auto_import,
            duplicate_window_s=duplicate_window_s,
            history_days=history_days,
            max_contacts=max_contacts,
            sdk_app_id=sdk_app_id,
            max_messages=kept.messages,
            max_pushes=kept.pushes,
        )
        outbox = Outbox(
            sdk_app_id,
            url=webhook_url,
            token=webhook_token,
            timeout_s=webhook_timeout_s,
            on_failure=webhook_on_failure,
            retries=webhook_retries,
            commands=webhook_commands,
            clock=own_clock,
            on_sent=lambda webhook: events.publish("webhook", partial(webhook_view, webhook)),
            keep=kept.webhooks,
        )
        limits = Limits(rate_limits, tolerance, self._alert)
        self.faults: Faults = Faults(ENDPOINTS)
        self._state, self._limits, self._log, self._outbox, self._clock = state, limits, log, outbox, own_clock
        self._clockwork = Clockwork(state, outbox, own_clock)
        self._admins = tuple(admins)
        self._import_admins()
        self._file = None if state_file is None else StateFile(Path(state_file), lambda: take(state, own_clock))
        saved = None if self._file is None else self._file.read()
        if saved is not None:
            try:
                put_back(saved, state, own_clock)
            except UsageError as error:
                problem = f"{state_file}: it is left unchanged: {error.message}"
                raise UsageError(problem, field="state_file") from None
            self._import_admins()
        is_real = clock in (wall_time, time.time)
        limit_clock = window_clock or (real_monotonic if is_real else clock)
        self._service = Service(
            auth=RequestAuth(sdk_app_id, secret_key, admins, own_clock),
            limits=limits,
            state=state,
            faults=self.faults,
            log=log,
            outbox=outbox,
            clockwork=self._clockwork,
            body_limit=body_limit,
            clock=own_clock,
            has_own_dates=not is_real,
            window_clock=limit_clock,
            on_call=self._note_call,
        )
        control = Control(
            self,
            state=state,
            limits=limits,
            log=log,
            outbox=outbox,
            clock=own_clock,
            window_clock=limit_clock,
            events=events,
            act=self._service.act,
        )
        hosts = None if allow_remote else ()
        self._control = ControlApi(control, hosts)
        self._console = Console(hosts)
        about = About(sdk_app_id=sdk_app_id, identifier=self.admin, address="", asks_first=False, body_limit=body_limit)
        own_calls = OwnCalls(lambda: self.url, sdk_app_id, secret_key, self.admin, own_clock)
        self._explorer = Explorer(about, own_calls.send, hosts)
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None

    # Lifetime

    async def start(self) -> None:
        """Start listening.

        Raises:
            UsageError: it is already started, or the port is taken; or the state file cannot be written, is used by
                another emulator, or has changed since it was read.
        """
        if self._server is not None:
            raise UsageError("the emulator is already started")
        loop = asyncio.get_running_loop()
        if self._file is not None:
            self._file.reserve()
        # No access log: its lines would contain the UserSig.
        self._server = server = web.Server(self._serve, access_log=None, lingering_time=1.0)
        try:
            self._listener = await loop.create_server(server, self._host, self._port, backlog=1024)
        except OSError as error:
            self._server = None
            if self._file is not None:
                self._file.release()
            problem = (
                f"cannot listen on {self._host} port {self._port}: {os.strerror(error.errno) if error.errno else error}"
            )
        else:
            self._port = self._listener.sockets[0].getsockname()[1]
            self._state.base_url = self.url
            self._outbox.open()
            self._clockwork.open()
            if self._file is not None:
                self._file.open()
            return
        raise UsageError(problem, field="port")

    async def stop(self) -> None:
        """Close the port and every connection, answered or not, and send the waiting webhooks.

        Does nothing if the emulator is not started.
        """
        server, listener = self._server, self._listener
        if server is None or listener is None:
            return
        self._server = self._listener = None
        self._clockwork.close()
        self._events.end()
        loop = asyncio.get_running_loop()
        for each in listener.sockets:
            # Python 3.11 loses a connection that is being accepted when its listener is closed.
            with suppress(NotImplementedError, RuntimeError, ValueError):  # other loops have no such readers
                loop.remove_reader(each.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        listener.close()
        for _ in range(2):
            # The second round is for requests that arrived on open connections during the first.
            for connection in server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._service.cancel_all()
        await server.shutdown(1.0)
        await listener.wait_closed()
        await self._outbox.stop()
        if self._file is not None:
            await self._file.close()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        """Start in an event loop in a separate thread, for code without a loop."""
        self._thread = OwnThread(self.start, self.stop)
        self._thread.begin()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.end()

    @property
    def url(self) -> str:
        """The base URL with the port, for `base_url` of clients.

        Raises:
            UsageError: the emulator is not started.
        """
        if self._server is None:
            raise UsageError("the emulator is not started and has no URL")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            self._clockwork.run()
            response = await self._control.serve(request)
            self._clockwork.run()  # the clock may have been moved
            if request.method != "GET":
                self._note_change()
            return response
        if not request.path.startswith("/v4/"):
            if request.path.startswith(EXPLORER_PREFIX):
                return await self._explorer.serve(request)
            page = self._console.serve(request)
            if page is not None:
                return page
        try:
            return await self._service.serve(request)
        finally:
            self._note_change()

    def _note_change(self) -> None:
        if self._file is not None:
            self._file.note_change()

    def _note_call(self, arrival: Arrival) -> None:
        self._events.publish("call", partial(call_view, arrival))
        if self._on_call is not None and arrival.took_s is not None:  # it is also recorded while its answer waits
            self._on_call(arrival)

    def _alert(self, endpoint: Endpoint[..., Any], seen: int, limit: int) -> None:
        service, _, word = endpoint.command.partition("/")
        self._outbox.emit(RequestOverLimit(service_name=service, command=word, request=seen, limit=limit))
