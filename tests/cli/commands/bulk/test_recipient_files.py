"""Files of recipients: error messages for refused command lines, which name what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import Invoke, RunProcess

PLAN = ("--name", "spring", "--text", "Hi $name")


@pytest.mark.parametrize(
    ("content", "problem", "options"),
    [
        (
            "account,name\r\nalice,爱丽丝\r\n".encode("gbk"),
            (
                "people.csv is not UTF-8: invalid byte 0xb0 in line 2; --encoding gb18030 reads it (line 2: "
                "'alice,爱丽丝')"
            ),
            ["--encoding", "gb18030"],
        ),
        (
            "account,name\r\nalice,A\r\n".encode("utf-16-le"),
            ("people.csv is not UTF-8: it looks like UTF-16 without a byte order mark; --encoding utf-16-le reads it"),
            ["--encoding", "utf-16-le"],
        ),
        (
            b"account;name\r\nalice;A\r\n",
            "people.csv has its columns separated by semicolons: --delimiter ';' reads 'account', 'name'",
            ["--delimiter", ";"],
        ),
        (
            "account\tname\r\nalice\tA\r\n".encode("utf-16"),
            "people.csv has its columns separated by tabs: --delimiter '\\t' reads 'account', 'name'",
            ["--delimiter", "\\t"],
        ),
        (
            b"user account,name\r\nalice,A\r\n",
            ("people.csv has no column 'account'; it has 'user account', 'name'; use --account-column 'user account'"),
            ["--account-column", "user account"],
        ),
    ],
    ids=["GBK", "UTF-16", "semicolons", "tabs", "column"],
)
def test_refusal_names_what_to_type(
    invoke: Invoke, in_folder: Path, content: bytes, problem: str, options: list[str]
) -> None:
    (in_folder / "people.csv").write_bytes(content)
    refused = invoke("bulk", "plan", "people.csv", *PLAN)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == f"tim-async: {problem}; more: tim-async explain usage\n"
    taken = invoke("bulk", "plan", "people.csv", *PLAN, *options)
    assert (taken.exit_code, taken.stderr) == (0, "")
    assert "campaign spring: 1 recipient, 0 duplicate rows, 0 bad rows" in taken.stdout


def test_unicode_text_of_excel(invoke: Invoke, in_folder: Path) -> None:
    (in_folder / "people.txt").write_bytes("account\tname\r\nalice\tA\r\n".encode("utf-16"))
    refused = invoke("bulk", "plan", "people.txt", *PLAN)
    assert "separated by tabs: read it by --format csv with --delimiter '\\t'" in refused.stderr
    taken = invoke("bulk", "plan", "people.txt", *PLAN, "--format", "csv", "--delimiter", "tab")
    assert "campaign spring: 1 recipient" in taken.stdout


def test_standard_input(tim_async: RunProcess) -> None:
    line = ("bulk", "run", "-", "--format", "csv", *PLAN, "--emulator")
    done = tim_async(*line, stdin="account,name\nalice,A\nbob,B\n")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 recipients sent" in done.stdout
    done = tim_async(*line, stdin="")
    assert done.returncode == 2
    assert done.stderr.endswith("tim-async: standard input is empty; more: tim-async explain usage\n")
