"""The path of one request: log, auth, faults, limit, body, handler, answer.

arrival      arrivals      logged before any check
  auth       request_auth  path, method, URL, UserSig, admin
    plan       faults        the planned faults; those that apply before the effect end here
  limit      limits        counted at arrival, also when the answer is delayed
  [delay]
    due        clockwork     timed actions that are due before it
    body       here          JSON, object, size; empty values of optional fields
  handler    a family      the command's own checks, then the effect; a before-event may be awaited in between
  [delay]
answer       faults        the envelope, or what a fault makes of it
events       outbox        for the app's webhook
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import msgspec
from aiohttp import web

from ..._api.endpoint import Endpoint
from ..._api.wire import check_size
from ...errors import BodyTooLargeError
from ..answers import failed
from ..clockwork import Clockwork
from ..dispatch import HANDLERS, Call, dialect, done
from ..outgoing.outbox import Caller, Outbox
from ..outgoing.verdict import PendingAnswer
from ..state.archives import ARCHIVE_PATH, Archives
from ..state.codes import CommonCode
from ..state.core import State
from ..state.refusal import Refusal
from .arrivals import Arrival, ArrivalLog
from .fault_kinds import hang_up
from .faults import Faults
from .leniency import drop_empty, may_have_empty
from .limits import Limits
from .request_auth import RequestAuth, command_of, random_of
from .steerable_clock import SteerableClock

_logger = logging.getLogger("tim_async.emulator")


class Service:
    """Answers requests.

    Args:
        auth: checks everything but the body.
        limits: counts calls.
        state: the state that handlers read and change.
        faults: the planned faults.
        log: the log of arrivals.
        outbox: sends events.
        clockwork: does what is due.
        body_limit: bytes of a message's body.
        clock: unix seconds.
        has_own_dates: whether the clock differs from the host's, whose dates aiohttp writes faster.
        window_clock: monotonic seconds, for the limits.
        on_call: called with every answered request, and before that with one whose answer a fault holds back.
    """

    def __init__(
        self,
        *,
        auth: RequestAuth,
        limits: Limits,
        state: State,
        faults: Faults,
        log: ArrivalLog,
        outbox: Outbox,
        clockwork: Clockwork,
        body_limit: int,
        clock: SteerableClock,
        has_own_dates: bool,
        window_clock: Callable[[], float],
        on_call: Callable[[Arrival], None],
    ) -> None:
        self._auth = auth
        self._limits = limits
        self._state = state
        self._faults = faults
        self._log = log
        self._outbox = outbox
        self._clockwork = clockwork
        self._body_limit = body_limit
        self._clock = clock
        self._window_clock = window_clock
        self._has_own_dates = has_own_dates
        self._on_call = on_call
        self._running: set[asyncio.Task[object]] = set()

    async def cancel_all(self) -> None:
        """Cancel all unanswered requests, and wait until they have ended."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return web.Response()  # the real host answers its bare address with 200
        if request.method == "GET" and request.path.startswith(ARCHIVE_PATH):
            return self._archive(request.path)
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - aiohttp runs every request in a task
            return hang_up(request)
        self._running.add(task)
        arrival = self._log.enter(command_of(request.path), self._clock())
        response: web.StreamResponse | None = None
        try:
            response = await self._answer(request, arrival)
        finally:
            self._running.discard(task)
            body = response.body if isinstance(response, web.Response) else None
            status = None if response is None or request.transport is None else response.status
            self._log.answered(arrival, status, body if isinstance(body, bytes) else b"")
            self._on_call(arrival)
        if self._has_own_dates or self._clock.is_steered:
            response.headers.setdefault("Date", formatdate(self._clock(), usegmt=True))
        return response

    def _archive(self, path: str) -> web.Response:
        """Return a file of archived messages, as a file store does."""
        file = self._state.part(Archives).files.get(path)
        if file is None:
            return web.Response(status=404)
        if file.expires_at <= self._clock():
            return web.Response(status=403)
        return web.Response(body=file.data, content_type="application/gzip")

    async def _answer(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        query = request.rel_url.query
        arrival.identifier = query.get("identifier", "")
        arrival.random = random_of(query.get("random"))
        try:
            self._log.read(arrival, await request.read())
        except web.HTTPRequestEntityTooLarge:
            response = _respond(
                arrival,
                CommonCode.HTTP_PARSE_FAILED,
                failed(CommonCode.HTTP_PARSE_FAILED, "the body exceeds 1 MiB"),
            )
            response.force_close()
            return response
        except (ConnectionError, web.RequestPayloadError):
            return hang_up(request)
        try:
            endpoint, identifier = self._auth.check(request)
        except Refusal as refusal:
            return _respond(arrival, refusal.code, failed(refusal.code, refusal.info))
        plan = self._faults.plan(arrival.command)
        fault = plan.fault
        arrival.fault = plan.kind
        if plan.is_slow:
            self._on_call(arrival)
        if fault is not None and not fault.after:
            await asyncio.sleep(plan.delay)
            arrival.code = fault.code(None)
            return await fault.respond(request, b"")
        raw = _parse(arrival.body)
        over = self._limits.admit(endpoint, raw if isinstance(raw, dict) else {}, self._window_clock())
        if plan.delay:
            await asyncio.sleep(plan.delay)
        if over is not None:
            code, body = over.code, failed(over.code, over.info)
        else:
            caller = Caller(client_ip=request.remote or "")
            code, body = await self._carry_out(endpoint, identifier, raw, arrival.body, caller)
            if arrival.attempts is not None:
                arrival.attempts.carried_out(code, body)
        arrival.result_code = code
        if plan.delay_after:
            await asyncio.sleep(plan.delay_after)
        if fault is None:
            return _respond(arrival, code, body)
        changed = await fault.respond(request, body)
        arrival.code = fault.code(code)
        return changed

    async def act(
        self, endpoint: Endpoint[..., Any], account: str, fields: Mapping[str, object], platform: str
    ) -> tuple[int, bytes]:
        """Execute what an account does on its device, as the call with the same effect; return code and answer.

        It is not a call of the REST API: it is not logged, and neither limits nor faults apply.
        """
        caller = Caller(platform=platform)
        return await self._carry_out(endpoint, account, dict(fields), msgspec.json.encode(fields), caller)

    async def _carry_out(
        self, endpoint: Endpoint[..., Any], identifier: str, raw: object, body: bytes, caller: Caller
    ) -> tuple[int, bytes]:
        """Execute a request; return ErrorCode and answer."""
        self._clockwork.run()
        try:
            if raw == []:
                raw, body = {}, b"{}"
            fields: Mapping[str, object] = self._check_body(endpoint, raw, body)
            if may_have_empty(body):
                fields, body = _tidy(endpoint, fields, body)
            call = Call(
                endpoint,
                identifier,
                raw=endpoint.resolve_aliases(fields),
                body=body,
                now=self._clock(),
                state=self._state,
                outbox=self._outbox,
            )
        except Refusal as refusal:
            return refusal.code, failed(refusal.code, refusal.info, command=endpoint.command)
        while True:
            try:
                code, answer = self._handle(call)
            except PendingAnswer as pending:
                call.go_on(await self._outbox.ask(pending.event, caller))
            else:
                for event in call.events:
                    self._outbox.emit(event, caller)
                self._clockwork.watch()
                return code, answer

    def _handle(self, call: Call) -> tuple[int, bytes]:
        """Run the handler; return ErrorCode and answer."""
        endpoint = call.endpoint
        try:
            return 0, done(endpoint.command, HANDLERS[endpoint.command](call))
        except PendingAnswer:
            raise
        except Refusal as refusal:
            return refusal.code, failed(refusal.code, refusal.info, command=endpoint.command)
        except Exception:
            _logger.exception("the handler of %s failed", endpoint.command)
            code = dialect(endpoint.service).internal
            return code, failed(code, "the emulator's handler failed, see its log", command=endpoint.command)

    def _check_body(self, endpoint: Endpoint[..., Any], raw: object, body: bytes) -> dict[str, object]:
        codes = dialect(endpoint.service)
        if isinstance(raw, _NotJson):
            raise Refusal(codes.bad_json, f"the body is not JSON: {raw.problem}")
        if not isinstance(raw, dict):
            code = codes.not_object if endpoint.has_body_limit else codes.bad_json
            raise Refusal(code, "the body is not a JSON object")
        if endpoint.has_body_limit:
            try:
                check_size(body, self._body_limit)
            except BodyTooLargeError as error:
                raise Refusal(codes.too_long, error.message) from None
        return raw


class _NotJson:
    """Stands for a body that is not JSON."""

    def __init__(self, problem: str) -> None:
        self.problem = problem


def _parse(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return _NotJson(str(error))


def _tidy(
    endpoint: Endpoint[..., Any], fields: Mapping[str, object], body: bytes
) -> tuple[Mapping[str, object], bytes]:
    """Return the fields and the body of a request without empty values that mean "not given"."""
    newer = endpoint.resolve_aliases(fields)
    tidied = drop_empty(endpoint, newer)
    return (fields, body) if tidied is newer else (tidied, msgspec.json.encode(tidied))


def _respond(arrival: Arrival, code: int, body: bytes) -> web.Response:
    arrival.code = code
    return web.Response(body=body, content_type="application/json")
