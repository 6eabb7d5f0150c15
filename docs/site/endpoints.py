"""The pages of the endpoints: one for each family, a section for each endpoint, and the table of all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from tim_async import Endpoint, _codes, emulator, endpoints  # noqa: F401 - the emulator registers its handlers
from tim_async._api.fields import RequestField
from tim_async._explorer.catalogue import EndpointPage, catalogue, page_of
from tim_async.cli._site import code_anchor
from tim_async.emulator.dispatch import STATELESS

from .helpers import helpers_of
from .markup import Tab, block, details, index, intro, table, tabs, text
from .samples import examples, samples
from .words import Words


class _Texts(NamedTuple):
    """What the pages say in one language.

    Attributes:
        repeat: what sending twice does, by kind.
        emulated: what the emulator does with a command, in a cell: it is kept, or only checked.
        emulator: the same, in a sentence.
        danger: what to know before the call, by kind.
        examples: labels of the ways to call, by key.
    """

    title: str
    call: str
    command: str
    document: str
    no_document: str
    not_read: str
    emulated: tuple[str, str]
    official: str
    limits: str
    no_limit: str
    repeat_name: str
    repeat: dict[str, str]
    emulator_name: str
    emulator: tuple[str, str]
    not_read_name: str
    helpers: str
    codes: str
    request: str
    danger: dict[str, str]
    sample: str
    examples: dict[str, str]


_TEXTS: Final = {
    "en": _Texts(
        title="Endpoints",
        call="Call",
        command="Command",
        document="Document",
        no_document="none: {why}",
        not_read="{document}; not read: {what}",
        emulated=("stateful", "checked"),
        official="Official page",
        limits="Limits",
        no_limit="none known",
        repeat_name="Repeating it",
        repeat={
            "never": "can take effect twice",
            "always": "is harmless",
            "identity": "is harmless within 120 seconds: the service recognises the message by its identity",
        },
        emulator_name="Emulator",
        emulator=("stateful: it keeps what the call changes", "checks the fields, and answers in the documented shape"),
        not_read_name="Not read of the official page",
        helpers="Built on it",
        codes="Error codes that its page lists ({count})",
        request="Request",
        danger={
            "deletes": "It deletes stored data. This cannot be undone.",
            "excludes": "It shuts users out, or revokes their rights.",
            "reaches_all": "It can reach every user of the app.",
        },
        sample="An answer",
        examples={"python": "Python", "blocking": "Python, blocking", "curl": "curl", "command": "Command line"},
    ),
    "zh": _Texts(
        title="接口",
        call="调用",
        command="请求命令字",
        document="文档",
        no_document="无：{why}",
        not_read="{document}；未读到：{what}",
        emulated=("有状态", "仅校验"),
        official="官方文档",
        limits="请求频率限制",
        no_limit="未知",
        repeat_name="重复请求",
        repeat={
            "never": "可能会生效两次",
            "always": "无副作用",
            "identity": "120 秒内无副作用：服务端按消息标识去重",
        },
        emulator_name="模拟器",
        emulator=("有状态，会保存调用带来的变化", "仅校验字段，按文档的格式应答"),
        not_read_name="官方文档中未读到",
        helpers="基于本接口的方法",
        codes="官方文档列出的错误码（{count} 个）",
        request="请求包字段",
        danger={
            "deletes": "此操作会删除数据，无法撤销。",
            "excludes": "此操作会限制用户或收回其权限。",
            "reaches_all": "此操作可能触达应用的全部用户。",
        },
        sample="应答示例",
        examples={"python": "Python", "blocking": "Python（阻塞）", "curl": "curl", "command": "命令行"},
    ),
}


def texts_of(words: Words) -> _Texts:
    """Return what the pages say in a language."""
    return _TEXTS[words.folder]


def pages(words: Words) -> dict[str, str]:
    """Return a page for each family, and one that lists them."""
    chinese = words.is_chinese
    found = catalogue()
    titles = {family.name: family.title_zh if chinese else family.title for family in found.families}
    sections: dict[str, list[str]] = {name: [] for name in titles}
    rows: dict[str, list[list[str]]] = {name: [] for name in titles}
    for endpoint in endpoints().values():
        sections[endpoint.family].append(_section(endpoint, words))
        rows[endpoint.family].append(_row(endpoint, words))
    made = {}
    for name, title in titles.items():
        note = f"{words.texts_in_english}\n\n" if words.texts_in_english else ""
        made[name] = f"(family-{name})=\n# {title}\n\n{note}{''.join(sections[name])}"
    made["endpoints"] = _overview(titles, rows, words)
    return made


def anchor(path: str) -> str:
    """Return the name of an endpoint's section, for links."""
    return path.replace(".", "-").replace("_", "-")


def _overview(titles: dict[str, str], rows: dict[str, list[list[str]]], words: Words) -> str:
    texts = texts_of(words)
    above = intro("endpoints", words.folder).format(count=len(endpoints()))
    toc = "\n".join(titles)
    parts = [f"(endpoints)=\n# {texts.title}\n\n{above}\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n\n"]
    head = ["", texts.call, texts.command, texts.limits, texts.document, texts.emulator_name]
    for name, title in titles.items():
        parts.append(f"(endpoints-{name})=\n## [{title}]({name}.md)\n\n{table(head, rows[name])}")
    return "".join(parts)


