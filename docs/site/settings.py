"""The page of the settings, and of what is given as their values: retry policies, rates, breakers."""

from __future__ import annotations

import inspect
import re
from typing import Final

import msgspec

from tim_async import Breaker, Rate, RetryPolicy, Settings

from .markup import intro, table, text
from .words import Words

REQUIRED: Final = object()
VALUES: Final[tuple[type[msgspec.Struct], ...]] = (RetryPolicy, Rate, Breaker)
"""The classes of values, each with a section."""

_ZH: Final[dict[type[msgspec.Struct], dict[str, str]]] = {
    Settings: {
        "timeout": "单次请求的超时时间，单位为秒，从取得令牌开始计算。服务端自身最多需要 3 秒。",
        "connect_timeout": "建立连接的超时时间，单位为秒。",
        "deadline": "一次调用（包括排队）的最长时间，单位为秒；None 表示不限，因为批量任务可能要等很久。",
        "retry": "哪些失败会重试，何时重试，见下文的 RetryPolicy。",
        "rate_limits": (
            '与接口自身不同的请求频率限制，例如 `{"openim/sendmsg": 300}`。数字表示每秒调用次数；一个或多个 `Rate` '
            '会替换该接口的全部限制；`"*"` 为所有接口合计再加一个限制。'
        ),
        "limiter": "多个客户端共用的限流器；None 表示自行创建。",
        "observer": "观察每次调用，例如 `tim_async.otel.Telemetry`；None 表示不观察。",
        "max_waiting": (
            "同一接口最多有多少个调用排队，超出的立即以 `WaitTooLongError` 拒绝。"
            "后台调用不计入交互调用的排队数。None 表示不限。"
        ),
        "breaker": "服务没有应答期间，调用立即失败，例如 `Breaker(after_s=10)`；None 表示不启用。",
        "body_limit": "编码后的消息的最大字节数。较新的文档允许 12,288。",
        "max_reply_bytes": "应答的最大字节数，超出则为 `ReplyDecodeError`。",
        "pool_size": "最大连接数，至少为 1。每秒 200 次、每次 100 毫秒的调用会占用 20 个连接。",
        "keep_alive_s": "空闲连接保留的秒数。",
        "dns_cache_s": "域名解析结果保留的秒数。",
        "ssl": "True 表示校验证书，也可以是 SSLContext；False 表示不校验。",
        "proxy": (
            "HTTP 代理的地址。设置了它、`trust_env` 或 `trace_configs` 时，调用会经过 aiohttp 的会话，"
            "开销更大，也不会提前建立连接。"
        ),
        "trust_env": "是否也从环境变量读取代理。",
        "trace_configs": "aiohttp 的跟踪钩子，用于观察连接。其中看到的地址不含查询参数，UserSig 就在查询参数里。",
        "user_sig_lifetime_s": "签发的 UserSig 的有效秒数；到期之前会自动更新。",
        "user_sig_provider": "本进程没有密钥时由它提供 UserSig：以账号为参数调用，返回 UserSig 或其 awaitable。",
    },
    RetryPolicy: {
        "": "何时重试：指数退避，随机抖动，次数和总时间都有上限。每次重试都要重新取得令牌，并排在同一优先级的最前面。",
        "codes": "遇到这些错误码时重试。",
        "max_attempts": "总共最多请求多少次，至少为 1。",
        "base": "单位为秒；第 n 次请求之后的等待时间在 0 到 min(cap, base * factor ** (n - 1)) 之间随机选取。",
        "factor": "等待时间逐次增长的倍数，至少为 1。",
        "cap": "单次等待的最长秒数。",
        "max_elapsed": "从第一次请求开始，超过这么多秒之后不再重试。",
        "transport": (
            "`never`：不重试；`connect`：没有发出请求时重试；`any`：超时、连接中断、应答不可用时也重试，"
            "仅限重复请求没有副作用的接口（`Endpoint.repeat`）。"
        ),
    },
    Rate: {
        "": "一个请求频率限制：任意 `per` 秒之内最多 `limit` 次。",
        "limit": "调用次数，或 `cost` 的单位数，至少为 1。",
        "per": (
            "时间窗口的秒数。从一小时起为每小时或每天的总次数：可以一次用完；用完之后的调用不再等待，"
            "而是以 `WaitTooLongError` 拒绝，并给出需要等待的时间。"
        ),
        "cost": "请求中的一个字段，其长度就是一次调用的消耗（`to_account`：每个接收方计一次）；None 表示计一次。",
        "key": (
            "请求中的一个字段，它的每个值单独计数（`group_id`）；None 表示合并计数。`msg_body.stream_msg_id` "
            "是第一个消息元素的字段。没有该字段的调用不计数。"
        ),
        "max_cost": "一次调用的最大消耗。",
    },
    Breaker: {
        "": "服务没有应答时，让调用立即失败：`TimClient(..., breaker=Breaker(after_s=20))`。",
        "after_s": "持续这么多秒没有应答，就开始立即失败。",
        "failures": "在此之前连续失败的请求次数，至少为 1：空闲的客户端有一次调用超时还不足以断定。",
        "look_every_s": "每隔多少秒试探一次。",
    },
}


def page(words: Words) -> str:
    """Return the page."""
    parts = [f"(settings)=\n# {words.settings_title}\n\n{intro('settings', words.folder)}\n", _fields(Settings, words)]
    for kind in VALUES:
        name = re.sub(r"(?<=.)([A-Z])", r"-\1", kind.__name__).lower()
        about = _texts(kind, words)[""]
        parts.append(f"(settings-{name})=\n## {kind.__name__}\n\n{text(about)}\n\n{_fields(kind, words)}")
        parts.append(f"{intro(f'settings-{name}', words.folder)}\n")
    return "".join(parts)


def _fields(kind: type[msgspec.Struct], words: Words) -> str:
    texts = _texts(kind, words)
    rows = [[f"`{name}`", f"`{_shown(given)}`" if given is not REQUIRED else "", text(texts[name])]
            for name, given in defaults_of(kind).items()]  # fmt: skip
    return table([words.setting, words.default, words.meaning], rows)


def defaults_of(kind: type[msgspec.Struct]) -> dict[str, object]:
    """Return the fields of a class with their defaults; REQUIRED for those that must be given."""
    defaults = [each.factory() if hasattr(each, "factory") else each for each in kind.__struct_defaults__]
    required = [REQUIRED] * (len(kind.__struct_fields__) - len(defaults))
    return dict(zip(kind.__struct_fields__, [*required, *defaults], strict=True))


def _texts(kind: type[msgspec.Struct], words: Words) -> dict[str, str]:
    """Return what each field means, and under "" what the class is."""
    if words.folder == "zh":
        return _ZH[kind]
    about, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    return {"": " ".join(about.split()), **{name: " ".join(note.split()) for name, note in found}}


def _shown(value: object) -> str:
    """Return a default as it is written."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(str, sorted(value)))}}}"
    if isinstance(value, RetryPolicy):
        return "RetryPolicy()"
    return repr(value)
