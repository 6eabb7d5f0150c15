"""The refusal that a handler or the state raises, and the checks of values that raise it."""

from __future__ import annotations

from collections.abc import Mapping

from ..._api.checks import ACCOUNT_MAX_BYTES


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
    """Tell whether a JSON value is an integer; true and 1.0 are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_account(value: str) -> bool:
    """Tell whether a text can be an account id: 1 to 32 bytes of UTF-8."""
    return 1 <= len(value.encode()) <= ACCOUNT_MAX_BYTES


def account(raw: Mapping[str, object], field: str, *, code: int, code_not_string: int | None = None) -> str:
    """Return an account id of the body: a string of 1 to 32 bytes.

    Args:
        raw: the object that has it.
        field: its wire name.
        code: for one that is missing, empty or too long.
        code_not_string: for one that is no string; `code` when None.
    """
    value = raw.get(field)
    if field not in raw:
        raise Refusal(code, f"{field} is missing")
    if not isinstance(value, str):
        raise Refusal(code if code_not_string is None else code_not_string, f"{field} is not a string")
    if not is_account(value):
        raise Refusal(code, f"{field} must have 1 to {ACCOUNT_MAX_BYTES} bytes, it has {len(value.encode())}")
    return value


def integer(raw: Mapping[str, object], field: str, low: int, high: int, *, code: int) -> int:
    """Return an integer of the body that must be there and in low..high."""
    value = raw.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        problem = "is missing" if field not in raw else f"is {value!r}" if is_int(value) else "is not an integer"
        raise Refusal(code, f"{field} {problem}, it must be an integer of {low} to {high}")
    return value