def _row(endpoint: Endpoint[..., Any], words: Words) -> list[str]:
    """Return the row of an endpoint in the table of all."""
    texts = texts_of(words)
    page = page_of(endpoint)
    document = page.doc or texts.no_document.format(why=endpoint.why_no_doc)
    url = (page.url_zh or page.url) if words.is_chinese else (page.url or page.url_zh)
    if page.doc and url:
        document = f"[{page.doc}]({url})"
    if endpoint.not_read:
        document = texts.not_read.format(document=document, what=text(endpoint.not_read))
    title = page.title_zh if words.is_chinese else page.title
    return [
        f"[{text(title)}](#call-{anchor(page.path)})",
        f"`client.{page.path}`",
        f"`{page.command}`",
        ", ".join(page.limits) or texts.no_limit,
        document,
        texts.emulated[endpoint.command in STATELESS],
    ]


def _section(endpoint: Endpoint[..., Any], words: Words) -> str:
    texts = texts_of(words)
    page = page_of(endpoint)
    title = f"{page.title_zh} · {page.title}" if words.is_chinese else f"{page.title} · {page.title_zh}"
    return "".join(
        [
            index(page.title_zh, page.title, endpoint.command, page.path),
            f"(call-{anchor(page.path)})=\n## {title}\n\n",
            f"`client.{page.path}` · `{endpoint.command}`\n\n{text(page.purpose)}\n\n",
            *_facts(endpoint, page, words),
            *_examples(endpoint.command, page, texts),
            _fields(texts.request, page.fields, words),
            _fields(f"{words.answer}{words.colon}`{endpoint.result.__name__}`", _answered(page.answer), words),
            block("json", json.dumps(samples()[endpoint.command].reply, ensure_ascii=False, indent=2), texts.sample),
            *_codes_of(endpoint, words),
        ]
    )


def _facts(endpoint: Endpoint[..., Any], page: EndpointPage, words: Words) -> Iterator[str]:
    texts = texts_of(words)
    links = [f"[{name}]({url})" for name, url in (("English", page.url), ("中文", page.url_zh)) if url]
    facts = [
        (texts.limits, ", ".join(page.limits) or texts.no_limit),
        (texts.repeat_name, texts.repeat[page.repeat]),
        (texts.emulator_name, texts.emulator[endpoint.command in STATELESS]),
    ]
    if links or page.doc:
        facts.insert(0, (texts.official, " · ".join(links) or f"{page.doc}"))
    if endpoint.not_read:
        facts.append((texts.not_read_name, text(endpoint.not_read)))
    facts += [
        (texts.helpers, f"`client.{each.path}`{words.colon}{text(each.purpose)}") for each in helpers_of(endpoint)
    ]
    yield "".join(f"- {name}{words.colon}{value}\n" for name, value in facts) + "\n"
    if page.danger:
        yield f":::{{warning}}\n{texts.danger[page.danger]}\n:::\n\n"


def _codes_of(endpoint: Endpoint[..., Any], words: Words) -> Iterator[str]:
    """Yield the codes that its page lists, each with its meaning and a link to what to do."""
    rows = []
    for code in endpoint.codes:
        row = _codes.lookup(endpoint.service, code)
        if row is None:
            rows.append([f"`{code}`", ""])
        else:
            meaning = row.meaning_zh if words.is_chinese else row.meaning
            rows.append([f"[`{code}`](error-codes.md#{code_anchor(row.scope, code)})", text(meaning)])
    if rows:
        title = texts_of(words).codes.format(count=len(rows))
        yield details(title, table([words.error_code, words.meaning], rows))


def _answered(fields: tuple[RequestField, ...]) -> tuple[RequestField, ...]:
    """Return fields as they are in an answer, where nothing is required, and nothing filled in."""
    return tuple(
        msgspec.structs.replace(field, required=False, is_filled_in=False, fields=_answered(field.fields))
        for field in fields
    )


def _fields(title: str, fields: tuple[RequestField, ...], words: Words) -> str:
    if not fields:
        return f"**{title}**{words.colon}{words.no_fields}\n\n"
    rows = rows_of(sorted(fields, key=_order), words)
    return f"**{title}**\n\n" + table([words.field, words.type, words.meaning], rows)


def _order(field: RequestField) -> int:
    """Order fields: those that must be given, then the others, and last those that the library fills in."""
    return 2 if field.is_filled_in else int(not field.required)


def rows_of(fields: Iterable[RequestField], words: Words) -> list[list[str]]:
    """Return a row for each field, and for those inside of it."""
    return list(_rows(fields, 0, words))


def _rows(fields: Iterable[RequestField], depth: int, words: Words) -> Iterator[list[str]]:
    for field in fields:
        indent = "&emsp;" * depth
        kind = f"{field.type} ({field.items})" if field.items else field.type
        required = f"<br>*{words.required}*" if field.required and not field.is_filled_in else ""
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
        unit = f" {words.units.get(field.unit, field.unit)}" if field.unit else ""
        parts.append(words.bounds(*field.range) + unit)
    return "<br>".join(part for part in parts if part)


def _examples(command: str, page: EndpointPage, texts: _Texts) -> Iterator[str]:
    made = examples(command, samples()[command].request)
    yield tabs(
        f"ways-{anchor(page.path)}",
        [
            Tab(key, texts.examples[key], block(language, source))
            for language, (key, source) in zip(("python", "python", "sh", "sh"), made._asdict().items(), strict=True)
        ],
    )
