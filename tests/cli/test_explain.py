from __future__ import annotations

import pytest

from tim_async import _codes, errors
from tim_async._core.retry import TRANSIENT_CODES, RetryPolicy


@pytest.mark.parametrize("args", [["-302"], ["--", "-302"]], ids=["bare", "after two dashes"])
def test_explain_negative_code(invoke, args):
    result = invoke("explain", *args)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "-302 access_too_many_connections (access)",
        "  meaning    Server refused: too many connections.",
        "  what now   trouble inside the service, trying again later is worth it",
        "  retried    not by default; RetryPolicy.official() repeats it",
        "  raised as  ServiceBusyError",
    ]


def test_explain_shows_every_row_of_a_code(invoke):
    lines = invoke("explain", "10008").stdout.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        "10008 group_request_invalid (group)",
        "",
        "10008 ext_plan_required (msg_ext)",
    ]


@pytest.mark.parametrize("code", sorted({row[1] for row in _codes._ROWS} - {0}))
def test_explain_says_what_the_library_does(invoke, code):
    result = invoke("explain", str(code))
    assert result.exit_code == 0
    for row in _codes.find(code):
        assert f"{code} {row.name} ({row.scope})\n" in result.stdout
        service = next((name for name, scopes in _codes._SCOPES.items() if row.scope in scopes), "")
        error = errors.from_reply(service, code, "")
        if error.name == row.name:
            assert f"  raised as  {type(error).__name__}\n" in result.stdout
    assert ("retried    yes" in result.stdout) == (code in TRANSIENT_CODES)
    assert ("RetryPolicy.official()" in result.stdout) == (code in RetryPolicy.official().codes - TRANSIENT_CODES)


def test_explain_success_is_no_error(invoke):
    result = invoke("explain", "0")
    assert result.exit_code == 0
    assert "raised" not in result.stdout


def test_explain_unknown_code(invoke):
    result = invoke("explain", "123456789")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("tim-async: 123456789 is not in the catalogue")


@pytest.mark.parametrize("args", [[], ["busy"], ["--all"]], ids=["missing", "no number", "unknown option"])
def test_explain_wrong_usage(invoke, args):
    assert invoke("explain", *args).exit_code == 2
