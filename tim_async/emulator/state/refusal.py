"""The refusal that a handler or the state raises, and the checks of values that raise it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ..._api.checks import check_account, check_whole
from ...errors import UsageError


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of the emulator
    """An answer with a code other than 0.

    Attributes:
        code: the ErrorCode.
        info: the ErrorInfo.
    """

    def __init__(self, code: int, info: str) -> None:
        super().__init__(code, info)
        self.code = code
        self.info = info


def is_int(value: object) -> bool:
    """Return whether a JSON value is an integer; true and 1.0 are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_account(value: str) -> bool:
    """Return whether a string is a valid account id."""
    try:
        check_account("account", value)
    except UsageError:
        return False
    return True


def account(raw: Mapping[str, object], field: str, *, code: int, code_not_string: int | None = None) -> str:
    """Return an account id of the body: a string of 1 to 32 bytes.

    Args:
        raw: the object with the field.
        field: the wire name.
        code: for a missing, empty or too long id.
        code_not_string: for a value that is not a string; `code` when None.
    """
    value = raw.get(field)
    if field not in raw:
        raise Refusal(code, f"{field} is missing")
    if not isinstance(value, str):
        raise Refusal(code if code_not_string is None else code_not_string, f"{field} is not a string")
    try:
        check_account(field, value)
    except UsageError as error:
        raise Refusal(code, error.message) from None
    return value


def integer(raw: Mapping[str, object], field: str, low: int, high: int, *, code: int) -> int:
    """Return a required integer of the body; refuse one that is not in low..high."""
    if field not in raw:
        raise Refusal(code, f"{field} is missing")
    value = raw[field]
    try:
        check_whole(field, value, low, high)
    except UsageError as error:
        raise Refusal(code, error.message) from None
    return cast(int, value)
