"""The pages that explain errors in Chinese: what each topic means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# fmt: off
TOPICS: Final[Mapping[str, tuple[str, str]]] = {
    "error": ("本库有意抛出的所有错误的基类。", "阅读错误信息，其中说明了原因；更具体的主题有更多说明"),
    "usage": ("调用或配置有误，没有发送任何内容。", "按错误信息修改相应的调用、选项或设置；没有发送任何内容"),
    "body-too-large": ("编码后的消息超过上限；没有占用令牌和连接。", "缩短最大的字段，或以文件形式发送，或拆成多条消息"),
    "user-sig": ("UserSig 校验不通过。", "用该应用自己的密钥重新生成；`tim-async user-sig --verify` 可查看其内容"),
    "limiter-setup": ("限流器无法为该客户端工作，没有发送任何内容：凭证被拒绝、距离过远，或共用它的客户端不能共用。", "检查限流器的地址和凭证，并确认共用它的客户端属于同一事件循环和同一应用"),
    "wait-too-long": ("繁忙：排队时间会超过调用的截止时间，或排队的调用过多，或每小时、每天的次数已用完。本次没有发送；请求本身没有问题。", "放宽截止时间，减少同时发送的数量，或提高上限"),
    "transport": ("没有得到可用的应答。", "检查网络和地址；重发消息之前先查看历史消息"),
    "connect": ("主域名和备用域名都无法建立连接，没有发送任何内容。", "检查地址、网络以及该地址是否有服务在监听；没有发送任何内容"),
    "breaker-open": ("服务已数秒没有应答，调用会立即失败（设置项 `breaker`）；没有发送任何内容。", "向自己的调用方说明服务暂不可用；每隔几秒会自动试探一次"),
    "connection-lost": ("请求可能已经发出，连接在收到应答之前中断。", "重发之前先查看历史消息，或在 120 秒内重复同一请求"),
    "reply-timeout": ("没有按时收到应答。", "重发之前先查看历史消息，或在 120 秒内重复同一请求"),
    "reply-decode": ("收到了应答，但不是该服务的格式。", "检查 base_url 是否为服务地址，以及中间是否有代理"),
    "archive": ("消息记录文件无法下载或读取：被截断、已损坏，或不是所声明的文件。", "用 `client.operation.get_history` 重新获取地址再下载；地址只在一段时间内有效"),
    "ledger": ("批量任务的账本无法读取、写入或加锁。没有发送账本中没有记录的内容。", "检查账本的路径或 URL、权限以及锁的持有者，然后重新运行"),
    "limiter-unavailable": ("保存多进程共用额度的服务无法访问，缺少它时不得发送。", "恢复 Redis，或用 --fallback-processes 允许 worker 在没有它时继续"),
    "cluster": ("分发任务的消息队列无法访问。已提交的内容都在账本中。", "检查消息队列的 URL 以及是否在运行；已提交的内容都在账本中"),
    "partial-failure": ("批量请求中有部分失败。", "查看 `failed`：每一项都有错误码，可用 `tim-async explain CODE` 查询"),
    "webhook": ("回调被拒绝或无法处理；`command` 为其 CallbackCommand（已知时）。", "阅读错误信息，其中说明了拒绝的原因；更具体的主题有更多说明"),
    "webhook-signature": ("Sign 缺失或错误：不是来自该服务，或两边的 token 不同。", "两边都设置为控制台中的 token；其余情况可能来自攻击者"),
    "webhook-stale": ("RequestTime 与当前时间相差过大：旧请求被重放，或时钟不准。", "校准本机时钟；被有意重放的请求理应拒绝"),
    "webhook-wrong-app": ("SdkAppid 缺失，或属于另一个应用。", "把本应用的 SdkAppid 交给接收端，或把另一应用的回调指向别处"),
    "webhook-method": ("HTTP 方法不是 POST。", "用 POST 发送回调；浏览器和健康检查使用 GET"),
    "event-too-large": ("请求体超过上限，没有读完。", "如果发送方是该服务，提高接收端的上限；否则理应拒绝"),
    "event-timeout": ("请求体没有按时到达。", "检查服务与接收端之间的网络和代理"),
    "event-decode": ("请求体无法解析。", "与该命令的文档对照；如果确由服务发出，请反馈"),
    "handler-answer": ("处理函数返回了该事件不接受的应答，已改用默认应答。", "返回该事件接受的内容（见事件的文档字符串）；已改用默认应答"),
    "handler-timeout": ("处理函数耗时过长。需要应答的已用默认应答代替。", "先应答，耗时的工作放到之后；服务不会等待更久"),
    "event-lost": ("事件的处理函数没有运行或没有运行完：等待的事件过多、接收端或其事件循环已结束，或处理函数自行取消。", "加快处理函数或提高并发；服务可能会再次发送该事件"),
    "api": ("服务返回了非 0 的错误码。", "查询错误码：`tim-async explain CODE`"),
    "invalid-request": ("请求有误，或其中的对象不存在：修改之后再发送。", "修改请求之后再发送；`tim-async explain CODE` 说明哪里有误"),
    "auth": ("凭证、权限或应用的设置不允许该调用。", "检查凭证、管理员权限以及控制台中的应用设置"),
    "rate-limited": ("调用过多，或超出应用套餐。服务前面的网关以 HTTP 429 拒绝时，`status` 为 429，`code` 为 None。", "降低频率，或在控制台和 rate_limits 中提高上限"),
    "service-busy": ("服务内部故障；服务的说明是“请重试”。", "稍后重试；暂时性的错误会自动重试"),
}
"""Meaning and next step, by topic."""
