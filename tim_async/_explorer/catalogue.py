"""The endpoints: a line for each, and a page with everything that is known of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from .._api.endpoint import Danger, Endpoint, Repeat
from .._api.fields import RequestField, answer_fields_of
from ..families._registry import FAMILIES, endpoints, load_family
from .purposes import purpose

_FAMILIES_ZH: Final = {
    "account": "账号管理",
    "all_member_push": "全员推送",
    "c2c": "单聊消息",
    "community": "社群与话题",
    "follow": "关注",
    "group": "群组管理",
    "group_attr": "群属性与计数器",
    "group_member": "群成员",
    "group_msg": "群消息",
    "live_group": "直播群",
    "moderation": "内容审核与禁言",
    "official_account": "公众号",
    "operation": "运营管理",
    "profile": "资料管理",
    "push": "推送服务",
    "recent_contact": "最近联系人",
    "robot": "机器人",
    "sns": "关系链",
}


class FamilyLine(msgspec.Struct, kw_only=True):
    """A group of endpoints.

    Attributes:
        name: the attribute of the client, such as `c2c`.
        title: its subject.
        title_zh: the same in Chinese.
    """

    name: str
    title: str
    title_zh: str


class EndpointLine(msgspec.Struct, kw_only=True):
    """An endpoint as shown in lists.

    Attributes:
        command: such as `openim/sendmsg`.
        path: its name in programs, such as `c2c.send`.
        family: the name of its family.
        title: what it does.
        title_zh: the title of its Chinese page.
        danger: the irreversible effect that it has, None for others.
        words: the names of its fields and the words of their texts, in lower case, for searching.
    """

    command: str
    path: str
    family: str
    title: str
    title_zh: str
    danger: Danger | None
    words: str


class Catalogue(msgspec.Struct, kw_only=True):
    """All endpoints.

    Attributes:
        families: their groups, in order.
        endpoints: the endpoints, in the order of their families.
    """

    families: list[FamilyLine]
    endpoints: list[EndpointLine]


class EndpointPage(msgspec.Struct, kw_only=True):
    """Everything that is known of an endpoint.

    Attributes:
        command: such as `openim/sendmsg`.
        path: its name in programs, such as `c2c.send`.
        title: what it does.
        title_zh: the title of its Chinese page.
        is_title_zh_made: whether that title is ours because no page showed one.
        purpose: what it does, in a sentence.
        doc: the number of its page, None if none was found.
        url: the address of its English page, None if none was seen.
        url_zh: the address of its Chinese page, None if none was seen.
        limits: its rates, such as `200/s`.
        repeat: whether sending it twice is harmless.
        danger: the irreversible effect that it has, None for others.
        has_body_limit: whether the limit for messages applies to it.
        fields: the fields of its request.
        answer: the fields of its answer.
    """

    command: str
    path: str
    title: str
    title_zh: str
    is_title_zh_made: bool
    purpose: str
    doc: str | None
    url: str | None
    url_zh: str | None
    limits: list[str]
    repeat: Repeat
    danger: Danger | None
    has_body_limit: bool
    fields: tuple[RequestField, ...]
    answer: tuple[RequestField, ...]


def path_of(endpoint: Endpoint[..., Any]) -> str:
    """Return the name of an endpoint in programs, such as `c2c.send`."""
    return f"{endpoint.family}.{endpoint.name}"


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return all endpoints."""
    return Catalogue(
        families=[FamilyLine(name=name, title=_family_title(name), title_zh=_FAMILIES_ZH[name]) for name in FAMILIES],
        endpoints=[
            EndpointLine(
                command=each.command,
                path=path_of(each),
                family=each.family,
                title=each.title or "",
                title_zh=each.title_zh or "",
                danger=each.danger,
                words=" ".join(dict.fromkeys(_words(each.fields))),
            )
            for each in endpoints().values()
        ],
    )


def page_of(endpoint: Endpoint[..., Any]) -> EndpointPage:
    """Return everything that is known of an endpoint."""
    return EndpointPage(
        command=endpoint.command,
        path=path_of(endpoint),
        title=endpoint.title or "",
        title_zh=endpoint.title_zh or "",
        is_title_zh_made=endpoint.is_title_zh_made,
        purpose=purpose(endpoint),
        doc=endpoint.doc,
        url=endpoint.url,
        url_zh=endpoint.url_zh,
        limits=[str(rate) for rate in endpoint.limits],
        repeat=endpoint.repeat,
        danger=endpoint.danger,
        has_body_limit=endpoint.has_body_limit,
        fields=endpoint.fields,
        answer=answer_fields_of(endpoint.result),
    )


def _family_title(name: str) -> str:
    return (load_family(name).__doc__ or "").splitlines()[0].rstrip(".")


def _words(fields: Iterable[RequestField]) -> Iterator[str]:
    """Yield the words of fields; the words of elements are the same in all endpoints, so they are left out."""
    for each in fields:
        yield each.wire_name.lower()
        yield from re.findall(r"[a-z]{3,}", each.text.lower())
        yield from _words(each.fields)
