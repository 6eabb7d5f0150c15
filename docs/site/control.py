"""The page of the emulator's control API: every path with its methods, parameters, bodies and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import NODEFAULT, inspect

import tim_async.emulator.control.api  # noqa: F401 - fills the routes
from tim_async._api.fields import texts_of
from tim_async.emulator.control.routes import MAX_MIB, PREFIX, ROUTES, Route
from tim_async.emulator.control.views import Problem

from .markup import table, text
from .words import Words


class Texts(NamedTuple):
    """What the page says in one language.

    Attributes:
        areas: titles of its parts, by the first word of the paths.
        summaries: what the operations do, by method and path; those of the code where they are not here.
        types: JSON's types.
    """

    title: str
    intro: str
    overview: str
    areas: dict[str, str]
    summaries: dict[str, str]
    query: str
    body: str
    max_size: str
    answer: str
    no_json: dict[str, str]
    many: str
    types: dict[str, str]
    either: str
    default: str
    objects: str
    objects_text: str


_EN: Final = Texts(
    title="Control API of the emulator",
    intro=(
        f"Everything that tests do with an emulator, for programs in any language: JSON below `{PREFIX}` at the "
        "emulator's own address. [The emulator by itself](../../how-to/emulator.md) shows how it is used. Requests "
        "need no signature. Numbers of the path and accounts are URL-encoded; a body is a JSON object with "
        f"`Content-Type: application/json`, at most {MAX_MIB} MiB where nothing else is said.\n\n"
        "An answer is 200 with JSON. What is wrong is answered with a [Problem](#control-problem): 400 for a parameter "
        "or field, 404 for what is not there, 413 for a body that is too large, and 403 for a body of another type, "
        "for requests of other sites in a browser and, without `--allow-remote`, for a `Host` that is not this "
        "machine's. Lists come newest first, 100 at a time: `limit` and `offset` ask for others."
    ),
    overview="All paths",
    areas={
        "accounts": "Accounts and their devices",
        "calls": "Calls",
        "clock": "The clock",
        "commands": "Commands",
        "events": "Events",
        "faults": "Faults",
        "groups": "Groups",
        "inboxes": "Inboxes",
        "limits": "Limits",
        "messages": "Messages",
        "openapi.json": "OpenAPI",
        "pushes": "Pushes",
        "reset": "Reset",
        "state": "The whole state",
        "webhooks": "Webhooks",
    },
    summaries={},
    query="Query",
    body="Body",
    max_size="up to {mib} MiB",
    answer="Answer",
    no_json={
        "/events": "a stream of server-sent events",
        "/openapi.json": "an OpenAPI 3.1 document",
    },
    many="list of {item}",
    types={
        "any": "any JSON",
        "boolean": "true or false",
        "integer": "integer",
        "null": "null",
        "number": "number",
        "object": "object",
        "string": "text",
    },
    either=" or ",
    default="default {value}",
    objects="Objects",
    objects_text="What answers consist of, and what is inside of bodies.",
)

_ZH: Final = Texts(
    title="模拟器的控制接口",
    intro=(
        f"测试对模拟器做的一切，任何语言的程序都能通过控制接口做到：JSON 接口，路径以 `{PREFIX}` 开头，"
        "地址就是模拟器的地址。"
        "用法见[单独运行模拟器](../../how-to/emulator.md)。请求不需要签名。路径里的编号和账号要做 URL 编码；"
        f"请求体是 JSON 对象，带 `Content-Type: application/json`，没有另外说明时最大 {MAX_MIB} MiB。\n\n"
        "成功时返回 200 和 JSON。出错时返回 [Problem](#control-problem)：参数或字段有误是 400，对象不存在是 404，"
        "请求体过大是 413；"
        "请求体类型不对、来自浏览器中其他网站的请求，以及没有 `--allow-remote` 时用其他主机名的访问，都是 403。"
        "列表从新到旧，每次 100 条，用 `limit` 和 `offset` 翻页。\n\n字段说明为英文。"
    ),
    overview="所有路径",
    areas={
        "accounts": "账号及其设备",
        "calls": "调用记录",
        "clock": "时钟",
        "commands": "请求命令字",
        "events": "事件",
        "faults": "故障",
        "groups": "群组",
        "inboxes": "收件箱",
        "limits": "请求频率限制",
        "messages": "消息",
        "openapi.json": "OpenAPI",
        "pushes": "推送",
        "reset": "重置",
        "state": "全部状态",
        "webhooks": "第三方回调",
    },
    summaries={
        "GET /accounts": "账号列表，最早的在前。",
        "POST /accounts": "导入账号，已存在的保持不变。",
        "GET /accounts/{user_id}": "单个账号。",
        "GET /accounts/{user_id}/conversation": "某个账号看到的一个会话，最早的消息在前。",
        "GET /accounts/{user_id}/conversations": "某个账号的会话列表，最新的在前。",
        "POST /accounts/{user_id}/login": "让账号登录。",
        "POST /accounts/{user_id}/logout": "让账号退出登录。",
        "POST /accounts/{user_id}/messages": "以某个账号写一条消息，如同在它的设备上。",
        "GET /accounts/{user_id}/notification": "一条消息在各厂商手机上的推送通知。",
        "POST /accounts/{user_id}/read": "在账号的设备上把一个会话读完。",
        "GET /calls": "调用记录，最新的在前。",
        "GET /calls/{number}": "单次调用，含请求和应答。",
        "GET /calls/{number}/copies": "把一次调用复制为 Python、curl 或 `tim-async call`，不含密钥。",
        "GET /clock": "模拟器的时钟显示的时间。",
        "PUT /clock": "设置时钟、停住时钟，或让它跟随主机时钟。",
        "POST /clock/forward": "拨动时钟。",
        "GET /commands": "模拟器支持的请求命令字。",
        "GET /events": (
            "发生的事情，以 server-sent events 推送：`call`、`webhook`、`clock`、`reset`、`fault`，"
            "数据与对应路径的应答相同。"
            "用 `Last-Event-ID` 续传；`missed` 是已不再保留的事件数，其间模拟器重启过时多计一个。"
        ),
        "GET /faults": "已安排的故障，按尝试的顺序。",
        "POST /faults": "安排一个故障。",
        "DELETE /faults": "移除所有故障，并放行被卡住的应答。",
        "DELETE /faults/{number}": "移除一个故障；`stall` 会发出它扣住的应答。",
        "GET /groups": "群组列表，最新的在前。",
        "GET /groups/{group_id}": "单个群组及其成员。",
        "POST /groups/{group_id}/join": "让账号自己加群，如同从客户端加入。",
        "POST /groups/{group_id}/leave": "让群成员自己退群。",
        "GET /inboxes": "各账号及其会话概况，有最新消息的在前。",
        "GET /limits": "被调用过的和另设过限制的命令字的频率限制。",
        "PUT /limits": "设置某个命令字的频率限制，窗口从零开始计数。",
        "GET /limits/history": "最近 60 秒里每秒的调用次数，按命令字。",
        "GET /messages": "已存储的消息，或被某个错误码拒绝的消息，最新的在前。",
        "GET /openapi.json": "本接口的 OpenAPI 描述。",
        "GET /pushes": "已接受的推送，最新的在前。",
        "POST /reset": "清除一切，或只清除消息。",
        "GET /state": "全部状态，即服务端会记住的一切；不含故障、限制、调用记录和回调。",
        "PUT /state": "换成导出的状态，原有的全部丢弃；不符合的状态不会改变任何东西。",
        "GET /webhooks": "回调记录，最新的在前。",
        "GET /webhooks/receiver": "回调发往哪里；不会显示 token。",
        "PUT /webhooks/receiver": "设置回调发往哪里。",
        "POST /webhooks/{number}/send": "重新发送一个回调，并等待应答。",
    },
    query="查询参数",
    body="请求体",
    max_size="最大 {mib} MiB",
    answer="应答",
    no_json={
        "/events": "server-sent events 流",
        "/openapi.json": "OpenAPI 3.1 文档",
    },
    many="{item} 的列表",
    types={
        "any": "任意 JSON",
        "boolean": "布尔值",
        "integer": "整数",
        "null": "null",
        "number": "数字",
        "object": "对象",
        "string": "字符串",
    },
    either=" 或 ",
    default="默认 {value}",
    objects="对象",
    objects_text="应答里的对象，以及请求体内部的对象。",
)

TEXTS: Final = {"en": _EN, "zh": _ZH}

_TYPES: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "boolean",
    inspect.DictType: "object",
    inspect.FloatType: "number",
    inspect.IntType: "integer",
    inspect.NoneType: "null",
    inspect.StrType: "string",
}


def page(words: Words) -> str:
    """Return the page."""
    texts = TEXTS[words.folder]
    routes = sorted(ROUTES, key=lambda each: (each.path.split("/")[1], each.path, each.method))
    parts = [f"(control-api)=\n# {texts.title}\n\n{texts.intro}\n\n## {texts.overview}\n\n"]
    parts += [f"- [`{each.method} {each.path}`](#{anchor(each)}): {text(summary(each, words))}\n" for each in routes]
    parts.append("\n")
    area = None
    for each in routes:
        if each.path.split("/")[1] != area:
            area = each.path.split("/")[1]
            parts.append(f"## {texts.areas[area]}\n\n")
        parts += _operation(each, words)
    parts.append(f"## {texts.objects}\n\n{texts.objects_text}\n\n")
    for struct in _objects():
        parts.append(f"(control-{struct.__name__.lower()})=\n### {struct.__name__}\n\n{text(_purpose(struct))}\n\n")
        parts.append(_fields(struct, words, is_given=False))
    return "".join(parts)


def anchor(route: Route) -> str:
    """Return the name of an operation's section, for links."""
    return f"control-{route.method.lower()}{re.sub(r'[^a-z]+', '-', route.path)}".rstrip("-")


