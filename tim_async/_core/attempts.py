"""The attempts of one call, repeated until one succeeds or the policy gives up.

`_attempt` makes one: turn, slot, token, wire, answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final

from .._clocks import ending_stopped_waits, is_loop_clock_replaced, sleep
from .._hidden import Hidden, hide_in
from ..errors import (
    ApiError,
    AuthError,
    BreakerOpenError,
    ConnectError,
    ReplyDecodeError,
    TimError,
    TransportError,
    UsageError,
    WaitTooLongError,
    from_reply,
)
from .call import Call, ClientState
from .host_clock import EXPIRED, blame_clock
from .http_answers import timeout_error
from .pool import ConnectionSlot
from .rate_limits import Claim
from .replies import read_envelope
from .retry import latest_start, next_backoff

logger = logging.getLogger("tim_async")

# A UserSig that was current this many seconds ago is sent without checking again.
_SIG_CHECK_S: Final = 0.5
# Answers showing that the UserSig is no longer valid.
_USER_SIG_CODES: Final = frozenset({20002, 70001, 70002, 70003, 70005, 70009, 70013, 70014})


async def run(state: ClientState, call: Call) -> bytes:
    """Make attempts until one succeeds or the policy gives up; return the answer."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a call is always awaited by a task
    state.calls[task] = call
    cancelling = task.cancelling()
    failure: TimError | None = None
    try:
        while True:
            try:
                if state.breaker is None:
                    reply = await _attempt(state, call, loop)
                else:
                    reply = await _attempt_behind_breaker(state, call, loop)
            except (WaitTooLongError, BreakerOpenError) as error:
                # The retry would not get its turn in time, or is not let through: the previous failure says more.
                failure = failure or error
                break
            except TimError as error:
                failure = error
            else:
                call.stats.succeeded += 1
                failure = None  # break the reference cycle between the error and this frame
                return reply
            backoff = _backoff(call, failure, loop.time())
            if backoff is None:
                break
            try:
                await sleep(backoff)
            except UsageError as error:
                failure = error
                break
    except asyncio.CancelledError as error:
        if call.dropped_for is not None and task.uncancel() <= cancelling:
            call.stats.count_error(_name(call.dropped_for))
            failure = failure if failure and isinstance(call.dropped_for, BreakerOpenError) else call.dropped_for
        else:
            call.stats.cancelled += 1
            call.explain(error)
            if call.watch is not None:
                call.watch.end("cancelled", call.attempts)
            raise
    finally:
        state.calls.pop(task, None)
    # Raised here, where no handler is active, so that the error has no context.
    call.sign(failure)
    if call.watch is not None:
        call.watch.end(_name(failure), call.attempts)
    try:
        raise failure
    finally:
        del failure


def _backoff(call: Call, failure: TimError, now: float) -> float | None:
    """Return the seconds until the next attempt, log it and mark the claim as a repeat; None to give up."""
    policy = call.options.retry
    if call.first_at is None:
        call.first_at = now
    backoff = next_backoff(
        policy,
        failure,
        attempt=call.tries,
        elapsed=now - call.first_at,
        repeat=call.repeat,
        slow_down_s=call.slow_down_s,
    )
    call.slow_down_s = 0.0
    if backoff is None or (call.deadline is not None and now + backoff >= call.deadline):
        return None
    latest = call.first_at + latest_start(policy, call.repeat)
    call.claim.deadline = latest if call.deadline is None else min(latest, call.deadline)
    call.claim.is_repeat = True
    logger.warning(
        "%s: attempt %d failed with %s, retrying in %.3f s", call.command, call.tries, _name(failure), backoff
    )
    return backoff


async def _attempt_behind_breaker(state: ClientState, call: Call, loop: asyncio.AbstractEventLoop) -> bytes:
    """Make one attempt if the breaker allows it, and report the outcome to the breaker."""
    breaker = state.breaker
    assert breaker is not None  # noqa: S101 - it is the reason for coming here
    began = loop.time()
    try:
        is_look = breaker.admit(began)
    except BreakerOpenError as error:
        call.stats.count_error(_name(error))
        raise
    has_failed = False
    try:
        reply = await _attempt(state, call, loop)
        breaker.answered(loop.time())
        is_look = False
        return reply
    except ApiError:
        breaker.answered(loop.time())
        is_look = False
        raise
    except TransportError:
        now = loop.time()
        has_failed = True
        # Without the wait for its turn, it took at most its timeout.
        if breaker.failed(now, max(began, now - call.options.timeout)):
            state.refuse_waiting(breaker, now)
        raise
    finally:
        if is_look:
            breaker.end_look(loop.time(), has_failed=has_failed)


