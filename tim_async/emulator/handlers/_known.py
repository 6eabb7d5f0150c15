"""Checks that the accounts a request names are imported."""

from __future__ import annotations

from typing import Protocol

from ..dispatch import Call
from ..state.refusal import Refusal, account, is_account


class AccountResult(Protocol):
    """The result for one account in an answer."""

    to_account: str
    result_code: int
    result_info: str


def known_account(call: Call, field: str, *, code: int, code_unknown: int) -> str:
    """Return an imported account of the body.

    Args:
        call: the call.
        field: the wire name of its field.
        code: for a missing field or an invalid account id.
        code_unknown: for an account that is not imported.
    """
    user_id = account(call.raw, field, code=code)
    check_known(call, user_id, code=code_unknown)
    return user_id


def check_known(call: Call, user_id: str, *, code: int) -> None:
    """Refuse an invalid account id, and an account that is not imported."""
    if not is_account(user_id) or not call.state.knows(user_id, call.now):
        raise Refusal(code, f"{user_id!r} is not imported")


def is_known(call: Call, result: AccountResult, *, code: int) -> bool:
    """Return whether the account of a result is imported; otherwise put code and text into the result."""
    try:
        check_known(call, result.to_account, code=code)
    except Refusal as refusal:
        result.result_code, result.result_info = refusal.code, refusal.info
        return False
    return True
