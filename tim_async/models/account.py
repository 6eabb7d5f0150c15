"""Accounts and their login state: requests and results. Source: I34953 to I34957, I35477."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import check_account, check_accounts, check_choice, check_items
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError

MAX_BATCH: Final = 100
MAX_STATUS_BATCH: Final = 500


class ImportAccount(Request, kw_only=True):
    """Import one account. Source: I34953.

    Attributes:
        user_id: 1 to 32 bytes.
        nick: nickname.
        face_url: avatar URL.
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
        face_url: avatar URL.
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
            raise UsageError("set either accounts or account_list", field="account_list")
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
    """Check whether 1 to 100 accounts are imported. Source: I34956.

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
        account_status: `Imported` or `NotImported`, if it was requested.
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
        result_item: one entry per account.
    """

    result_item: list[AccountResultItem] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[AccountResultItem]:
        """The entries that failed."""
        return [item for item in self.result_item if item.result_code != 0]


class KickAccount(Request, kw_only=True):
    """End the logins of one account on all its devices. Source: I34957.

    Attributes:
        user_id: 1 to 32 bytes.
    """

    _older: ClassVar = {"Identifier": "UserID"}
    user_id: str

    def check(self) -> None:
        """Check the account."""
        check_account("user_id", self.user_id)


class QueryOnlineStatus(Request, kw_only=True):
    """Query the login state of 1 to 500 accounts. Source: I35477, C2566.

    Attributes:
        to_account: the accounts, 1 to 500.
        is_need_detail: 1 returns the state on each platform as well; 0 is the default.
        is_return_instid: 1 returns the ids of the devices as well; 0 is the default. Newer than the documented answer:
            `client.request` shows what it adds.
        is_return_custom_status: 1 returns the states set by clients as well; 0 is the default. As above.
    """

    to_account: Sequence[str]
    is_need_detail: Literal[0, 1] | None = None
    is_return_instid: Literal[0, 1] | None = None
    is_return_custom_status: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_accounts("to_account", self.to_account, 1, MAX_STATUS_BATCH)
        for field in ("is_need_detail", "is_return_instid", "is_return_custom_status"):
            check_choice(field, getattr(self, field), (0, 1))


class PlatformStatus(WireStruct, kw_only=True):
    """The login state on one platform.

    Attributes:
        platform: such as `iPhone`, `Android`, `Web`.
        status: `Online`, or `PushOnline` when the app is in the background but can be pushed to.
    """

    _older: ClassVar = {"State": "Status"}
    platform: str = always("")
    status: str = always("")


class OnlineStatus(WireStruct, kw_only=True):
    """The login state of one account.

    Attributes:
        to_account: the account.
        status: `Online`, `PushOnline` (the app is in the background but can be pushed to) or `Offline`.
        detail: the state on every platform, if it was requested; platforms that are offline are left out.
    """

    _older: ClassVar = {"State": "Status"}
    to_account: str = always("")
    status: str = always("")
    detail: list[PlatformStatus] = msgspec.field(default_factory=list)

    @property
    def is_online(self) -> bool:
        """Whether a message would reach the account immediately."""
        return self.status == "Online"


class OnlineStatusFailure(WireStruct, kw_only=True):
    """An account whose login state is unknown.

    Attributes:
        to_account: the account.
        error_code: why, such as 70107 for an account that is not imported.
    """

    to_account: str = always("")
    error_code: int = always(0)


class OnlineStatuses(PartialResult, kw_only=True):
    """Login states account by account. Source: I35477.

    Attributes:
        query_result: the accounts whose state is known.
        error_list: the others.
    """

    query_result: list[OnlineStatus] = msgspec.field(default_factory=list)
    error_list: list[OnlineStatusFailure] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[OnlineStatusFailure]:
        """The accounts whose state is unknown."""
        return self.error_list


class QueryState(Request, kw_only=True):
    """Query the login state of 1 to 500 accounts with the predecessor of `QueryOnlineStatus`. Source: I35057, C2566.

    Attributes:
        to_account: the accounts, 1 to 500.
        is_need_detail: 1 returns the state on each platform as well; 0 is the default.
    """

    to_account: Sequence[str]
    is_need_detail: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_accounts("to_account", self.to_account, 1, MAX_STATUS_BATCH)
        check_choice("is_need_detail", self.is_need_detail, (0, 1))


class OnlineState(WireStruct, kw_only=True):
    """The login state of one account, as the older command reports it.

    Attributes:
        to_account: the account.
        state: `Online`, `PushOnline` (logged out for less than 7 days, can be pushed to) or `Offline`; its newer name
            `Status` is accepted too.
        detail: the state on every platform, if it was requested.
    """

    _older: ClassVar = {"Status": "State"}
    to_account: str = always("")
    state: str = always("")
    detail: list[PlatformStatus] = msgspec.field(default_factory=list)

    @property
    def is_online(self) -> bool:
        """Whether a message would reach the account immediately."""
        return self.state == "Online"


class OnlineStates(Result, kw_only=True):
    """Login states account by account. Source: I35057, C2566.

    Attributes:
        query_result: one entry per account.
    """

    query_result: list[OnlineState] = msgspec.field(default_factory=list)


def _check_items(field: str, items: Sequence[UserIDItem]) -> None:
    check_items(field, items, 1, MAX_BATCH)
    for index, item in enumerate(items):
        check_account(f"{field}[{index}].user_id", item.user_id)