def summary(route: Route, words: Words) -> str:
    """Return what an operation does, in one line."""
    return TEXTS[words.folder].summaries.get(f"{route.method} {route.path}", route.summary)


def _operation(route: Route, words: Words) -> Iterator[str]:
    texts = TEXTS[words.folder]
    yield f"({anchor(route)})=\n### {route.method} {text(route.path)}\n\n{text(summary(route, words))}\n\n"
    doc = _details(route)
    if doc and not words.is_chinese:
        yield f"{text(doc)}\n\n"
    if route.query is not None:
        yield f"**{texts.query}**\n\n{_fields(route.query, words)}"
    if route.body is not None:
        size = f" ({texts.max_size.format(mib=route.max_mib)})" if route.max_mib != MAX_MIB else ""
        yield f"**{texts.body}**{size}\n\n{_fields(route.body, words)}"
    answer = texts.no_json[route.path] if route.answer is None else _type(inspect.type_info(route.answer), texts)
    yield f"**{texts.answer}**: {answer}\n\n"


def _details(route: Route) -> str:
    """Return what the docstring of an operation says after its first paragraph."""
    return " ".join((route.function.__doc__ or "").partition("\n\n")[2].split())


def _purpose(struct: type[msgspec.Struct]) -> str:
    return " ".join((struct.__doc__ or "").partition("Attributes:")[0].split())


