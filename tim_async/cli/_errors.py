"""The one place that prints errors: what is wrong, in terms of the command line, what to do, which page explains it.

Errors of the library name arguments as in a program (`change_message=True`, `encoding='gb18030'`); users of the command
line typed options (`--change-message`) or set variables (`TIM_IDENTIFIER`). The names are translated here, for all
commands, by the parameters of the failed command.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ._output import echo, one_line

if TYPE_CHECKING:
    from ..errors import TimError

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130

# Parameters of commands for arguments of the library with another name.
_STANDS_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "recipients": ("source",),
    "message": ("text", "message"),
    "codes": ("code",),
    "rate_limits": ("limit",),
    "file_format": ("file_format",),
    "lease_s": ("lease",),
    "url": ("redis",),
    "prefix": ("queue_prefix",),
    "prefetch": ("tasks",),
}
# Options of other commands: they are named together with the command.
_OF_OTHERS: Final[Mapping[str, str]] = {
    "add_recipients": "run --add-recipients",
    "change_message": "run --change-message",
    "import_missing": "run --import-missing",
    "retry_failed": "run --retry-failed",
}
_SECRETS: Final = ("TIM_SECRET_KEY", "TIM_WEBHOOK_TOKEN")
# Shorter names are parts of ordinary words.
_SECRET_MIN_CHARS: Final = 8


class CommandError(Exception):
    """Ends a command with a line on stderr and an exit code."""

    def __init__(self, line: str, code: int) -> None:
        super().__init__(line)
        self.line = line
        self.code = code


def stop(line: str, code: int = EXIT_USAGE) -> NoReturn:
    """End the command: one line on stderr, and an exit code."""
    raise CommandError(line, code)


def report(error: BaseException, ctx: Any) -> int | None:  # noqa: ANN401 - click's context
    """Print an error of a command and return the exit code; None for one that must be shown unchanged."""
    from ..errors import TimError, UsageError, may_have_been_delivered  # late: `--help` needs none of them

    match error:
        case CommandError():
            line, code = error.line, error.code
        case TimError():
            line, code = describe(error, typed_names(ctx)), EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
        case ModuleNotFoundError() if "tim-async[" in str(error):
            line, code = str(error), EXIT_USAGE
        case ModuleNotFoundError() if (error.name or "").partition(".")[0] == "rich":
            line, code = 'rich is missing: pip install "tim-async[cli]"', EXIT_USAGE
        case OSError() if error.errno != errno.EPIPE:  # typer handles a pipe whose reader is gone
            line, code = _describe_os_error(error), EXIT_FAILED
        case KeyboardInterrupt():
            unsure = "; the request may have taken effect all the same" if may_have_been_delivered(error) else ""
            line, code = f"interrupted{unsure}", EXIT_INTERRUPTED
        case _:
            return None
    warn(line)
    return code


def warn(line: str) -> None:
    """Print a line on stderr that cannot control a terminal and contains no secret of the environment."""
    for name in _SECRETS:
        secret = os.environ.get(name, "")
        if len(secret) >= _SECRET_MIN_CHARS:
            line = line.replace(secret, "***")
    echo(f"tim-async: {one_line(line)}", err=True)


def describe(error: TimError, names: Mapping[str, str]) -> str:
    """Return what happened, what to do and which page explains it; `names` maps arguments to what was typed."""
    from ..errors import ApiError, ConnectError, ReplyDecodeError

    advice = ""
    if isinstance(error, ConnectError):
        advice = "; nothing was sent: is the address right, and is a server listening there?"
    elif isinstance(error, ReplyDecodeError):
        advice = "; is TIM_BASE_URL (or --base-url) the service's address?"
    if error.maybe_delivered:
        advice += "; check the history before you send it again"
    text = str(error)
    if not isinstance(error, ApiError):  # the service's answer and its advice name no argument
        field = getattr(error, "field", None)
        typed = _names_about_lists(names) if field == "suppress" else names
        text = text.replace(error.message, _translate(error.message, field, typed), 1)
    return f"{text}{advice}; more: tim-async explain {_page(error)}"


def _page(error: TimError) -> str:
    """Return the argument for `explain`: the topic, preceded by the code if the catalogue has it."""
    from ..errors import ApiError

    is_known = isinstance(error, ApiError) and error.name is not None
    return f"{error.code} (topic {error.topic})" if is_known and isinstance(error, ApiError) else error.topic


def _translate(message: str, field: str | None, names: Mapping[str, str]) -> str:
    """Replace names of arguments by what was typed for them.

    A name with a value (`encoding='gb18030'`) or an underscore is always an argument. A name without one may be an
    ordinary word (`message`): it is replaced if it is the subject of a text that was typed ("until is '12:00' ..."); of
    the rest, only the argument that the error is about, if it is the subject ("lanes is ...") or requested ("give
    message"), and one that is joined to it ("first and sample are ...").
    """

    def typed(found: re.Match[str]) -> str:
        value = found["value"]
        option = names[found["name"]]
        return option if value in ("", "True") else f"{option} {_typed_value(value)}"

    every = "|".join(map(re.escape, names))
    long = "|".join(re.escape(name) for name in names if "_" in name)
    if every:
        message = re.sub(rf"(?<![-\w])(?P<name>{every})=(?P<value>True\b|'(?:[^'\\]|\\.)*'|\"[^\"]*\")", typed, message)
    if long:
        message = re.sub(rf"(?<![-\w])(?P<name>{long})\b(?P<value>)", typed, message)
    if every:
        message = re.sub(rf"^(?P<name>{every})(?= is ')", lambda found: names[found["name"]], message)
    if field is not None and field in names and "_" not in field:
        joined = rf"(?:^|(?<=\bgive ))(?P<field>{re.escape(field)})\b(?:(?P<word> and | or )(?P<other>{every})\b)?"
        message = re.sub(joined, lambda found: _both(found, names), message)
    return message


def _names_about_lists(names: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is typed for arguments if an error is about the file of a suppression list."""
    if "suppress" in names:  # the other options describe the file of recipients
        return {**names, **{each: f"bulk suppress add --{each}" for each in ("encoding", "delimiter")}}
    return {**names, "suppress": names["source"]} if "source" in names else names


def _both(found: re.Match[str], names: Mapping[str, str]) -> str:
    other = found["other"]
    return names[found["field"]] + ("" if other is None else found["word"] + names[other])


def _typed_value(value: str) -> str:
    """Return what is typed for a text that an error shows as a Python literal."""
    import ast
    import shlex

    text = str(ast.literal_eval(value))
    return shlex.quote(text) if text.isprintable() else value


def typed_names(ctx: Any) -> dict[str, str]:  # noqa: ANN401 - click's context
    """Return what the user of this command types for each argument of the library."""
    typed = {param.name: _typed(param, ctx) for param in ctx.command.params}
    for name, stand_ins in _STANDS_FOR.items():
        options = {each: typed[each] for each in stand_ins if each in typed}
        given = [option for each, option in options.items() if _is_given(each, ctx)]
        if options:
            typed[name] = " or ".join(given or options.values())
    return {**_OF_OTHERS, **typed}


def _is_given(name: str, ctx: Any) -> bool:  # noqa: ANN401 - click's context
    source = ctx.get_parameter_source(name)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")


def _typed(param: Any, ctx: Any) -> str:  # noqa: ANN401 - click's parameter and context
    source = ctx.get_parameter_source(param.name)
    if source is not None and source.name == "ENVIRONMENT":
        return str(param.envvar)
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper()).strip("[]")
    return str(max(param.opts, key=len))


def _describe_os_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason
