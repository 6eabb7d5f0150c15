from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.cli.helpers import Invoke
from tim_async import _codes, errors
from tim_async._codes.table import ROWS
from tim_async._core.retry import TRANSIENT_CODES, RetryPolicy
from tim_async.cli import _output
from tim_async.cli._site import topic_pages
from tim_async.cli._topics import NEXT_STEPS
from tim_async.errors import TimError

KINDS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TimError)]


@pytest.mark.parametrize("args", [["-302"], ["--", "-302"]], ids=["bare", "after two dashes"])
def test_explain_negative_code(invoke: Invoke, args: list[str]) -> None:
    result = invoke("explain", *args)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "-302 access_too_many_connections (access)",
        "  meaning    Server refused: too many connections.",
        "             连接数超过限制，服务端拒绝",
        "  what now   trouble inside the service: try again later",
        "             服务内部故障：稍后重试",
        "  retried    not by default; RetryPolicy.official() repeats it",
        "  raised as  ServiceBusyError",
        "  topic      service-busy",
        "  read more  en/reference/made/error-codes.html#code-access-minus-302",
        "             zh/reference/made/error-codes.html#code-access-minus-302",
    ]


def test_explain_names_the_call_to_make(invoke: Invoke) -> None:
    lines = invoke("explain", "90012").stdout.splitlines()
    assert lines[1:4] == [
        "  meaning    To_Account is not registered.",
        "             接收方账号未导入",
        "  what now   import the account first: client.account.import_account(user_id=...); or check its spelling",
    ]


def test_explain_shows_every_row_of_a_code(invoke: Invoke) -> None:
    lines = invoke("explain", "10008").stdout.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        "10008 group_request_invalid (group)",
        "",
        "10008 ext_plan_required (msg_ext)",
    ]


@pytest.mark.parametrize("code", sorted({row[1] for row in ROWS} - {0}))
def test_explain_says_what_the_library_does(invoke: Invoke, code: int) -> None:
    result = invoke("explain", str(code))
    assert result.exit_code == 0
    for row in _codes.find(code):
        assert f"{code} {row.name} ({row.scope})\n" in result.stdout
        service = next((name for name, scopes in _codes._SCOPES.items() if row.scope in scopes), "")
        error = errors.from_reply(service, code, "")
        if error.name == row.name:
            assert f"  raised as  {type(error).__name__}\n  topic      {error.topic}\n" in result.stdout
    assert ("retried    yes" in result.stdout) == (code in TRANSIENT_CODES)
    assert ("RetryPolicy.official()" in result.stdout) == (code in RetryPolicy.official().codes - TRANSIENT_CODES)


def test_explain_success_is_not_an_error(invoke: Invoke) -> None:
    result = invoke("explain", "0")
    assert result.exit_code == 0
    assert "raised" not in result.stdout


def test_explain_unknown_code(invoke: Invoke) -> None:
    result = invoke("explain", "123456789")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("tim-async: 123456789 is not in the catalogue")


@pytest.mark.parametrize("args", [[], ["busy"], ["--all"]], ids=["missing", "unknown topic", "unknown option"])
def test_explain_wrong_usage(invoke: Invoke, args: list[str]) -> None:
    assert invoke("explain", *args).exit_code == 2


def test_unknown_topic_is_answered_with_the_topics(invoke: Invoke) -> None:
    result = invoke("explain", "busy")
    assert result.stderr.startswith("tim-async: unknown topic 'busy'; give a code, or one of: error, usage, ")
    assert "service-busy" in result.stderr


def test_explain_topic(invoke: Invoke) -> None:
    result = invoke("explain", "reply-timeout")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "reply-timeout: ReplyTimeoutError",
        "  meaning    No answer came in time.",
        "             没有按时收到应答。",
        "  what now   check the history before you send again, or repeat the same request within 120 s",
        "             重发之前先查看历史消息，或在 120 秒内重复同一请求",
        "  attributes timeout: the timeout in seconds.",
        "  broader    transport",
        "  read more  en/reference/made/errors.html#error-reply-timeout",
        "             zh/reference/made/errors.html#error-reply-timeout",
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.topic)
def test_every_topic_is_explained(invoke: Invoke, kind: type[TimError]) -> None:
    result = invoke("explain", kind.topic)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{kind.topic}: {kind.__name__}"
    assert lines[1].startswith("  meaning    ")
    assert lines[1].endswith(".")
    assert lines[3] == f"  what now   {NEXT_STEPS[kind.topic]}"
    for narrower in kind.__subclasses__():
        if narrower in KINDS:
            assert f" {narrower.topic}" in lines[-3]
    assert lines[-2:] == [
        f"  read more  {topic_pages(kind.topic)['en']}",
        f"             {topic_pages(kind.topic)['zh']}",
    ]


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("subject", ["20003", "10008", "wait-too-long"])
def test_terminal_wraps_and_breaks_nothing_else(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, subject: str, columns: int
) -> None:
    monkeypatch.setattr(_output, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = invoke("explain", subject).stdout.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert any(line.strip().startswith("what now") for line in lines)