async def _attempt(state: ClientState, call: Call, loop: asyncio.AbstractEventLoop) -> bytes:
    """Make one attempt: turn, slot, token, wire, answer."""
    # As in the limiter, a hundred thousand calls may wait here: keep this frame's variables few.
    call.tries += 1
    began = loop.time()
    took_at: float | None = None
    outcome = "cancelled"
    try:
        with state.pool.slot(call.claim.rank) as slot:
            user_sig = state.auth.peek()
            if call.claim.deadline is None:
                user_sig = user_sig or await state.auth.get()
                await state.gate.acquire(call.claim, slot)
            else:
                user_sig = await _acquire_in_time(state, call.claim, slot, call.claim.deadline - began)
            now = loop.time()
            timeout = call.begin_attempt(now)
            took_at = now
            if abs(took_at - began) > _SIG_CHECK_S:
                # The wait was long, or the clock was set back: use the current UserSig instead.
                user_sig = state.auth.peek() or user_sig
            post = slot.post(call.command, state.query(user_sig), call.body, timeout=timeout)
            reply = await (_in_real_time(state, post, timeout) if is_loop_clock_replaced(loop) else post)
        reply = _check_reply(state, call, reply, user_sig)
        call.is_in_flight = False
        outcome = "0"
        return reply
    except TimError as error:
        reply = b""  # it may quote the URL, and this frame is part of the error
        outcome = _name(error)
        call.stats.count_error(outcome)
        call.is_in_flight = False
        call.maybe_delivered |= took_at is not None and _is_open(error)
        if isinstance(error, ApiError):
            _slow_down(state, call, error)
        raise
    finally:
        _note_attempt(call, outcome, began, took_at, loop.time())


def _note_attempt(call: Call, outcome: str, began: float, took_at: float | None, now: float) -> None:
    """Count and log an attempt that has ended; `took_at` is when its token was granted, None if it was not."""
    granted = now if took_at is None else took_at
    waited_s, took_s = granted - began, now - granted
    call.stats.waited_s += waited_s
    call.stats.took_s += took_s
    if call.watch is not None:
        call.watch.attempt(call.tries, outcome, waited_s, took_s)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(
            "%s: attempt %d: %s, waited %.4f s, took %.4f s", call.command, call.tries, outcome, waited_s, took_s
        )


async def _in_real_time(state: ClientState, post: Awaitable[bytes], timeout: float) -> bytes:
    """Wait for an answer while the loop's clock may stand still; the real clock then enforces the timeout."""
    with suppress(TimeoutError):
        async with ending_stopped_waits(timeout):
            return await post
    authority = state.host.partition("://")[2].partition("/")[0]
    raise timeout_error(authority, timeout)


async def _acquire_in_time(state: ClientState, claim: Claim, slot: ConnectionSlot, left: float) -> Hidden:
    """Wait for a UserSig and the turn, at most until the deadline; return with the slot and tokens taken."""
    try:
        async with asyncio.timeout_at(claim.deadline):
            user_sig = await state.auth.get()
            await state.gate.acquire(claim, slot)
            return user_sig
    except TimeoutError:
        pass  # raised below, so that the cancellation inside the timeout does not become its context
    raise WaitTooLongError(wait=None, remaining=left)


def _check_reply(state: ClientState, call: Call, reply: bytes, user_sig: Hidden) -> bytes:
    """Return a successful answer with damaged texts repaired; raise for any other answer."""
    envelope, reply = read_envelope(call, reply)
    if isinstance(envelope, str):
        size = len(reply)
        del reply  # it may quote the URL, and this frame is part of the error
        raise ReplyDecodeError(f"the answer {envelope}", status=200, size=size)
    code = envelope.error_code
    # Of the known values, only FAIL contradicts code 0 (SomeError accompanies the failures of a batch).
    if code == 0 and envelope.action_status != "FAIL":
        return reply
    # An ErrorInfo that echoes the request must not put the UserSig into an error.
    info = hide_in(envelope.error_info or "", user_sig)
    if code == 0:
        size = len(reply)
        del reply, envelope
        raise ReplyDecodeError(
            f"the answer says ActionStatus FAIL and ErrorCode 0: {info or 'no ErrorInfo'}", status=200, size=size
        )
    error = from_reply(call.command.partition("/")[0], code, info)
    if code in _USER_SIG_CODES:
        state.auth.forget(user_sig)
    if code == EXPIRED and isinstance(error, AuthError):
        blame_clock(error, reply, user_sig)
    del reply, envelope
    try:
        raise error
    finally:
        del error


def _slow_down(state: ClientState, call: Call, error: ApiError) -> None:
    """Report a refusal to the limiter if it means "too many calls"."""
    if error.asks_to_slow_down:
        call.slow_down_s = state.limiter.refused(call.claim, error.code)


def _is_open(error: TimError) -> bool:
    """Return whether an attempt that ended with this error may have taken effect."""
    if isinstance(error, ApiError):
        # A refusal is final; "trouble inside the service" does not say how far the request got.
        return error.transient
    if isinstance(error, ReplyDecodeError):
        # A redirect, or a proxy that wants a password, answers in place of the service.
        return error.status != 407 and not 300 <= error.status < 400
    return isinstance(error, TransportError) and not isinstance(error, ConnectError)


def _name(error: TimError) -> str:
    """Return a short name for logs and counts: the code, the HTTP status of a gateway, or the class."""
    if not isinstance(error, ApiError):
        return type(error).__name__
    return f"HTTP {error.status}" if error.code is None else str(error.code)
