"""What the page of the ledger says, in both languages."""

from __future__ import annotations

from typing import Final, NamedTuple


class LedgerWords(NamedTuple):
    """The words of one language.

    Attributes:
        recipient: what the states of a recipient mean, as `chunk` and `lane`.
        status: what the status of a campaign means.
        table: what the tables are for.
    """

    title: str
    intro: str
    number: str
    name: str
    column: str
    command: str
    printed: str
    states: str
    recipient_states: str
    chunk_states: str
    lanes: str
    campaign_status: str
    tables: str
    tables_text: str
    export: str
    export_text: str
    json_text: str
    recipient: dict[str, str]
    chunk: dict[str, str]
    lane: dict[str, str]
    status: dict[str, str]
    table: dict[str, str]


EN: Final = LedgerWords(
    title="Ledger, exports and --json",
    intro=(
        "A ledger is an SQLite file or a PostgreSQL database with the tables below. It may hold any number of "
        "campaigns. Its layout has version {version} (the row `version` of `tim_bulk_meta`); a ledger of another "
        "version is refused, untouched, and only a minor version of the library changes the layout (see "
        "[What may change](../../explanation/versions.md)).\n\n"
        "Read it with any tool while campaigns run, but leave writing to the library: what is written ahead, and who "
        "has which chunk, must be right at every moment. For most questions, `tim-async bulk list`, `status`, `show` "
        "and `export` are enough. What the states are for is explained in "
        "[How a campaign survives](../../explanation/campaigns.md).\n\n"
        "Recipients by state and code:"
    ),
    number="Number",
    name="Name",
    column="Column",
    command="Command",
    printed="Prints",
    states="States",
    recipient_states="Of a recipient",
    chunk_states="Of a chunk",
    lanes="Lanes",
    campaign_status="Status of a campaign",
    tables="Tables",
    tables_text=(
        "Times are unix seconds, with a fraction, unless a column says otherwise. While recipients are read, there are "
        "also `tim_bulk_staged_N` and `tim_bulk_duplicates_N`, which go when the plan is complete."
    ),
    export="Exports",
    export_text=(
        "`tim-async bulk export` and `Campaign.export` write a row for each recipient, in the order of the plan, and "
        "then one for each row without a valid account. A CSV file has these columns in this order, JSON lines have "
        "them as keys. In CSV, a cell that a spreadsheet would take for a formula begins with an apostrophe, and "
        "control characters are escaped: `tim_async.bulk.restore_cell` turns it back."
    ),
    json_text=(
        "With `--json` a command prints one value on one line to standard output, and nothing else there; progress and "
        "messages go to standard error. `null` stands for what is not known, and a `Timing` has only the keys that "
        "were set. New keys may be added; ignore those that you do not know."
    ),
    recipient={
        "planned": "Not settled. In a chunk that is `sending` it is in flight, in any other it was not sent to.",
        "sent": "The service took the message, or has it in its history.",
        "failed": "It was refused, or could not be made (`code`, `info`): it was not delivered.",
        "unknown": "It may have been delivered; that could not be found out, or was not wanted (`info`).",
        "suppressed": "Left out: on a suppression list, or sent to often enough (`info`).",
    },
    chunk={
        "ready": "No run or worker has it, and nothing of it was sent.",
        "claimed": (
            "A run or worker has it, and nothing of it was sent. When its owner is gone, it is as good as `ready`."
        ),
        "sending": (
            "Since `since`, its recipients may have been sent to; `lane` and the bodies say how and what. A run that "
            "finds it left by another one carries on from there."
        ),
        "done": "Every recipient in it is settled.",
    },
    lane={
        "single": "`openim/sendmsg`, a call for each recipient.",
        "batch": "`openim/batchsendmsg`, a call for all recipients of the chunk.",
    },
    status={
        "": (
            "Not run yet. Reports and lists say `planning` while recipients are read, or were when the process died, "
            "and `planned` afterwards."
        ),
        "running": "A process runs it, or workers have it.",
        "done": "All recipients are settled.",
        "stopped": "A fault stopped it, which `reason` names. Correct that, then run it again.",
        "interrupted": "It was ended from outside, as by Ctrl-C. Run it again.",
        "paused": (
            "By a user, or for a look at a sample: `resume` lets it go on. By a used-up quota: run it again when the "
            "quota is renewed."
        ),
        "ended": "Its end time came, with some recipients left.",
        "cancelled": "By a user, for good.",
        "deleting": "Its deletion was cut off. Delete it again.",
    },
    table={
        "tim_bulk_meta": "What is known of the ledger as a whole.",
        "tim_bulk_campaigns": "A row for each campaign.",
        "tim_bulk_recipients": "A row for each recipient, by campaign and place in the plan.",
        "tim_bulk_accounts": "The index by which one recipient is found by its account.",
        "tim_bulk_chunks": (
            "A chunk is a group of recipients that is worked on together. A recipient that is to be sent to again "
            "goes to a further chunk, so a batch is always repeated to the same recipients."
        ),
        "tim_bulk_problems": "Rows that made no recipient: bad ones, and duplicates.",
        "tim_bulk_locks": "Only of a server: what one process at a time may do.",
        "tim_bulk_workers": "Only of a server: the workers that are alive, and those that died within a day.",
        "tim_bulk_turns": "Only of a server, for campaigns with a rate of their own: up to when turns are reserved.",
        "tim_bulk_suppression_lists": "The suppression lists of the ledger.",
        "tim_bulk_suppressed": "The accounts on them.",
        "tim_bulk_contacts": (
            "Who was sent to and when, or is being sent to. Kept from the first campaign on that has a bound on "
            "messages (`--at-most`); it outlives the campaigns."
        ),
    },
)

