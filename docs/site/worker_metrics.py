"""The page of what a worker shows to Prometheus."""

from __future__ import annotations

from typing import Final, NamedTuple

from tim_async.cluster._workers.metrics import Described, described

from .markup import table, text
from .words import Words


class _Texts(NamedTuple):
    """What the page says in one language.

    Attributes:
        groups: the titles of the sections, by what the names of their metrics begin with.
        meanings: what metrics say, by name; where there is none, the text of the metric itself is shown.
    """

    title: str
    intro: str
    metric: str
    kind: str
    labels: str
    groups: dict[str, str]
    meanings: dict[str, str]


_EN: Final = _Texts(
    title="Metrics of a worker",
    intro=(
        "A worker serves these at `/metrics` when it has a port (`tim-async worker --health-port 9464`, "
        "`Worker(health_port=9464)`), beside the usual `process_*`; see "
        "[Workers on several machines](../../how-to/workers.md).\n\n"
        "The values of `command` and `code` are commands and codes that this library knows, or `other`, so the "
        "number of series is bounded. No account, campaign, address or secret is in a label. Of the metrics of the "
        "limiter, only processes with a shared limiter have any."
    ),
    metric="Metric",
    kind="Kind",
    labels="Labels",
    groups={"tim_worker": "The worker", "tim_limiter": "The limiter", "tim": "Calls"},
    meanings={},
)

_ZH: Final = _Texts(
    title="worker 的监控指标",
    intro=(
        "给 worker 指定端口后（`tim-async worker --health-port 9464`，`Worker(health_port=9464)`），它在 `/metrics` "
        "提供以下指标，以及常见的 `process_*`；用法见[在多台机器上运行 worker](../../how-to/workers.md)。\n\n"
        "`command` 和 `code` 的取值是本库已知的命令字和错误码，其余记为 `other`，所以时间序列的数量有上限。"
        "标签里没有账号、任务名、地址或密钥。只有使用共享限流器的进程才有限流器指标。"
    ),
    metric="指标",
    kind="类型",
    labels="标签",
    groups={"tim_worker": "worker", "tim_limiter": "限流器", "tim": "调用"},
    meanings={
        "tim_worker_info": "恒为 1，标签给出 worker 的应用和版本。",
        "tim_worker_chunks_at_work": "正在处理的分块数。",
        "tim_worker_campaigns_at_work": "正在处理的分块所属的任务数。",
        "tim_worker_tasks": "同时处理的分块数上限（`--tasks`）。",
        "tim_worker_start_time_seconds": "worker 的启动时间，Unix 秒。",
        "tim_worker_lease_renewed_time_seconds": "最近一次续租的时间，Unix 秒。",
        "tim_worker_chunks_total": "处理过的分块数。",
        "tim_worker_chunks_given_up_total": "由这个 worker 宣布放弃的分块数。",
        "tim_worker_bad_messages_total": "因不是工作消息而丢弃的消息数。",
        "tim_waiting": "正在排队的调用数。",
        "tim_limit_rate": "限流器当前每秒放行的调用数。",
        "tim_limit_configured_rate": "没有降速时每秒放行的调用数。",
        "tim_calls_total": "开始的调用数。",
        "tim_calls_succeeded_total": "返回结果的调用数。",
        "tim_attempts_total": "发出的请求数。",
        "tim_retries_total": "一次调用中首个请求之后的请求数。",
        "tim_failed_items_total": "成功的应答里失败的条目数。",
        "tim_wait_seconds_total": "调用排队的秒数。",
        "tim_request_seconds_total": "从轮到发送到收到应答的秒数。",
        "tim_errors_total": "失败的请求数，按错误码、HTTP 状态码或异常类区分。",
        "tim_limiter_tolerance_seconds": "预约时刻过后多少秒内仍可使用；进程得不到 CPU 时会变大。",
        "tim_limiter_requests_total": "Redis 应答过的请求数。",
        "tim_limiter_reserved_total": "Redis 给出的预约数。",
        "tim_limiter_granted_total": "用掉预约的调用数。",
        "tim_limiter_expired_total": "没有及时使用而作废的预约数。",
        "tim_limiter_given_back_total": "退还的预约数。",
        "tim_limiter_outages_total": "Redis 无法访问或拒绝服务的次数。",
        "tim_limiter_fallback_granted_total": "没有经过 Redis 就发出的调用数。",
    },
)


def page(words: Words) -> str:
    """Return the page: a section for each part of a worker."""
    texts = _ZH if words.is_chinese else _EN
    parts = [f"(worker-metrics)=\n# {texts.title}\n\n{texts.intro}\n\n"]
    left = described()
    for beginning, title in texts.groups.items():
        own = [each for each in left if each.name.startswith(f"{beginning}_")]
        left = [each for each in left if each not in own]
        parts.append(f"## {title}\n\n")
        head = [texts.metric, texts.kind, texts.labels, words.meaning]
        parts.append(table(head, [_row(each, texts) for each in own]))
    return "".join(parts)


def _row(metric: Described, texts: _Texts) -> list[str]:
    meaning = texts.meanings[metric.name] if texts.meanings else metric.text
    return [f"`{metric.name}`", metric.kind, ", ".join(f"`{each}`" for each in metric.labels), text(meaning)]
