"""The page of the command line: every command with its arguments, options, variables and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tim_async.cli import _errors
from tim_async.cli._frame import LazyGroup
from tim_async.cli.app import app

from .markup import block, index, intro, table, text
from .words import Words


class _Texts(NamedTuple):
    """What the page says in one language."""

    title: str
    argument: str
    option: str
    required: str
    variable: str
    default: str
    examples: str
    exit_code: str
    exit_codes: dict[int, str]
    command: str


_TEXTS: Final = {
    "en": _Texts(
        title="Command line",
        argument="Argument",
        option="Option",
        required="required",
        variable="variable",
        default="default",
        examples="Examples",
        exit_code="Exit code",
        exit_codes={
            0: "what was asked for is done",
            _errors.EXIT_FAILED: "it failed: the service refused, items of a batch failed, nothing was found",
            _errors.EXIT_USAGE: "the line is wrong, a variable or a package is missing; nothing was sent",
            _errors.EXIT_INTERRUPTED: "interrupted by Ctrl-C",
        },
        command="Command",
    ),
    "zh": _Texts(
        title="命令行参考",
        argument="参数",
        option="选项",
        required="必填",
        variable="环境变量",
        default="默认值",
        examples="示例",
        exit_code="退出码",
        exit_codes={
            0: "成功",
            _errors.EXIT_FAILED: "没有成功：服务端拒绝、批量请求中有部分失败，或没有找到",
            _errors.EXIT_USAGE: "命令有误，或缺少环境变量、软件包；没有发送任何内容",
            _errors.EXIT_INTERRUPTED: "按 Ctrl-C 中断",
        },
        command="命令",
    ),
}

# What each command does, in Chinese; its own help is in English.
_SUMMARIES_ZH: Final = {
    "demo": "用十秒钟在模拟器里演示本库的特性",
    "emulator": "运行模拟器，直到按 Ctrl-C 或收到 SIGTERM",
    "doctor": "检查应用能否调用，指出需要修改的地方",
    "send": "给一个账号发消息，输出 MsgKey 和时间",
    "call": "调用任意接口，以 JSON 输出应答",
    "console": "在浏览器中打开控制台：所有接口的表单、错误码、请求频率限制",
    "bulk": "给任意多的接收人发送同一条消息，或因人而异的消息",
    "bulk plan": "把接收人读入账本，显示任务将如何进行",
    "bulk run": "发给所有还没有结果的接收人",
    "bulk status": "显示账本中任务的情况，运行时也可以用",
    "bulk watch": "在网页上查看正在运行的任务：进度、速率、剩余时间、错误码、失败和 worker",
    "bulk export": "输出每个接收人的结果：状态、错误码、MsgKey、时间",
    "bulk show": "显示一个接收人的结果，以及已发或将发的消息",
    "bulk retry": "让下一次运行重试失败、未知或已放弃的接收人",
    "bulk suppress": "维护排除名单",
    "bulk suppress add": "把文件中的账号加入名单",
    "bulk suppress remove": "把文件中的账号移出名单",
    "bulk suppress list": "列出账本中的名单",
    "bulk set": "修改任务的时间和速度，运行时也可以用",
    "bulk pause": "暂停任务，不论它在哪里运行；用 resume 继续",
    "bulk resume": "继续已暂停的任务，或因故障停止、故障已排除的任务",
    "bulk cancel": "终止任务，不论它在哪里运行，之后不能再继续",
    "bulk list": "列出账本中的任务，或你的全部任务，以及状态、数量和日期",
    "bulk archive": "归档任务：不再列出，也不能再运行",
    "bulk delete": "删除任务以及其中接收人的全部记录；账本文件中没有其他任务时一并删除",
    "bulk adopt": "日志文件缺失时，接受现有的账本",
    "bulk workers": "显示哪些 worker 在运行、在处理什么、从何时开始",
    "bulk given-up": "显示已放弃的分块，或让 worker 重试",
    "worker": "作为 worker 处理应用的批量任务，可以同时运行任意多个",
    "endpoints": "列出接口，或按关键词查找",
    "explain": "解释服务端的错误码，或异常的名称",
    "user-sig": "为账号生成 UserSig，或校验 UserSig",
    "completion": "输出用于 shell 自动补全的脚本",
}


def commands() -> dict[str, TyperCommand | TyperGroup]:
    """Return all commands by what is typed after `tim-async`, groups before their own."""
    root = get_command(app)
    assert isinstance(root, LazyGroup)
    return dict(_below(root, ""))


def _below(group: LazyGroup, prefix: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    for entry in group.entries:
        command = group.load(entry.name)
        yield f"{prefix}{entry.name}", command
        if isinstance(command, LazyGroup):
            yield from _below(command, f"{prefix}{entry.name} ")


def page(words: Words) -> str:
    """Return the page."""
    texts = _TEXTS[words.folder]
    found = commands()
    codes = [[f"`{code}`", meaning] for code, meaning in texts.exit_codes.items()]
    overview = [
        [f"[`tim-async {name}`](#command-{_anchor(name)})", text(_summary(name, command, words))]
        for name, command in found.items()
    ]
    parts = [
        f"(command-line)=\n# {texts.title}\n\n{intro('command-line', words.folder)}\n",
        table([texts.command, words.meaning], overview),
        table([texts.exit_code, words.meaning], codes),
    ]
    return "".join([*parts, *(_section(name, command, words) for name, command in found.items())])


def _section(name: str, command: TyperCommand | TyperGroup, words: Words) -> str:
    texts = _TEXTS[words.folder]
    full = f"tim-async {name}"
    context: Any = command.context_class(command, info_name=full, **command.context_settings)
    parts = [index(full), f"(command-{_anchor(name)})=\n## {full}\n\n"]
    if words.folder == "zh":
        parts.append(f"{_SUMMARIES_ZH[name]}。\n\n")
    parts.append(block("text", f"{full} {' '.join(command.collect_usage_pieces(context))}"))
    parts += [
        f"{text(_with_code(' '.join(each.split())))}\n\n" for each in (command.help or "").split("\n\n") if each.strip()
    ]
    for kind, title in (("argument", texts.argument), ("option", texts.option)):
        rows = [
            row for param in command.get_params(context) if param.param_type_name == kind
            if (row := _row(param, context, texts)) is not None
        ]  # fmt: skip
        if rows:
            parts.append(table([title, words.meaning], rows))
    if command.epilog:
        parts.append(block("sh", command.epilog, texts.examples))
    return "".join(parts)


def _row(param: Any, context: Any, texts: _Texts) -> list[str] | None:  # noqa: ANN401 - click's, of any version
    record = param.get_help_record(context)
    if record is None or "help" in (param.name or ""):
        return None
    found = re.fullmatch(r"(.*?)(?:\s*\[([^\[\]]*)\])?", record[1].replace("\\[", "["), re.DOTALL)
    assert found is not None
    lines = [text(_with_code(" ".join(found[1].split())))]
    names = {"env var": texts.variable, "default": texts.default, "required": texts.required}
    for extra in filter(None, (found[2] or "").split("; ")):
        name, _, value = extra.partition(": ")
        if name in names:
            lines.append(f"*{names[name]}*" + (f" `{value}`" if value else ""))
        else:
            lines.append(f"`{extra}`")
    return [f"`{record[0].strip()}`", "<br>".join(lines)]


def _with_code(help_text: str) -> str:
    """Return a help text with its options and variables as code."""
    return re.sub(r"(?<![\w`-])(--[a-z][\w-]*|TIM_\w+)(?![\w`])", r"`\1`", help_text)


def _summary(name: str, command: TyperCommand | TyperGroup, words: Words) -> str:
    if words.folder == "zh":
        return _SUMMARIES_ZH[name]
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
