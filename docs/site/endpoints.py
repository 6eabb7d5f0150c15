"""The pages of the endpoints: one for each family, a section for each endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import msgspec

from tim_async import endpoints
from tim_async._api.fields import RequestField
from tim_async._explorer.catalogue import EndpointPage, catalogue, page_of
from tim_async._explorer.copies import copies_of

from .markup import block, index, table, text
from .samples import samples
from .words import Words


def pages(words: Words) -> dict[str, str]:
    """Return a page for each family, and one that lists them."""
    chinese = words.code != "en"
    found = catalogue()
    titles = {family.name: family.title_zh if chinese else family.title for family in found.families}
    lines: dict[str, list[str]] = {name: [] for name in titles}
    for command, endpoint in endpoints().items():
        lines[endpoint.family].append(_section(page_of(endpoint), command, words))
    made = {}
    for name, title in titles.items():
        note = f"{words.texts_in_english}\n\n" if words.texts_in_english else ""
        made[name] = f"(family-{name})=\n# {title}\n\n{note}{''.join(lines[name])}"
    toc = "\n".join(titles)
    intro = words.endpoints_text.format(count=len(endpoints()))
    made["endpoints"] = f"# {words.endpoints}\n\n{intro}\n\n```{{toctree}}\n:maxdepth: 2\n\n{toc}\n```\n"
    return made


def anchor(path: str) -> str:
    """Return the name of an endpoint's section, for links."""
    return path.replace(".", "-").replace("_", "-")


def _section(page: EndpointPage, command: str, words: Words) -> str:
    chinese = words.code != "en"
    title = f"{page.title_zh} · {page.title}" if chinese else f"{page.title} · {page.title_zh}"
    return "".join(
        [
            index(page.title_zh, page.title, command, page.path),
            f"(call-{anchor(page.path)})=\n## {title}\n\n",
            f"`client.{page.path}` · `{command}`\n\n{text(page.purpose)}\n\n",
            *_facts(page, words),
            _fields(words.request, page.fields, words),
            _fields(words.answer, page.answer, words),
            *_examples(command, words),
        ]
    )


def _facts(page: EndpointPage, words: Words) -> Iterator[str]:
    links = [f"[{name}]({url})" for name, url in (("English", page.url), ("中文", page.url_zh)) if url]
    repeats = {"never": words.repeat_never, "always": words.repeat_always, "identity": words.repeat_identity}
    facts = [
        (words.limits, ", ".join(page.limits) or words.no_limit),
        (words.repeat, repeats[page.repeat]),
    ]
    if links or page.doc:
        facts.insert(0, (words.official, " · ".join(links) or f"{page.doc}"))
    yield "".join(f"- {name}: {value}\n" for name, value in facts) + "\n"
    if page.danger:
        yield f":::{{warning}}\n{words.danger}\n:::\n\n"


def _fields(title: str, fields: tuple[RequestField, ...], words: Words) -> str:
    if not fields:
        return f"**{title}**: {words.no_fields}\n\n"
    if title == words.answer:
        fields = tuple(msgspec.structs.replace(field, required=False, is_filled_in=False) for field in fields)
    rows = rows_of(sorted(fields, key=lambda field: not field.required), words)
    return f"**{title}**\n\n" + table([words.field, words.type, words.meaning], rows)


def rows_of(fields: Iterable[RequestField], words: Words) -> list[list[str]]:
    """Return a row for each field, and for those inside of it."""
    return list(_rows(fields, 0, words))


def _rows(fields: Iterable[RequestField], depth: int, words: Words) -> Iterator[list[str]]:
    for field in fields:
        indent = "&emsp;" * depth
        kind = f"{field.type} ({field.items})" if field.items else field.type
        required = f"<br>*{words.required}*" if field.required else ""
        yield [
            f"{indent}`{field.wire_name}`<br>{indent}<small>`{field.name}`</small>",
            kind + required,
            _meaning(field, words),
        ]
        if not _has_own_page(field):
            yield from _rows(field.fields, depth + 1, words)


def _has_own_page(field: RequestField) -> bool:
    return bool(field.kinds) or field.wire_name == "OfflinePushInfo"


def _meaning(field: RequestField, words: Words) -> str:
    parts = [text(field.text)]
    if field.kinds:
        parts.append(words.elements)
    elif _has_own_page(field):
        parts.append(words.offline_push)
    if field.is_filled_in:
        parts.append(words.filled_in)
    if field.choices:
        parts.append(words.one_of.format(choices=", ".join(f"`{each}`" for each in field.choices)))
    elif field.range is not None:
        low, high = field.range
        form = words.range if None not in (low, high) else words.at_least if high is None else words.at_most
        parts.append(form.format(low=low, high=high) + (f" {field.unit}" if field.unit else ""))
    return "<br>".join(part for part in parts if part)


def _examples(command: str, words: Words) -> Iterator[str]:
    sample = samples()[command]
    copies = copies_of(endpoints()[command], sample.request)
    for language, source, caption in (
        ("python", copies.python, words.python),
        ("sh", copies.curl, words.curl),
        ("sh", copies.command, words.command_line),
    ):
        assert source is not None  # a sample is an object
        yield block(language, source, caption)
    yield block("json", json.dumps(sample.reply, ensure_ascii=False, indent=2), words.sample_answer)
