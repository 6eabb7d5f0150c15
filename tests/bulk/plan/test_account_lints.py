"""Findings in accounts: with a count, an example, and no false alarms."""

from __future__ import annotations

import pytest

from tim_async.bulk._plan.account_lints import AccountLints


def texts(*accounts: str) -> list[str]:
    lints = AccountLints()
    for start in range(0, len(accounts), 7):
        lints.look(accounts[start : start + 7])
    # It is kept in the ledger while a plan is read.
    assert list(AccountLints.decoded(lints.encoded()).texts()) == list(lints.texts())
    return list(lints.texts())


@pytest.mark.parametrize(
    ("accounts", "line"),
    [
        (
            ["1.23457E+11", "1,23457E+11", "alice", "12345.0"],
            (
                "3 accounts look like numbers that a spreadsheet shortened, such as '1.23457E+11': format the column "
                "as text and save it again"
            ),
        ),
        (
            ["12345.0"],
            (
                "1 account looks like a number that a spreadsheet shortened, such as '12345.0': format the column as "
                "text and save it again"
            ),
        ),
        (
            ["1E+11"],
            (
                "1 account looks like a number that a spreadsheet shortened, such as '1E+11': format the column as "
                "text and save it again"
            ),
        ),
        (
            ['="007"', "'007", "#N/A", "#REF!", "#NAME?", "=1+1\n"],
            "6 accounts look like formulas, such as '=\"007\"': put only the account into the cell",
        ),
        (["#N/A"], "1 account looks like a formula, such as '#N/A': put only the account into the cell"),
        (["ali\u200bce"], "1 account has invisible characters, such as 'ali\\u200bce'"),
        (
            ["alice\u202e", "\ufeffbob", "ca\xadrol", "d\x1bave", "e\x7fve"],
            "5 accounts have invisible characters, such as 'alice\\u202e'",
        ),
        (["user 1", "user\u30002", "a\tb"], "3 accounts contain white space, such as 'user 1'"),
        ([" alice"], "1 account contains white space, such as ' alice'"),
        (
            ['"bob"', "bob,Bob", "bob;Bob"],
            (
                "3 accounts contain quotation marks, commas or semicolons, such as '\"bob\"': is the file a "
                "table, or are its accounts quoted?"
            ),
        ),
        (
            ["bob,Bob"],
            (
                "1 account contains a quotation mark, comma or semicolon, such as 'bob,Bob': is the file a table, "
                "or are its accounts quoted?"
            ),
        ),
    ],
    ids=["numbers", "gap", "number", "formulas", "formula", "hidden", "direction", "spaces", "space", "cells", "cell"],
)
def test_accounts_that_are_rarely_meant(accounts: list[str], line: str) -> None:
    assert texts("alice", "bob", *accounts) == [line]


def test_usual_accounts_are_not_linted() -> None:
    usual = [
        "alice",
        "user-1",
        "user_2",
        "a.b@example.com",
        "@TGS#1",
        "13800138000",
        "鲍勃",
        "👋",
        "1e5",
        "E+1",
        "v1.0a",
    ]
    assert texts(*usual, *(f"+86138{number:08}" for number in range(20))) == []


def test_kinds_are_counted_apart() -> None:
    assert [line[:10] for line in texts("user 1", "=A1", "1E+5", "\u200bx y")] == [
        "1 account ", "1 account ", "1 account ", "1 account ",
    ]  # fmt: skip


def numbers(width: int, count: int = 100) -> list[str]:
    """Numbers of this many digits, spread over the whole range."""
    return [str(number * 10**width // count).zfill(width) for number in range(count)]


def test_leading_zeros_that_were_lost() -> None:
    assert texts(*(number.lstrip("0") or "0" for number in numbers(8)), "alice") == [
        (
            "10 of 100 accounts that are numbers are shorter than the others, such as '0' beside '10000000': "
            "spreadsheets drop leading zeros"
        )
    ]
    [line] = texts("1234", *(f"9{number:04}" for number in range(20)))
    assert line.startswith(
        "1 of 21 accounts that are numbers is shorter than the others, such as '1234' beside '90000'"
    )


@pytest.mark.parametrize(
    "accounts",
    [
        numbers(8),
        [str(number) for number in range(1, 4000)],
        ["1234", *(f"9{number:04}" for number in range(20)), "01234"],
        ["1234", "99999"],
        [*numbers(5)[50:], *numbers(8)[50:]],
        ["13800138000", "13900139000"] * 10,
    ],
    ids=["with zeros", "counter", "zeros later", "few", "two kinds", "one length"],
)
def test_numbers_that_lost_nothing(accounts: list[str]) -> None:
    assert texts(*accounts) == []
