"""The one place that prints errors: the line, the exit code, and the names it uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner, Result

from tests.cli.helpers import KEY
from tim_async.cli._errors import describe, stop
from tim_async.cli._frame import Entry, LazyGroup, make_app, make_command
from tim_async.errors import (
    AuthError,
    ConnectError,
    LedgerError,
    ReplyDecodeError,
    ReplyTimeoutError,
    TimError,
    UsageError,
    from_reply,
)


def fail_with(error: BaseException, *args: str) -> Result:
    """Run a command that raises."""

    def fail(
        to_account: Annotated[str, typer.Argument(metavar="TO")] = "bob",
        *,
        identifier: Annotated[str, typer.Option(envvar="TIM_IDENTIFIER")] = "administrator",
        source: Annotated[str, typer.Option("--file")] = "",
        text: str = "",
        message: str = "",
        change_message: bool = False,
        encoding: str = "",
        delimiter: str = "",
        lanes: str = "auto",
        limit: str = "",
    ) -> None:
        """Fail."""
        raise error

    class Root(LazyGroup):
        entries = (Entry("fail", "Panel", "Fail.", lambda: make_command(fail, examples=("tim-async fail",))),)

    app = make_app(cls=Root)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["fail", *args])


def busy() -> TimError:
    error = ReplyTimeoutError("no answer within 3 s", timeout=3)
    error.command, error.attempts, error.maybe_delivered = "openim/sendmsg", 2, True
    return error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("client is closed"), 2, "client is closed; more: tim-async explain usage"),
        (LedgerError("spring.db is locked"), 1, "spring.db is locked; more: tim-async explain ledger"),
        (
            ConnectError("could not connect to h"),
            1,
            (
                "could not connect to h; nothing was sent: is the address right, and is a server listening there?; "
                "more: tim-async explain connect"
            ),
        ),
        (
            ReplyDecodeError("HTML", status=502),
            1,
            "HTML; is TIM_BASE_URL (or --base-url) the service's address?; more: tim-async explain reply-decode",
        ),
        (
            busy(),
            1,
            (
                "openim/sendmsg: no answer within 3 s (after 2 attempts); the request may have taken effect all the "
                "same; check the history before you send it again; more: tim-async explain reply-timeout"
            ),
        ),
        (
            from_reply("openim", 424242, "what\nis this"),
            1,
            (r"the service answered 424242 (unknown code): what\nis this; more: tim-async explain api"),
        ),
        (PermissionError(13, "Permission denied", "out.csv"), 1, "out.csv: Permission denied"),
        (OSError("no more files"), 1, "no more files"),
        (
            ModuleNotFoundError('x needs y: pip install "tim-async[bulk]"'),
            2,
            'x needs y: pip install "tim-async[bulk]"',
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_error_is_one_line_and_an_exit_code(error: BaseException, code: int, line: str) -> None:
    result = fail_with(error)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"tim-async: {line}\n")


def test_known_code_is_explained_by_code_and_topic() -> None:
    result = fail_with(from_reply("openim", 70001, "expired"))
    assert result.stderr.endswith(f"; more: tim-async explain 70001 (topic {AuthError.topic})\n")


@pytest.mark.parametrize("error", [ValueError("a defect"), ModuleNotFoundError("No module named 'x'", name="x")])
def test_defect_is_not_hidden(error: Exception) -> None:
    result = fail_with(error)
    assert result.exception is error
    assert result.stderr == ""


def test_command_that_stops_itself() -> None:
    def fail() -> None:
        """Fail."""
        stop("--broker is missing")

    command = make_command(fail, examples=("tim-async fail",))
    assert isinstance(command, TyperCommand)
    with pytest.raises(SystemExit) as caught:
        command.main([], prog_name="tim-async")
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("error", "args", "line"),
    [
        (UsageError("lanes is 'x'", field="lanes"), [], "--lanes is 'x'"),
        (UsageError("lanes is 'x': give to_account", field="to_account"), [], "--lanes is 'x': give TO"),
        (UsageError("to_account is empty", field="to_account"), [], "TO is empty"),
        (UsageError("no campaign yet: give message", field="message"), [], "no campaign yet: give --text or --message"),
        (UsageError("no campaign yet: give recipients", field="recipients"), [], "no campaign yet: give --file"),
        (UsageError("rate_limits must be a mapping", field="rate_limits"), [], "--limit must be a mapping"),
        (
            UsageError("this message is new; change_message=True sends it", field="message"),
            [],
            "this message is new; --change-message sends it",
        ),
        (UsageError("--change-message is missing", field="message"), [], "--change-message is missing"),
        (UsageError("encoding='gb18030' reads it", field="x"), [], "--encoding gb18030 reads it"),
        (UsageError("delimiter='|' reads it", field="x"), [], "--delimiter '|' reads it"),
        (UsageError("delimiter='\\t' reads it", field="x"), [], "--delimiter '\\t' reads it"),
        (UsageError("file='a' encoding=\"it's\"", field="x"), [], "file='a' --encoding 'it'\"'\"'s'"),
        (UsageError("my_encoding='gb18030', encoding=None", field="x"), [], "my_encoding='gb18030', encoding=None"),
        (
            UsageError("change_message=True, and retry_failed=True", field="message"),
            [],
            "--change-message, and run --retry-failed",
        ),
        (UsageError("message has a $", field="message"), ["--text", "x"], "--text has a $"),
        (UsageError("message has a $", field="message"), ["--message", "x"], "--message has a $"),
        (UsageError("my_change_message is new", field="x"), [], "my_change_message is new"),
        (UsageError("identifier is empty", field="identifier"), ["--identifier", "x"], "--identifier is empty"),
        (UsageError("lanes and message differ", field="timeout"), [], "lanes and message differ"),
    ],
)
def test_error_names_what_was_typed(error: UsageError, args: list[str], line: str) -> None:
    assert fail_with(error, *args).stderr == f"tim-async: {line}; more: tim-async explain usage\n"


def test_advice_on_a_code_is_not_about_what_was_typed() -> None:
    line = describe(from_reply("openim", 90012, "unknown"), {"user_id": "--user"})
    assert "client.account.import_account(user_id=...)" in line
    assert "--user is" in describe(UsageError("user_id is empty", field="user_id"), {"user_id": "--user"})


def test_error_names_the_variable_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_IDENTIFIER", "x" * 40)
    result = fail_with(UsageError("identifier has 40 bytes", field="identifier"))
    assert result.stderr.startswith("tim-async: TIM_IDENTIFIER has 40 bytes")


@pytest.mark.parametrize(
    "make", [lambda text: UsageError(text), lambda text: OSError(text), lambda text: PermissionError(13, "no", text)]
)
def test_secret_of_the_environment_is_never_printed(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[str], Exception]
) -> None:
    monkeypatch.setenv("TIM_SECRET_KEY", KEY)
    result = fail_with(make(f"cannot open /keys/{KEY}.pem"))
    assert KEY not in result.output
    assert "/keys/***.pem" in result.stderr


def test_error_cannot_steer_the_terminal() -> None:
    assert fail_with(UsageError("a\x1b[31mred\nline\x07")).stderr.startswith(r"tim-async: a\x1b[31mred\nline\x07;")


def test_interrupted_call_says_that_it_may_have_taken_effect() -> None:
    cancelled = asyncio.CancelledError()
    cancelled.maybe_delivered = True  # type: ignore[attr-defined]
    interrupt = KeyboardInterrupt()
    interrupt.__context__ = cancelled
    assert fail_with(interrupt).stderr == "tim-async: interrupted; the request may have taken effect all the same\n"
