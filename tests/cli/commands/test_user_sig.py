from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from tests.cli.helpers import APP, KEY, Invoke, RunProcess, command
from tim_async.usersig import generate_user_sig, verify_user_sig

pytestmark = pytest.mark.usefixtures("credentials")


def sign(identifier: str = "alice", app: int = int(APP), key: str = KEY, **options: Any) -> str:
    return generate_user_sig(app, key, identifier, **options)


def test_user_sig_prints_nothing_but_the_user_sig(tim_async: RunProcess) -> None:
    done = tim_async("user-sig", "爱丽丝", "--expire", "3600")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    claims = verify_user_sig(done.stdout.strip(), int(APP), KEY, "爱丽丝")
    assert claims.expire == 3600


@pytest.mark.parametrize("userbuf", [None, b"", b"room-1"], ids=["no userbuf", "empty userbuf", "userbuf"])
def test_verify_shows_whom_it_is_for_and_until_when(invoke: Invoke, userbuf: bytes | None) -> None:
    user_sig = sign(now=1_700_000_000, expire=10**9, userbuf=userbuf)
    result = invoke("user-sig", "--verify", stdin=f"{user_sig}\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "account  alice",
        f"app      {APP}",
        "made     2023-11-14 22:13:20 UTC",
        "expires  2055-07-24 00:00:00 UTC",
        "verifies yes",
    ]


@pytest.mark.parametrize(
    ("user_sig", "args", "code"),
    [
        (sign(now=1_000_000, expire=60), [], 70001),
        ("", [], 70002),
        ("eJno-user-sig", [], 70003),
        (sign(key="another"), [], 70009),
        (sign(), ["bob"], 70013),
        (sign(app=1), [], 70014),
    ],
    ids=["expired", "empty", "malformed", "other key", "other account", "other app"],
)
def test_verify_what_does_not(invoke: Invoke, user_sig: str, args: list[str], code: int) -> None:
    result = invoke("user-sig", "--verify", *args, stdin=user_sig)
    assert result.exit_code == 1
    assert result.stderr.startswith("tim-async: the UserSig does not verify: ")
    assert f"(code {code};" in result.stderr
    assert "verifies yes" not in result.stdout
    assert not user_sig or user_sig not in result.output


def test_verify_bytes_that_are_not_text() -> None:
    done = subprocess.run(
        command("user-sig", "--verify"), input=b"\x00\xff\xfe" * 99, check=False, capture_output=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"cannot be decoded (code 70003;" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_verify_with_standard_input_closed() -> None:
    line = ["sh", "-c", 'exec "$@" <&-', "sh", *command("user-sig", "--verify")]
    done = subprocess.run(line, check=False, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"(code 70002;" in done.stderr


def test_verify_moments_beyond_all_calendars(invoke: Invoke) -> None:
    user_sig = sign(now=2**60, expire=1)
    result = invoke("user-sig", "--verify", stdin=user_sig)
    assert result.exit_code == 0
    assert f"made     {2**60} (unix seconds)" in result.stdout


def test_user_sig_names_its_account(invoke: Invoke) -> None:
    result = invoke("user-sig")
    assert result.exit_code == 2
    assert "user-sig IDENTIFIER" in result.stderr


def test_user_sig_handed_over_as_an_argument_is_not_repeated(invoke: Invoke) -> None:
    user_sig = sign()
    result = invoke("user-sig", user_sig)
    assert result.exit_code == 2
    assert "IDENTIFIER has " in result.stderr
    assert user_sig not in result.output


@pytest.mark.parametrize("args", [["user-sig", "alice"], ["user-sig", "--verify"]], ids=["make", "verify"])
def test_user_sig_without_key_or_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    monkeypatch.delenv("TIM_SECRET_KEY")
    result = invoke(*args, stdin="anything")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("tim-async: TIM_SECRET_KEY is missing")
