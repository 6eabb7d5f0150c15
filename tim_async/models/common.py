"""Structs that several families use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from .._api.wire import Request, Result, WireStruct, always


class Empty(Result, kw_only=True):
    """An answer that contains only the envelope: the call succeeded."""


class AccountOutcome(WireStruct, kw_only=True):
    """Outcome for one account of a batch.

    Attributes:
        to_account: the account.
        result_code: 0 is success.
        result_info: the reason of a failure.
    """

    to_account: str = always("")
    result_code: int = always(0)
    result_info: str = always("")


class ItemResult(Protocol):
    """The outcome for one account in an answer."""

    @property
    def to_account(self) -> str:
        """The account."""
        ...

    @property
    def result_code(self) -> int:
        """0 is success."""
        ...


ItemT = TypeVar("ItemT", bound=ItemResult)


def failed_items(items: Iterable[ItemT], fail_account: Sequence[str], make: Callable[..., ItemT]) -> list[ItemT]:
    """Return the entries that failed, and one with code -1 for every account that only Fail_Account lists."""
    failed = [item for item in items if item.result_code != 0]
    named = {item.to_account for item in failed}
    return failed + [
        make(to_account=account, result_code=-1, result_info="named in Fail_Account, without a code")
        for account in fail_account
        if account not in named
    ]


class NoFields(Request, kw_only=True):
    """A request without fields; `{}` is sent."""
