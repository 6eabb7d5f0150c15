"""The text of a call: what it does, its fields with unit and range, its limits, errors worth knowing, its page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

import msgspec

from tim_async._api.endpoint import Endpoint
from tim_async._api.fields import RequestField, texts_of
from tim_async._codes import lookup

WIDTH = 112
_HUGE = 2**32 - 1
_SOURCE = re.compile(r"\s*Source: [^.]*\.")
_REPEATS = {
    "always": "A repeat is harmless.",
    "identity": "A repeat with the same marks is dropped by the service.",
    "never": "",
}
_DANGERS = {
    "deletes": "It deletes what is stored.",
    "excludes": "It shuts people out.",
    "reaches_all": "It reaches everyone.",
    None: "",
}


def call_text(line: Endpoint[..., Any], purpose: str, annotations: Mapping[str, str]) -> str:
    """Return the docstring of a call, its lines not indented."""
    first, *more = cleandoc(purpose).strip().split("\n\n")
    parts = [first, _titles(line), *(wrapped(each) for each in more), *_more(line.request)]
    # One line each: editors show the line of a field while its value is typed.
    args = [f"    {field.name}: {field_text(field, annotations[field.name])}" for field in ordered(line)]
    if args:
        parts.append("Args:\n" + "\n".join(args))
    parts += ["\n".join(_returns(line.result)), "\n".join(_raises(line)), "\n".join(_codes(line))]
    parts.append("\n".join(_facts(line)))
    return "\n\n".join(part for part in parts if part)


def ordered(line: Endpoint[..., Any]) -> list[RequestField]:
    """Return the fields of a request: those that must be given, then the others, each in the order of its text."""
    places = {name: place for place, name in enumerate(_own_texts(line.request))}
    needed = {field.name for field in msgspec.structs.fields(line.request) if field.required}
    return sorted(line.fields, key=lambda field: (field.name not in needed, places.get(field.name, len(places))))


def field_text(field: RequestField, annotation: str) -> str:
    """Return what a field means, with its range and its choices where neither text nor annotation say them."""
    text = field.text.rstrip(".")
    if field.choices and "Literal[" not in annotation and not _has_all(text, field.choices):
        text += f"; one of {', '.join(map(str, field.choices))}"
    for ends, unit in ((field.range, field.unit), (field.item_range, "bytes each")):
        if ends is not None and not field.choices:
            text += _span(text.replace(",", ""), *ends, unit)
    return f"{text}."


def _has_all(text: str, values: Iterable[object]) -> bool:
    return all(re.search(rf"(?<!\w){re.escape(str(each))}(?!\w)", text) for each in values)


def _span(text: str, low: int | None, high: int | None, unit: str | None) -> str:
    """Return the range to add to a text without one; a meaningless bound is left out."""
    low = low if low is not None and low > 1 else None
    high = high if high is not None and high < _HUGE else None
    if _has_all(text, [end for end in (low, high) if end is not None]):
        return ""
    what = f" {unit}" if unit and unit != "unix seconds" else ""
    if high is None:
        return f"; at least {low}{what}"
    return f"; at most {high}{what}" if low is None else f"; {low} to {high}{what}"


def _titles(line: Endpoint[..., Any]) -> str:
    titles = ", ".join(title for title in (line.title, line.title_zh) if title)
    return wrapped(f"{titles}: `{line.command}`." if titles else f"`{line.command}`.")


def _more(struct: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the paragraphs of a struct's docstring except its first sentence, which describes the call."""
    first, *others = cleandoc(struct.__doc__ or "").partition("Attributes:\n")[0].strip().split("\n\n")
    rest = _SOURCE.sub("", " ".join(first.split())).partition(". ")[2]
    for each in (rest, *others):
        if each:
            yield each if each.startswith("    ") else wrapped(each)


def _own_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {**texts_of(type("Own", (), {"__doc__": struct.__doc__})), **texts_of(struct)}


def _returns(result: type[Any]) -> Iterator[str]:
    first = cleandoc(result.__doc__ or "").split("\n\n")[0]
    yield "Returns:"
    yield _entry(result.__name__, _lower(_SOURCE.sub("", " ".join(first.split()))))
    texts = texts_of(result)
    for name in result.__struct_fields__:
        if name in texts:
            yield textwrap.indent(_entry(name, texts[name]), "    ")


def _raises(line: Endpoint[..., Any]) -> Iterator[str]:
    yield "Raises:"
    if line.request.__struct_fields__:
        yield _entry(
            "UsageError", "a field is missing, misspelt or out of range; it names the field, nothing was sent."
        )
    if line.has_body_limit:
        yield _entry("BodyTooLargeError", "the request is over the setting `body_limit`; nothing was sent.")
    yield _entry("ApiError", "the service refused it.")


def _codes(line: Endpoint[..., Any]) -> Iterator[str]:
    """Yield what the codes of its page mean; those that only ask to try again are left out."""
    codes = [code for code in (lookup(line.service, each) for each in line.codes) if code and code.hint != "retry"]
    if codes:
        yield "Error codes:"
        yield from (_entry(str(code.code), code.meaning) for code in codes)


def _facts(line: Endpoint[..., Any]) -> Iterator[str]:
    limits = ", ".join(map(str, line.limits))
    yield wrapped(
        " ".join(part for part in (f"Limits: {limits}.", _REPEATS[line.repeat], _DANGERS[line.danger]) if part)
    )
    if line.doc is None:
        yield wrapped(f"Page: {line.why_no_doc}.")
    elif line.not_read:
        yield wrapped(f"Not read of its page: {line.not_read}.")
    yield from (f"Page: {url}" for url in (line.url, line.url_zh) if url)


def _entry(name: str, text: str) -> str:
    return textwrap.fill(
        f"{name}: {text}", WIDTH, initial_indent="    ", subsequent_indent="        ", break_long_words=False
    )


def wrapped(text: str) -> str:
    """Return a paragraph, wrapped."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def indented(text: str, depth: int) -> Iterable[str]:
    """Yield the lines of a text at a depth; empty ones stay empty."""
    return (f"{' ' * depth}{each}".rstrip() for each in text.splitlines())
