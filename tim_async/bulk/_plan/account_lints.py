"""Findings about accounts, counted while they are read.

The service accepts nearly anything as an account, so none of this makes a bad row. But such accounts are rarely
intended: they are what a spreadsheet, a web page or a chat left of them, and importing them creates accounts that
belong to no user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

import msgspec

from .wording import counted

# Characters that an ordinary account lacks, so that a whole batch is checked in one step, separated by NULs.
_SUSPECT: Final = re.compile(r"[^\w@.:\-\0]|\.0+(?:\0|\Z)")
_KINDS: Final = (
    # Zero-width, direction-changing and control characters.
    ("hidden", re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")),
    # 1.23457E+11 and 1,23457E+11, as Excel and WPS show 12 digits and more; 12345.0, as pandas writes columns with
    # gaps.
    ("number", re.compile(r"\A[+-]?\d+(?:(?:[.,]\d+)?[eE]\+\d+|\.0+)\Z")),
    # ="007" and '007, which preserve leading zeros in a spreadsheet; #N/A, #REF! of a formula that failed.
    ("formula", re.compile(r"\A(?:[='].*|#N/A|#[A-Z0-9/]+[!?])\Z", re.DOTALL)),
    ("space", re.compile(r"\s")),
    # "alice" and alice,Alice in a list of accounts, which has neither quotation marks nor columns.
    ("cells", re.compile(r"[\",;]")),
)
# Most numbers have one length and the others are shorter. That also holds for a counter, but its longest numbers begin
# with the low digits, unless it is about to grow by one digit.
_MIN_NUMBERS: Final = 10
_MIN_LONGEST: Final = 0.6
_HIGH_DIGITS: Final = "56789"


class Lengths(msgspec.Struct):
    """Accounts that consist of this many digits.

    Attributes:
        count: how many.
        example: the first.
        is_high: whether any of them begins with one of the higher digits.
    """

    count: int
    example: str
    is_high: bool


class AccountLints(msgspec.Struct, kw_only=True):
    """Counts findings.

    Attributes:
        found: how many accounts of each kind, with the first.
        lengths: accounts that are numbers, by their length.
        has_zeros: whether any of these begins with a zero: then none was lost.
        pushes: how many messages have a push that a vendor may reject, by reason.
    """

    found: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)
    lengths: dict[int, Lengths] = msgspec.field(default_factory=dict)
    has_zeros: bool = False
    pushes: dict[str, int] = msgspec.field(default_factory=dict)

    @classmethod
    def decoded(cls, text: str | None) -> Self:
        """Return what a ledger has stored; a new one if it has nothing."""
        return msgspec.json.decode(text, type=cls) if text else cls()

    def encoded(self) -> str:
        """Return its stored form."""
        return msgspec.json.encode(self).decode()

    def look(self, accounts: Sequence[str]) -> None:
        """Check some more accounts."""
        if _SUSPECT.search("\0".join(accounts)):
            for account in accounts:
                self._look_at(account)
        numbers = [account for account in accounts if account.isdigit() and account.isascii()]
        if numbers and not self.has_zeros:
            self._count(numbers)

    def add_pushes(self, found: Mapping[str, int]) -> None:
        """Add the findings about the pushes of some more messages."""
        for what, count in found.items():
            self.pushes[what] = self.pushes.get(what, 0) + count

    def _look_at(self, account: str) -> None:
        for kind, pattern in _KINDS:
            if pattern.search(account):
                count, example = self.found.get(kind, (0, account))
                self.found[kind] = (count + 1, example)
                return

    def _count(self, numbers: Sequence[str]) -> None:
        self.has_zeros = any(number[0] == "0" and len(number) > 1 for number in numbers)
        for number in numbers:
            known = self.lengths.get(len(number))
            if known is None:
                known = self.lengths[len(number)] = Lengths(0, number, is_high=False)
            known.count += 1
            known.is_high = known.is_high or number[0] in _HIGH_DIGITS

    def texts(self) -> Iterator[str]:
        """Yield a line for each kind that was found."""
        for kind, one, many, advice in (
            (
                "number",
                "looks like a number that a spreadsheet shortened",
                "look like numbers that a spreadsheet shortened",
                ": format the column as text and save it again",
            ),
            ("formula", "looks like a formula", "look like formulas", ": put only the account into the cell"),
            ("hidden", "has invisible characters", "have invisible characters", ""),
            ("space", "contains white space", "contain white space", ""),
            (
                "cells",
                "contains a quotation mark, comma or semicolon",
                "contain quotation marks, commas or semicolons",
                ": is the file a table, or are its accounts quoted?",
            ),
        ):
            count, example = self.found.get(kind, (0, ""))
            if count:
                what = f"1 account {one}" if count == 1 else f"{count:,} accounts {many}"
                yield f"{what}, such as {example!r}{advice}"
        yield from self._lost_zeros()
        for what, count in self.pushes.items():
            yield f"{counted(count, 'message')}: {what}"

    def _lost_zeros(self) -> Iterator[str]:
        total = sum(each.count for each in self.lengths.values())
        if self.has_zeros or total < _MIN_NUMBERS:
            return
        longest = self.lengths[max(self.lengths)]
        shorter = total - longest.count
        if shorter and longest.is_high and longest.count >= _MIN_LONGEST * total:
            example = self.lengths[min(self.lengths)].example
            are = "is" if shorter == 1 else "are"
            yield (
                f"{shorter:,} of {total:,} accounts that are numbers {are} shorter than the others, such as "
                f"{example!r} beside {longest.example!r}: spreadsheets drop leading zeros"
            )
