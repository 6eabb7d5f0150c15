"""The planned faults: list them, plan one of any kind, remove them."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from ...errors import UsageError
from ..server.fault_kinds import AnswerFault, DelayFault, Fault, FaultKind, StallFault, StatusFault, When
from ..server.faults import GARBAGE, GATEWAY_PAGE, Faults
from .context import Control
from .routes import Asked, NotFoundError, route
from .views import Done

N = TypeVar("N", int, float)


class FaultView(msgspec.Struct, kw_only=True):
    """A planned fault.

    Attributes:
        number: its number.
        kind: its kind.
        command: the only command that it applies to, None for all.
        is_after: whether it applies after the request took effect.
        hits: how many requests it has affected.
        times: how many requests it affects before it ends; None is unlimited.
        rate: the share of requests that it affects; None is all.
        after_calls: how many requests pass before it applies, from now on.
        code: of `answer`.
        seconds: of `delay`.
        status: of `status`.
    """

    number: int
    kind: FaultKind
    command: str | None
    is_after: bool
    hits: int
    times: int | None
    rate: float | None
    after_calls: int
    code: int | None
    seconds: float | None
    status: int | None


class PlanFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault to plan.

    Attributes:
        kind: `answer` with a code, `delay`, `drop` the connection, `status` of a gateway, `garbage` with HTTP 200,
            `truncate` the answer, `endless` answer, `stall` until it is released.
        code: of `answer`.
        info: ErrorInfo of `answer`; if empty, the code's meaning.
        seconds: of `delay`.
        status: the HTTP status of `status`.
        body: of `status` and `garbage`; None is a default of the emulator.
        content_type: of `status`.
        is_after: whether it applies after the request took effect; `truncate` and `stall` always do.
        command: the only command that it applies to; None is every command.
        times: how many requests it affects before it ends; None is unlimited.
        rate: the share of requests that it affects; None is all.
        seed: makes the draws for `rate` repeatable.
        after_calls: how many requests pass before it applies.
    """

    kind: FaultKind
    code: int | None = None
    info: str = ""
    seconds: Annotated[float, Meta(ge=0)] | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 502
    body: str | None = None
    content_type: str = "text/html"
    is_after: bool = False
    command: str | None = None
    times: int | None = None
    rate: float | None = None
    seed: int | None = None
    after_calls: int = 0


def _view(fault: Fault) -> FaultView:
    return FaultView(
        number=fault.number,
        kind=fault.kind,
        command=fault.command,
        is_after=fault.after,
        hits=fault.hits,
        times=fault.times,
        rate=fault.rate,
        after_calls=fault.after_calls,
        code=fault.planned_code if isinstance(fault, AnswerFault) else None,
        seconds=fault.seconds if isinstance(fault, DelayFault) else None,
        status=fault.planned_status if fault.kind == "status" and isinstance(fault, StatusFault) else None,
    )


@route("GET", "/faults", answer=list[FaultView], summary="The planned faults, in the order in which they are tried.")
def faults(control: Control, asked: Asked[None, None]) -> list[FaultView]:
    """Return the planned faults."""
    return [_view(each) for each in control.emulator.faults.active]


@route("POST", "/faults", body=PlanFault, answer=FaultView, summary="Plan a fault.")
def plan(control: Control, asked: Asked[None, PlanFault]) -> FaultView:
    """Plan a fault."""
    view = _view(plan_fault(control.emulator.faults, asked.body))
    control.events.publish("fault", lambda: view)
    return view


def plan_fault(kinds: Faults, body: PlanFault) -> Fault:
    """Plan a fault; raise `UsageError` if a field is missing or wrong."""
    after = body.is_after
    when: When = {
        "command": body.command,
        "times": body.times,
        "rate": body.rate,
        "seed": body.seed,
        "after_calls": body.after_calls,
    }
    match body.kind:
        case "answer":
            return kinds.answer(_given("code", body.code), body.info, after=after, **when)
        case "delay":
            return kinds.delay(_given("seconds", body.seconds), after=after, **when)
        case "status":
            page = GATEWAY_PAGE if body.body is None else body.body.encode()
            return kinds.status(body.status, page, body.content_type, after=after, **when)
        case "garbage":
            return kinds.garbage(GARBAGE if body.body is None else body.body.encode(), after=after, **when)
        case "drop":
            return kinds.drop(after=after, **when)
        case "endless":
            return kinds.endless(after=after, **when)
        case "truncate":
            return kinds.truncate(**when)
        case "stall":
            return kinds.stall(**when)


def _given(field: str, value: N | None) -> N:
    if value is None:
        raise UsageError(f"{field} is missing", field=field)
    return value


@route("DELETE", "/faults", answer=Done, summary="Remove all faults, and release stalled answers.")
def clear(control: Control, asked: Asked[None, None]) -> Done:
    """Remove all faults."""
    done = Done(count=len(control.emulator.faults.active))
    control.emulator.faults.clear()
    control.events.publish("fault", lambda: done)
    return done


@route("DELETE", "/faults/{number}", answer=FaultView, summary="Remove a fault; a stall releases the answers it holds.")
def remove(control: Control, asked: Asked[None, None]) -> FaultView:
    """Remove one fault."""
    wanted = asked.path["number"]
    fault = next((each for each in control.emulator.faults.active if str(each.number) == wanted), None)
    if fault is None:
        raise NotFoundError(f"fault {wanted} does not exist", field="number")
    if isinstance(fault, StallFault):
        fault.release()
    else:
        fault.remove()
    view = _view(fault)
    control.events.publish("fault", lambda: view)
    return view