def _fields(struct: type[msgspec.Struct], words: Words, *, is_given: bool = True) -> str:
    texts, meanings = TEXTS[words.folder], texts_of(struct)
    rows = []
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    for field in sorted(info.fields, key=lambda field: not field.required) if is_given else info.fields:
        notes = [text(re.sub(r"\bNone\b", "null", meanings[field.name])), *_range(field.type, words)]
        if is_given and not field.required and field.default not in (NODEFAULT, None, ""):
            notes.append(texts.default.format(value=f"`{msgspec.json.encode(field.default).decode()}`"))
        required = f"<br>*{words.required}*" if is_given and field.required else ""
        rows.append([f"`{field.encode_name}`", _type(field.type, texts) + required, "<br>".join(notes)])
    return table([words.field, words.type, words.meaning], rows)


def _type(type_: inspect.Type, texts: Texts) -> str:
    match type_:
        case inspect.Metadata():
            return _type(type_.type, texts)
        case inspect.StructType():
            return f"[{type_.cls.__name__}](#control-{type_.cls.__name__.lower()})"
        case inspect.ListType():
            return texts.many.format(item=_type(type_.item_type, texts))
        case inspect.UnionType():
            return texts.either.join(_type(each, texts) for each in type_.types)
        case inspect.LiteralType():
            return ", ".join(f"`{each}`" for each in type_.values)
    return texts.types[_TYPES.get(type(type_), "any")]


def _range(type_: inspect.Type, words: Words) -> Iterator[str]:
    if isinstance(type_, inspect.UnionType):
        for each in type_.types:
            yield from _range(each, words)
    if not isinstance(type_, inspect.IntType | inspect.FloatType):
        return
    if type_.gt is not None:
        yield f"> {type_.gt}"
    elif not (type_.ge is None and type_.le is None):
        yield words.bounds(type_.ge, type_.le)


def _objects() -> list[type[msgspec.Struct]]:
    """Return the structs that answers and bodies hold, by name."""
    found: dict[str, type[msgspec.Struct]] = {}
    for route in ROUTES:
        if route.answer is not None:
            _collect(inspect.type_info(route.answer), found)
        for given in (route.query, route.body):
            if given is not None:
                info = inspect.type_info(given)
                assert isinstance(info, inspect.StructType)
                for field in info.fields:
                    _collect(field.type, found)
    found[Problem.__name__] = Problem
    return [found[name] for name in sorted(found)]


def _collect(type_: Any, found: dict[str, type[msgspec.Struct]]) -> None:  # noqa: ANN401 - any type of msgspec's
    match type_:
        case inspect.StructType() if type_.cls.__name__ not in found:
            found[type_.cls.__name__] = type_.cls
            for field in type_.fields:
                _collect(field.type, found)
        case inspect.ListType():
            _collect(type_.item_type, found)
        case inspect.DictType():
            _collect(type_.value_type, found)
        case inspect.UnionType():
            for each in type_.types:
                _collect(each, found)
