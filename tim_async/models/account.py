"""Accounts: requests and results. Source: I34953 to I34956."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from .._checks import check_account, check_accounts, check_items
from .._wire import PartialResult, Request, WireStruct, always
from ..errors import UsageError

MAX_BATCH: Final = 100


class ImportAccount(Request, kw_only=True):
    """Import one account. Source: I34953.

    Attributes:
        user_id: 1 to 32 bytes.
        nick: nickname.
        face_url: avatar's address.
    """

    _older: ClassVar = {"Identifier": "UserID"}
    user_id: str
    nick: str | None = None
    face_url: str | None = None

    def check(self) -> None:
        """Check the account."""
        check_account("user_id", self.user_id)


class AccountItem(WireStruct, kw_only=True):
    """One account of an import.

    Attributes:
        user_id: 1 to 32 bytes.
        nick: nickname.
        face_url: avatar's address.
    """

    _older: ClassVar = {"Identifier": "UserID"}
    user_id: str
    nick: str | None = None
    face_url: str | None = None


class ImportAccounts(Request, kw_only=True):
    """Import 1 to 100 accounts. Source: I34954.

    Attributes:
        account_list: accounts with nickname and avatar, 1 to 100; the newer form.
        accounts: plain user ids, 1 to 100; give one of the two.
    """

    accounts: Sequence[str] | None = None
    account_list: Sequence[AccountItem] | None = None

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        if (self.accounts is None) == (self.account_list is None):
            raise UsageError("give accounts or account_list, one of the two", field="account_list")
        if self.accounts is not None:
            check_accounts("accounts", self.accounts, 1, MAX_BATCH)
        if self.account_list is not None:
            check_items("account_list", self.account_list, 1, MAX_BATCH)
            for index, item in enumerate(self.account_list):
                check_account(f"account_list[{index}].user_id", item.user_id)


class ImportAccountsResult(PartialResult, kw_only=True):
    """Outcome of an import. Source: I34954.

    Attributes:
        fail_accounts: user ids that were not imported.
    """

    fail_accounts: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """User ids that were not imported."""
        return self.fail_accounts


class UserIDItem(WireStruct, kw_only=True):
    """One account of a batch.

    Attributes:
        user_id: 1 to 32 bytes.
    """

    _older: ClassVar = {"Identifier": "UserID"}
    user_id: str


class DeleteAccounts(Request, kw_only=True):
    """Delete 1 to 100 accounts. Source: I34955.

    Attributes:
        delete_item: the accounts.
    """

    delete_item: Sequence[UserIDItem]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        _check_items("delete_item", self.delete_item)


class CheckAccounts(Request, kw_only=True):
    """Ask whether 1 to 100 accounts are imported. Source: I34956.

    Attributes:
        check_item: the accounts.
    """

    check_item: Sequence[UserIDItem]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        _check_items("check_item", self.check_item)


class AccountResultItem(WireStruct, kw_only=True):
    """Outcome for one account.

    Attributes:
        user_id: the account.
        result_code: 0 is success.
        result_info: the reason of a failure.
        account_status: `Imported` or `NotImported`, where that was asked.
    """

    _older: ClassVar = {"Identifier": "UserID"}
    user_id: str = always("")
    result_code: int = always(0)
    result_info: str = always("")
    account_status: str | None = None

    @property
    def is_imported(self) -> bool:
        """Whether the account is known to the service."""
        return self.account_status == "Imported"


class AccountResults(PartialResult, kw_only=True):
    """Outcome account by account. Source: I34955, I34956.

    Attributes:
        result_item: one entry an account.
    """

    result_item: list[AccountResultItem] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[AccountResultItem]:
        """The entries that failed."""
        return [item for item in self.result_item if item.result_code != 0]


def _check_items(field: str, items: Sequence[UserIDItem]) -> None:
    check_items(field, items, 1, MAX_BATCH)
    for index, item in enumerate(items):
        check_account(f"{field}[{index}].user_id", item.user_id)
