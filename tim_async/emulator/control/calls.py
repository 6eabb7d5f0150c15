"""The calls of the REST API: requests with their answers, and the stream of events."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import chain
from typing import Any

import msgspec
from aiohttp import web

from ... import _codes
from ..._api.endpoint import Endpoint
from ..._explorer.copies import Copies, copies_of
from ...errors import ADVICE, ADVICE_ZH
from ..dispatch import ENDPOINTS
from ..server.arrivals import Arrival
from .context import Control
from .requests import gist_of, parse, unknown_pointers
from .routes import Asked, NotFoundError, route
from .views import Page


class CallView(msgspec.Struct, kw_only=True):
    """A call.

    Attributes:
        number: counts all calls from 1.
        at: unix seconds of the emulator's clock at its arrival.
        command: the path below `/v4/`, or the whole path if it is elsewhere.
        identifier: the admin in its address.
        status: the HTTP status of the answer, None without an answer.
        code: the ErrorCode of the answer, None if it has none.
        took_s: seconds to the answer, or to the end without one; None while the call is pending.
        request_size: bytes of the request's body.
        answer_size: bytes of the answer's body.
        sender: the account that sends or acts, None if the body does not name it.
        target: the account or group it is about, the first of several; None for none.
        targets: how many there are.
        words: the first words of its text.
        fault: the kind of the planned fault that applied; None for none.
        result_code: the ErrorCode before a fault changed it; None if the request was not executed.
        attempt: which attempt of its message it is, from 1; None if it sends no message with an identity.
        attempts: the attempts of that message so far.
        first_attempt: the number of the first of them.
        messages: how many messages resulted from them.
    """

    number: int
    at: float
    command: str
    identifier: str
    status: int | None
    code: int | None
    took_s: float | None
    request_size: int
    answer_size: int
    sender: str | None
    target: str | None
    targets: int
    words: str
    fault: str | None
    result_code: int | None
    attempt: int | None
    attempts: int | None
    first_attempt: int | None
    messages: int | None


class CodeMeaning(msgspec.Struct, kw_only=True):
    """What an ErrorCode means.

    Attributes:
        code: the code.
        name: a short name.
        hint: `none`, `fix_request`, `auth`, `quota` or `retry`.
        meaning: the service's text in English.
        meaning_zh: the same in Chinese.
        what_now: what to do; empty if nothing is to be done.
        what_now_zh: the same in Chinese.
    """

    code: int
    name: str
    hint: str
    meaning: str
    meaning_zh: str
    what_now: str
    what_now_zh: str


class EndpointView(msgspec.Struct, kw_only=True):
    """The endpoint that was called.

    Attributes:
        name: how a client calls it, such as `c2c.send`.
        title: what it does, in English; None if no page says it.
        title_zh: the same in Chinese.
        url: its official page in English, None if unknown.
        url_zh: the same in Chinese.
    """

    name: str
    title: str | None
    title_zh: str | None
    url: str | None
    url_zh: str | None


class WholeCall(CallView, kw_only=True):
    """A call with its bodies.

    Attributes:
        request: the body, with replacement characters for invalid UTF-8; None if it is no longer kept.
        answer: the same of the answer.
        endpoint: the endpoint; None for a command that the emulator does not know.
        meaning: what the code means; None for 0, and for a code that is not in the catalogue.
        unknown: the fields of the request that its endpoint does not define, as JSON pointers.
        others: the other kept attempts of its message, the oldest first.
    """

    request: str | None
    answer: str | None
    endpoint: EndpointView | None
    meaning: CodeMeaning | None
    unknown: list[str]
    others: list[CallView]


class CallList(msgspec.Struct, kw_only=True):
    """Calls.

    Attributes:
        total: how many kept calls match.
        calls: those of this page, the newest first.
    """

    total: int
    calls: list[CallView]


class CallQuery(Page, kw_only=True):
    """The calls to list.

    Attributes:
        command: only of this command; any other text is searched in paths and in names such as `c2c.send`.
        code: only with this ErrorCode.
        account: only those that name this account or group, or that this admin made.
        text: only those with this text in the request or the answer.
        trouble: only those that were not answered with ErrorCode 0.
    """

    command: str | None = None
    code: int | None = None
    account: str | None = None
    text: str | None = None
    trouble: bool = False


def view_of(arrival: Arrival) -> CallView:
    """Return a call without its bodies."""
    return CallView(**_facts(arrival))


def _facts(arrival: Arrival) -> dict[str, Any]:
    gist, attempts = gist_of(arrival.body), arrival.attempts
    return {
        "number": arrival.number,
        "at": arrival.time,
        "command": arrival.command,
        "identifier": arrival.identifier,
        "status": arrival.status,
        "code": arrival.code,
        "took_s": arrival.took_s,
        "request_size": len(arrival.body),
        "answer_size": len(arrival.answer),
        "sender": gist.sender,
        "target": gist.target,
        "targets": gist.targets,
        "words": gist.words,
        "fault": arrival.fault or None,
        "result_code": arrival.result_code,
        "attempt": arrival.attempt or None,
        "attempts": None if attempts is None else attempts.count,
        "first_attempt": None if attempts is None else attempts.first,
        "messages": None if attempts is None else attempts.messages,
    }


def _commands(text: str | None) -> Collection[str] | None:
    """Return the command of this name, or those whose path or name contains the text; None for all."""
    if not text or text in ENDPOINTS:
        return {text} if text else None
    word = text.lower()
    return {each.command for each in ENDPOINTS.values() if word in each.command.lower() or word in _name(each)} | {text}


def _spellings(text: str) -> tuple[bytes, ...]:
    """Return the forms in which a text may appear in JSON: in UTF-8, or with escapes; none for an empty text."""
    if not text:
        return ()
    whole = msgspec.json.encode(text)[1:-1]
    return (whole, json.dumps(text).encode()[1:-1])


def _fits(
    each: Arrival,
    query: CallQuery,
    commands: Collection[str] | None,
    needles: tuple[bytes, ...],
    accounts: tuple[bytes, ...],
) -> bool:
    return (
        (commands is None or each.command in commands)
        and query.code in (None, each.code)
        and not (query.trouble and each.code == 0)
        and (not accounts or query.account == each.identifier or any(name in each.body for name in accounts))
        and (not needles or any(needle in body.lower() for body in (each.body, each.answer) for needle in needles))
    )


@route("GET", "/calls", query=CallQuery, answer=CallList, summary="The calls, the newest first.")
def calls(control: Control, asked: Asked[CallQuery, None]) -> CallList:
    """Return a page of the calls that are kept with their bodies, preceded by the pending ones."""
    query = asked.query
    commands, needles = _commands(query.command), _spellings((query.text or "").lower())
    accounts = tuple(b'"%b"' % each for each in _spellings(query.account or ""))
    newest = chain(reversed(control.log.waiting.values()), reversed(control.log.kept))
    fitting = [each for each in newest if _fits(each, query, commands, needles, accounts)]
    page = fitting[query.offset : query.offset + query.limit]
    return CallList(total=len(fitting), calls=[view_of(each) for each in page])


@route("GET", "/calls/{number}", answer=WholeCall, summary="One call with its request and its answer.")
def call(control: Control, asked: Asked[None, None]) -> WholeCall:
    """Return one call."""
    found = _find(control, asked.path["number"])
    endpoint, attempts = ENDPOINTS.get(found.command), found.attempts
    others = [
        each
        for each in chain(control.log.kept, control.log.waiting.values())
        if attempts is not None and each.attempts is attempts
    ]
    return WholeCall(
        **_facts(found),
        request=found.body.decode("utf-8", "replace"),
        answer=found.answer.decode("utf-8", "replace"),
        endpoint=None if endpoint is None else _endpoint(endpoint),
        meaning=_meaning(found),
        unknown=[] if endpoint is None else unknown_pointers(endpoint, found.body),
        others=[view_of(each) for each in sorted(others, key=lambda each: each.number) if each is not found],
    )


@route(
    "GET",
    "/calls/{number}/copies",
    answer=Copies,
    summary="One call as Python, curl and `tim-async call`, for copying.",
)
def copies(control: Control, asked: Asked[None, None]) -> Copies:
    """Return a call for copying, without any secret."""
    found = _find(control, asked.path["number"])
    endpoint, raw = ENDPOINTS.get(found.command), parse(found.body)
    return Copies() if endpoint is None or not isinstance(raw, dict) else copies_of(endpoint, raw)


def _find(control: Control, number: str) -> Arrival:
    for each in chain(control.log.waiting.values(), control.log.kept):
        if str(each.number) == number:
            return each
    raise NotFoundError(f"call {number} is not among the newest {len(control.log.kept)}")


def _name(endpoint: Endpoint[..., Any]) -> str:
    return f"{endpoint.family}.{endpoint.name}"


def _endpoint(endpoint: Endpoint[..., Any]) -> EndpointView:
    return EndpointView(
        name=_name(endpoint),
        title=endpoint.title,
        title_zh=endpoint.title_zh,
        url=endpoint.url,
        url_zh=endpoint.url_zh,
    )


def _meaning(found: Arrival) -> CodeMeaning | None:
    row = _codes.lookup(found.command.partition("/")[0], found.code) if found.code else None
    if row is None:
        return None
    return CodeMeaning(
        code=row.code,
        name=row.name,
        hint=row.hint,
        meaning=row.meaning,
        meaning_zh=row.meaning_zh,
        what_now=row.advice or ADVICE[row.hint],
        what_now_zh=row.advice_zh or ADVICE_ZH[row.hint],
    )


@route("GET", "/events", summary="Server-sent events: call, webhook, clock, reset, fault.")
async def events(control: Control, asked: Asked[None, None]) -> web.StreamResponse:
    """Send events as they occur, each with the answer of its own path as data.

    `Last-Event-ID` resumes the stream. `missed` is the number of events that are no longer kept; one more if the
    emulator was restarted since.
    """
    return await control.events.serve(asked.request)
