"""Accounts that are named: does the emulator know them? Said alike wherever a command asks."""

from __future__ import annotations

from typing import Protocol

from ..dispatch import Call
from ..state.refusal import Refusal, account, is_account


class AccountResult(Protocol):
    """What an answer tells of one account."""

    to_account: str
    result_code: int
    result_info: str


def known_account(call: Call, field: str, *, code: int, code_unknown: int) -> str:
    """Return an account of the body that exists.

    Args:
        call: the call.
        field: the wire name of the field that has it.
        code: for a field that is missing, or holds no account id.
        code_unknown: for an account that nobody imported.
    """
    user_id = account(call.raw, field, code=code)
    check_known(call, user_id, code=code_unknown)
    return user_id


def check_known(call: Call, user_id: str, *, code: int) -> None:
    """Refuse an account that nobody imported, and what can be none."""
    if not is_account(user_id) or not call.state.knows(user_id, call.now):
        raise Refusal(code, f"{user_id!r} is not imported")


def is_known(call: Call, result: AccountResult, *, code: int) -> bool:
    """Tell whether the account of an entry exists; the entry says so where it does not."""
    try:
        check_known(call, result.to_account, code=code)
    except Refusal as refusal:
        result.result_code, result.result_info = refusal.code, refusal.info
        return False
    return True