ZH: Final = LedgerWords(
    title="账本、导出文件与 --json",
    intro=(
        "账本是一个 SQLite 文件或一个 PostgreSQL 数据库，包含下面这些表，可以存放任意多个任务。表结构的版本是 {version}"
        "（`tim_bulk_meta` 里的 `version`）；版本不同的账本会被拒绝且不会被改动，只有 MINOR 版本会改变表结构，见"
        "[哪些内容可能变化](../../explanation/versions.md)。\n\n"
        "任务运行期间可以用任何工具读取账本，但请不要自行写入：先写后发的内容和分块的归属在任何时刻都必须正确。"
        "多数情况下用 `tim-async bulk list`、`status`、`show` 和 `export` 就够了。这些状态的用途见"
        "[批量任务如何不丢不重](../../explanation/campaigns.md)。列和字段的说明为英文，取自代码。\n\n"
        "按状态和错误码统计接收人："
    ),
    number="数值",
    name="名称",
    column="列",
    command="命令",
    printed="打印的对象",
    states="状态",
    recipient_states="接收人的状态",
    chunk_states="分块的状态",
    lanes="发送通道",
    campaign_status="任务的状态",
    tables="表",
    tables_text=(
        "除非另有说明，时间都是带小数的 Unix 秒。读取接收人期间还有 `tim_bulk_staged_N` 和 `tim_bulk_duplicates_N` 两"
        "张表，计划完成后会删除。"
    ),
    export="导出文件",
    export_text=(
        "`tim-async bulk export` 和 `Campaign.export` 为每个接收人写一行，顺序与计划一致；之后是没有有效账号的行。"
        "CSV 文件按下面的顺序排列各列，JSON lines 以它们为键。在 CSV 里，可能被电子表格当作公式的单元格以单引号开头，"
        "控制字符会被转义，可用 `tim_async.bulk.restore_cell` 还原。"
    ),
    json_text=(
        "加上 `--json`，命令在标准输出只打印一行 JSON；进度和提示写到标准错误。未知的值为 `null`，`Timing` 只包含设置"
        "过的键。以后可能增加新的键，请忽略不认识的键。"
    ),
    recipient={
        "planned": "尚无结果。所在分块为 `sending` 时正在发送，否则还没有发送。",
        "sent": "服务端已收下消息，或漫游消息里有这条消息。",
        "failed": "被拒绝或消息无法生成（见 `code`、`info`），没有送达。",
        "unknown": "可能已送达，但无法查明或选择不查（见 `info`）。",
        "suppressed": "被排除：在排除名单里，或近期已收到足够多的消息（见 `info`）。",
    },
    chunk={
        "ready": "无人领取，尚未发送。",
        "claimed": "已被某次运行或某个 worker 领取，尚未发送。领取者消失后等同于 `ready`。",
        "sending": (
            "从 `since` 起其中的接收人可能已收到消息，`lane` 和消息体说明发送方式和内容。之后的运行会从这里继续。"
        ),
        "done": "其中每个接收人都有了结果。",
    },
    lane={
        "single": "`openim/sendmsg`，每个接收人一次调用。",
        "batch": "`openim/batchsendmsg`，整个分块一次调用。",
    },
    status={
        "": "尚未运行。报告和列表里，读取接收人期间（或进程在此期间中断）显示 `planning`，之后显示 `planned`。",
        "running": "正由某个进程运行，或已交给 worker。",
        "done": "所有接收人都有了结果。",
        "stopped": "因故障停止，原因见 `reason`。排除故障后重新运行。",
        "interrupted": "从外部结束，例如 Ctrl-C。重新运行即可继续。",
        "paused": "由用户暂停，或发完样本后等待查看：用 `resume` 继续。额度用完而暂停：额度恢复后重新运行。",
        "ended": "到了结束时间，还有接收人没有发送。",
        "cancelled": "由用户取消，不可恢复。",
        "deleting": "删除中断，请再删除一次。",
    },
    table={
        "tim_bulk_meta": "关于整个账本的信息。",
        "tim_bulk_campaigns": "每个任务一行。",
        "tim_bulk_recipients": "每个接收人一行，按任务和在计划里的位置排列。",
        "tim_bulk_accounts": "按账号查找接收人的索引。",
        "tim_bulk_chunks": (
            "分块是一起处理的一组接收人。需要重发的接收人会进入新的分块，所以重发一批时接收人总是相同的。"
        ),
        "tim_bulk_problems": "没有成为接收人的行：无效行和重复行。",
        "tim_bulk_locks": "仅用于服务器：同一时刻只允许一个进程做的事。",
        "tim_bulk_workers": "仅用于服务器：存活的 worker，以及一天之内死掉的 worker。",
        "tim_bulk_turns": "仅用于服务器上自带速率的任务：已预约到什么时刻。",
        "tim_bulk_suppression_lists": "账本的排除名单。",
        "tim_bulk_suppressed": "名单里的账号。",
        "tim_bulk_contacts": (
            "给谁、在什么时候发过或正在发。从第一个限制消息条数（`--at-most`）的任务起开始记录，任务删除后仍保留。"
        ),
    },
)
