"""What tests sent, as one self-contained HTML file without scripts."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from .._printable import one_line
from ..emulator import Arrival, Emulator
from ..emulator.summary import CallSummary, summary_of

# Limits per test, and per body.
_MAX_CALLS: Final = 500
_MAX_BODY: Final = 4_000
_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; --bad: #c62828; --good: #2e7d32 }
@media (prefers-color-scheme: dark) { :root { --bad: #ef9a9a; --good: #a5d6a7 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere }
.outcome { border-radius: 1rem; border: 1px solid; font-size: .8rem; margin-right: .5rem; padding: .1rem .6rem }
.failed { color: var(--bad) } .passed { color: var(--good) } .soft { color: var(--soft) }
details { border-top: 1px solid var(--line); padding: .3rem 0 }
summary { cursor: pointer; display: grid; gap: 0 1rem; grid-template-columns: 14rem 12rem 1fr auto }
summary span { overflow-wrap: anywhere }
pre { background: #8881; border-radius: .3rem; margin: .5rem 0; padding: .6rem; white-space: pre-wrap }
pre { overflow-wrap: anywhere }
@media (max-width: 50rem) { summary { grid-template-columns: 1fr } }
"""


class ReportedCall(msgspec.Struct, kw_only=True):
    """A call of a test.

    Attributes:
        summary: a short description.
        request: the request's body.
        answer: the answer's body.
    """

    summary: CallSummary
    request: str
    answer: str


class ReportedTest(msgspec.Struct, kw_only=True):
    """A test and its calls.

    Attributes:
        name: its node id.
        outcome: `passed` or `failed`.
        calls: its calls, oldest first.
        left_out: number of older calls that are not listed.
    """

    name: str
    outcome: str
    calls: list[ReportedCall]
    left_out: int = 0


def reported(name: str, outcome: str, emulator: Emulator) -> dict[str, Any]:
    """Return a test as plain values, which pytest-xdist carries to the process that writes the report."""
    arrivals = list(emulator.arrivals)
    calls = [
        ReportedCall(summary=summary_of(each), request=_text(each.body), answer=_text(each.answer))
        for each in arrivals[-_MAX_CALLS:]
    ]
    test = ReportedTest(name=name, outcome=outcome, calls=calls, left_out=len(arrivals) - len(calls))
    plain: dict[str, Any] = msgspec.to_builtins(test)
    return plain


def last_calls(emulator: Emulator, count: int) -> list[str]:
    """Return the last calls as lines."""
    newest: Sequence[Arrival] = list(emulator.arrivals)[-count:]
    return [" ".join(_cells(summary_of(each))) for each in newest]


def write_report(path: Path, tests: Sequence[Mapping[str, Any]]) -> None:
    """Write the report atomically; an OSError leaves nothing behind."""
    found = msgspec.convert(list(tests), list[ReportedTest])
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(_page(found), encoding="utf-8")
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if len(text) <= _MAX_BODY else f"{text[:_MAX_BODY]}... ({len(text):,} characters)"


def _page(tests: Sequence[ReportedTest]) -> str:
    failed = sum(test.outcome == "failed" for test in tests)
    calls = sum(len(test.calls) + test.left_out for test in tests)
    written = time.strftime("%Y-%m-%d %H:%M:%S %z")
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>What the tests sent</title><style>{_STYLE}</style></head><body><h1>What the tests sent</h1>",
        f'<p class="soft">{len(tests):,} tests, {failed:,} of them failed, {calls:,} calls; {written}</p>',
    ]
    for test in tests:
        outcome = _escaped(test.outcome)
        parts.append(f'<h2><span class="outcome {outcome}">{outcome}</span>{_escaped(test.name)}</h2>')
        if test.left_out:
            parts.append(f'<p class="soft">{test.left_out:,} older calls are left out</p>')
        if not test.calls:
            parts.append('<p class="soft">nothing was sent</p>')
        parts += [_call(each) for each in test.calls]
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _call(call: ReportedCall) -> str:
    command, who, words, result = map(_escaped, _cells(call.summary))
    mood = "passed" if call.summary.code == 0 and call.summary.status == 200 else "failed"
    cells = f'<span>{command}</span><span>{who}</span><span>{words}</span><span class="{mood}">{result}</span>'
    bodies = f"<pre>{_escaped_lines(call.request)}</pre><pre>{_escaped_lines(call.answer)}</pre>"
    return f"<details><summary>{cells}</summary>{bodies}</details>"


def _cells(call: CallSummary) -> tuple[str, str, str, str]:
    """Return command, sender and recipients, the text, and the result."""
    more = call.recipients - len(call.to)
    to = ", ".join(call.to) + (f" and {more:,} more" if more else "")
    if call.status != 200:
        result = "no answer" if call.status is None else f"HTTP {call.status}"
    elif call.code is None:
        result = "no envelope"
    else:
        result = f"{call.code} {call.info}".rstrip() if call.code else "OK"
    notes = [f"attempt {call.attempt}"] if call.attempt > 1 else []
    notes += [f"fault: {call.fault}"] if call.fault else []
    return (
        one_line(call.command),
        one_line(f"{call.sender} -> {to}" if to else call.sender),
        one_line(call.words),
        one_line(f"{result} ({', '.join(notes)})" if notes else result),
    )


def _escaped(text: str) -> str:
    return html.escape(one_line(text))


def _escaped_lines(body: str) -> str:
    try:
        text = msgspec.json.format(body, indent=2) if body else ""
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        text = body
    return "\n".join(map(_escaped, text.splitlines()))
