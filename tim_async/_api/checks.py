"""Checks of what field types cannot say: lengths in bytes, ranges, sizes of a batch.

Each raises a `UsageError` that names the field it refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..errors import UsageError

U32_MAX: Final = 0xFFFF_FFFF
ACCOUNT_MAX_BYTES: Final = 32


def check_account(field: str, account: str) -> None:
    """Raise `UsageError` unless an account has 1 to 32 bytes (rest-overview, "Request body")."""
    if not isinstance(account, str):
        raise UsageError(f"{field} must be text, it is {type(account).__name__}", field=field)
    if not account:
        raise UsageError(f"{field} is empty", field=field)
    if len(account) * 4 > ACCOUNT_MAX_BYTES:
        try:
            size = len(account.encode())
        except UnicodeEncodeError:
            raise UsageError(f"{field} is not valid Unicode text", field=field) from None
        if size > ACCOUNT_MAX_BYTES:
            raise UsageError(f"{field} has {size} bytes, an account has at most {ACCOUNT_MAX_BYTES}", field=field)


def check_list(field: str, items: object) -> None:
    """Raise `UsageError` when a single text stands where many things do: its characters would be taken for them."""
    if isinstance(items, str | bytes):
        raise UsageError(f"{field} must be a list, it is a single text", field=field)


def check_items(field: str, items: Sequence[object] | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a list is None or has low..high items."""
    if items is not None and not low <= len(items) <= high:
        raise UsageError(f"{field} has {len(items)} entries, it must have {low} to {high}", field=field)


def check_accounts(field: str, accounts: Sequence[str] | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a list is None or holds low..high accounts of 1 to 32 bytes."""
    if accounts is None:
        return
    check_list(field, accounts)
    check_items(field, accounts, low, high)
    for index, account in enumerate(accounts):
        check_account(f"{field}[{index}]", account)


def check_given(field: str, text: str) -> None:
    """Raise `UsageError` unless it is a text that is not empty."""
    if not isinstance(text, str):
        raise UsageError(f"{field} must be text, it is {type(text).__name__}", field=field)
    if not text:
        raise UsageError(f"{field} is empty", field=field)


def check_group_id(field: str, group_id: str) -> None:
    """Raise `UsageError` unless a group id is a text that is not empty; the documents tell no more of its form."""
    check_given(field, group_id)


def check_text(field: str, text: str | None, high: int, *, low: int = 0) -> None:
    """Raise `UsageError` unless a text is None or has low..high bytes of UTF-8."""
    if text is None:
        return
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise UsageError(f"{field} is not valid Unicode text", field=field) from None
    if not low <= size <= high:
        raise UsageError(f"{field} has {size} bytes, it must have {low} to {high}", field=field)


def check_range(field: str, value: int | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a number is None or in low..high."""
    if value is not None and not low <= value <= high:
        raise UsageError(f"{field} is {value}, it must be {low} to {high}", field=field)


def check_choice(field: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise `UsageError` unless a value is None or one of the choices."""
    if value is not None and value not in choices:
        listed = " or ".join(str(choice) for choice in choices)
        # Numbers are shown; a text that strayed into the field may be anybody's.
        told = repr(value) if isinstance(value, int) else type(value).__name__
        raise UsageError(f"{field} is {told}, it must be {listed}", field=field)
