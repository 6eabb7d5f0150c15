"""The error codes, each with its meaning in both languages and what to do."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from .. import _codes
from ..errors import ADVICE, ADVICE_ZH, CLASSES


class CodeLine(msgspec.Struct, kw_only=True):
    """A code as shown in lists.

    Attributes:
        code: the ErrorCode.
        scope: the part of the service that answers with it; some numbers differ in meaning between parts.
        name: the catalogue's name for it.
        meaning: what the documents say about it.
        meaning_zh: the same in Chinese.
        hint: the kind of trouble: `none`, `fix_request`, `auth`, `quota` or `retry`.
        advice: what to do, with the call to make if there is one.
        advice_zh: the same in Chinese.
        raised_as: the class of error that programs get.
        asks_to_slow_down: whether it means "too many calls".
    """

    code: int
    scope: str
    name: str
    meaning: str
    meaning_zh: str
    hint: _codes.Hint
    advice: str
    advice_zh: str
    raised_as: str | None
    asks_to_slow_down: bool


def line_of(row: _codes.Code) -> CodeLine:
    """Return a row of the catalogue for pages."""
    return CodeLine(
        code=row.code,
        scope=row.scope,
        name=row.name,
        meaning=row.meaning,
        meaning_zh=row.meaning_zh,
        hint=row.hint,
        advice=row.advice or ADVICE[row.hint],
        advice_zh=row.advice_zh or ADVICE_ZH[row.hint],
        raised_as=CLASSES[row.hint].__name__ if row.code else None,
        asks_to_slow_down=row.code in _codes.SLOW_DOWN_CODES,
    )


def find_line(service: str, code: int) -> CodeLine | None:
    """Return the entry of a code that a command of `service` answered with."""
    row = _codes.lookup(service, code)
    return None if row is None else line_of(row)


@lru_cache(maxsize=1)
def code_lines() -> list[CodeLine]:
    """Return all codes by number, and those of one number by scope."""
    return [line_of(row) for row in sorted(_codes.rows(), key=lambda row: (row.code, row.scope))]
