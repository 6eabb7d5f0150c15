"""Checks that types cannot express: integers within bounds, lengths in bytes, batch sizes.

Each raises a `UsageError` that names the field or argument, the problem and what is allowed. Only numbers and None are
quoted, because text in a field of another type may be a secret or a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .._hidden import Hidden, hide
from ..errors import UsageError

U32_MAX: Final = 0xFFFF_FFFF
ACCOUNT_MAX_BYTES: Final = 32
# Invisible characters that a file may begin with: a byte order mark, zero-width spaces.
_INVISIBLE: Final = "\ufeff\u200b\u2060"


def quoted(value: object) -> str:
    """Return a number or None as it is, and only the type of any other value."""
    return repr(value) if value is None or isinstance(value, int | float) else f"a {type(value).__name__}"


def check_whole(field: str, value: object, low: int, high: int | None = None) -> None:
    """Raise `UsageError` unless a value is an integer from low to high, or at least low; bool is not accepted."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value and (high is None or value <= high):
        return
    bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
    raise UsageError(f"{field} must be a whole number {bounds}, not {quoted(value)}", field=field)


def check_range(field: str, value: int | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a value is None or an integer from low to high."""
    if value is not None:
        check_whole(field, value, low, high)


def check_seconds(field: str, value: object) -> None:
    """Raise `UsageError` unless a value is a finite number of seconds above 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise UsageError(f"{field} must be a number of seconds above 0, not {quoted(value)}", field=field)


def check_number(field: str, value: object, low: float) -> None:
    """Raise `UsageError` unless a value is a finite number of at least low."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value < float("inf"):
        raise UsageError(f"{field} must be a number of at least {low:g}, not {quoted(value)}", field=field)


def check_account(field: str, account: str, max_bytes: int = ACCOUNT_MAX_BYTES) -> None:
    """Raise `UsageError` unless an account has 1 to 32 bytes (rest-overview, "Request body"), or another limit."""
    check_given(field, account)
    size = len(account) if account.isascii() else _size(field, account)
    if size > max_bytes:
        raise UsageError(f"{field} has {size} bytes of UTF-8; an account must have 1 to {max_bytes}", field=field)


def check_list(field: str, items: object) -> None:
    """Raise `UsageError` when a single text is passed as a list: its characters would become the items."""
    if isinstance(items, str | bytes):
        raise UsageError(f"{field} must be a list, not a single text", field=field)


def check_items(field: str, items: Sequence[object] | None, low: int, high: int) -> None:
    """Raise `UsageError` unless a list is None or has low..high items."""
    if items is not None and not low <= len(items) <= high:
        raise UsageError(f"{field} has {len(items)} items; it must have {low} to {high}", field=field)


def check_accounts(
    field: str, accounts: Sequence[str] | None, low: int, high: int, max_bytes: int = ACCOUNT_MAX_BYTES
) -> None:
    """Raise `UsageError` unless a list is None or holds low..high accounts of 1 to 32 bytes, or another limit."""
    if accounts is None:
        return
    check_list(field, accounts)
    check_items(field, accounts, low, high)
    for index, account in enumerate(accounts):
        check_account(f"{field}[{index}]", account, max_bytes)


def check_given(field: str, text: str) -> None:
    """Raise `UsageError` unless a value is a non-empty text."""
    if not isinstance(text, str):
        raise UsageError(f"{field} must be text, not {quoted(text)}", field=field)
    if not text:
        raise UsageError(f"{field} is empty", field=field)


def check_group_id(field: str, group_id: str) -> None:
    """Raise `UsageError` unless a group id is a non-empty text; its format is not documented further."""
    check_given(field, group_id)


def check_text(field: str, text: str | None, high: int, *, low: int = 0) -> None:
    """Raise `UsageError` unless a text is None or has low..high bytes of UTF-8."""
    if text is None:
        return
    size = _size(field, text)
    if not low <= size <= high:
        raise UsageError(f"{field} has {size} bytes of UTF-8; it must have {low} to {high}", field=field)


def _size(field: str, text: str) -> int:
    """Return the size of a text in UTF-8 bytes; raise `UsageError` for text with a lone surrogate, which has none."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        pass  # raised below: the original error contains the text
    raise UsageError(f"{field} is not valid Unicode text", field=field)


def check_choice(field: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise `UsageError` unless a value is None or one of the choices."""
    if value is not None and value not in choices:
        listed = " or ".join(str(choice) for choice in choices)
        # A text is of the right type where texts are chosen from: its type is not what is wrong.
        is_text = isinstance(value, str) and any(isinstance(choice, str) for choice in choices)
        given = "another text" if is_text else quoted(value)
        raise UsageError(f"{field} must be {listed}, not {given}", field=field)


def check_secret_key(secret_key: object, name: str = "secret_key") -> Hidden:
    """Return an app's key wrapped in `Hidden`; raise `UsageError` for a value that cannot be a key."""
    secret_key = hide(secret_key)
    if not secret_key or secret_key.isspace():
        raise UsageError(f"{name} must be text that is not empty", field=name)
    if any(end.isspace() or end in _INVISIBLE for end in (secret_key[0], secret_key[-1])):
        raise UsageError(
            f"{name} has white space or a byte order mark around it: pass only the key (strip() the file's text)",
            field=name,
        )
    return secret_key


def nearest(name: str, names: Iterable[str], least: float = 0.6) -> str:
    """Return "; did you mean 'x'?" for the name closest to a misspelt one, "" if none is close.

    Args:
        name: the misspelt name.
        names: the valid ones.
        least: how alike they must be, from 0 to 1.
    """
    import difflib

    found = difflib.get_close_matches(name, list(names), n=1, cutoff=least)
    return f"; did you mean {found[0]!r}?" if found else ""
