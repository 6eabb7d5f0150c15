"""`tim-async explain`: explain an error code or the topic of an error, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from .._errors import EXIT_FAILED, stop
from .._frame import make_command
from .._output import JsonOption, echo, print_json, show_rows

if TYPE_CHECKING:
    from ..._codes import Code
    from .._topics import ErrorPage


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="CODE|TOPIC", show_default=False, help="A code such as 20004 or -302, or a topic such as connect."
        ),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Explain an error code of the service, or the topic of an error.

    Of a code: its meaning and what to do, in English and Chinese, with the call to make, whether it is retried, and the
    class that is raised. Some numbers differ in meaning between parts of the service; all of them are shown. Of a
    topic: the class of error, its attributes, and what to do, in both languages. Both end with the page of the
    documentation.
    """
    if re.fullmatch(r"-?[0-9]{1,18}", subject):
        _explain_code(int(subject), as_json=as_json)
        return
    from .._site import topic_pages
    from .._topics import NEXT_STEPS, page, pages

    found = page(subject)
    if found is None:
        stop(f"unknown topic {subject!r}; give a code, or one of: {', '.join(each.topic for each in pages())}")
    if as_json:
        from .._topics_zh import TOPICS

        chinese = dict(zip(("meaning_zh", "what_now_zh"), TOPICS[found.topic], strict=True))
        facts = {**found._asdict(), "attributes": dict(found.attributes), "what_now": NEXT_STEPS[found.topic]}
        print_json({**facts, **chinese, "documentation": topic_pages(found.topic)})
    else:
        _show_topic(found)


def _explain_code(code: int, *, as_json: bool) -> None:
    from ... import _codes

    rows = _codes.find(code)
    if not rows:
        stop(f"{code} is not in the catalogue; it is raised as ApiError and not retried", EXIT_FAILED)
    if as_json:
        print_json({"codes": [_facts(row) for row in rows]})
        return
    for index, row in enumerate(rows):
        if index:
            echo()
        _show_code(row)


def _show_code(row: Code) -> None:
    from ...errors import ADVICE, ADVICE_ZH, CLASSES
    from .._site import code_pages

    rows = [("meaning", row.meaning), ("", row.meaning_zh)]
    if row.code:
        raised = CLASSES[row.hint]
        now = row.advice or ADVICE[row.hint] or "nothing; the meaning describes the situation"
        rows += [
            ("what now", now),
            ("", row.advice_zh or ADVICE_ZH[row.hint] or "无需处理，含义已说明情况"),
            ("retried", _retried(row)),
            ("raised as", raised.__name__),
            ("topic", raised.topic),
            *_documentation(code_pages(row.scope, row.code)),
        ]
    show_rows(f"{row.code} {row.name} ({row.scope})", rows)


def _documentation(places: dict[str, str]) -> list[tuple[str, str]]:
    """Return the rows that name pages of the documentation, one for each language."""
    return [("" if index else "read more", place) for index, place in enumerate(places.values())]


def _facts(row: Code) -> dict[str, object]:
    from ...errors import ADVICE, ADVICE_ZH, CLASSES
    from .._site import code_pages

    facts: dict[str, object] = {
        "code": row.code,
        "name": row.name,
        "scope": row.scope,
        "meaning": row.meaning,
        "meaning_zh": row.meaning_zh,
    }
    if row.code:
        raised = CLASSES[row.hint]
        facts |= {
            "what_now": row.advice or ADVICE[row.hint],
            "what_now_zh": row.advice_zh or ADVICE_ZH[row.hint],
            "retried": _retried(row),
            "raised_as": raised.__name__,
            "topic": raised.topic,
            "documentation": code_pages(row.scope, row.code),
        }
    return facts


def _retried(row: Code) -> str:
    from ... import _codes
    from ..._core.retry import TRANSIENT_CODES, RetryPolicy

    if row.code in TRANSIENT_CODES:
        return "yes, by default"
    if row.code in _codes.SLOW_DOWN_CODES:
        return "not by default, but the command slows down; RetryPolicy.official() repeats it after half a second"
    return "not by default; RetryPolicy.official() repeats it" if row.code in RetryPolicy.official().codes else "no"


def _show_topic(found: ErrorPage) -> None:
    from .._site import topic_pages
    from .._topics import NEXT_STEPS
    from .._topics_zh import TOPICS

    meaning_zh, now_zh = TOPICS[found.topic]
    rows = [("meaning", found.meaning), ("", meaning_zh), ("what now", NEXT_STEPS[found.topic]), ("", now_zh)]
    for index, (name, text) in enumerate(found.attributes):
        rows.append(("" if index else "attributes", f"{name}: {text}"))
    if found.broader:
        rows.append(("broader", found.broader))
    if found.narrower:
        rows.append(("narrower", ", ".join(found.narrower)))
    rows += _documentation(topic_pages(found.topic))
    show_rows(f"{found.topic}: {found.name}", rows)


# A negative code looks like an option.
command = make_command(
    explain,
    context_settings={"ignore_unknown_options": True},
    examples=("tim-async explain 20003", "tim-async explain -302", "tim-async explain rate-limited"),
)
