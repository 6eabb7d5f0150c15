"""Accounts: importing them before they can get messages, and their login state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
from ..models.account import (
    MAX_BATCH,
    MAX_STATUS_BATCH,
    AccountItem,
    AccountResults,
    CheckAccounts,
    DeleteAccounts,
    ImportAccount,
    ImportAccounts,
    ImportAccountsResult,
    KickAccount,
    OnlineStates,
    OnlineStatuses,
    QueryOnlineStatus,
    QueryState,
    UserIDItem,
)
from ..models.common import Empty
from ._chunks import Chunked, Items, in_chunks

_SLOW = (Rate(100),)


class Account(Family, name="account"):
    """Accounts and their login state."""

    import_account: Final = Endpoint(
        "im_open_login_svc/account_import", ImportAccount, Empty, doc="I34953", repeat="always"
    )
    """Import one account."""
    import_accounts: Final = Endpoint(
        "im_open_login_svc/multiaccount_import",
        ImportAccounts,
        ImportAccountsResult,
        doc="I34954",
        limits=_SLOW,
        repeat="always",
    )
    """Import 1 to 100 accounts."""
    delete: Final = Endpoint(
        "im_open_login_svc/account_delete", DeleteAccounts, AccountResults, doc="I34955", limits=_SLOW, danger="deletes"
    )
    """Delete 1 to 100 accounts with all their data; this cannot be undone."""
    check: Final = Endpoint(
        "im_open_login_svc/account_check",
        CheckAccounts,
        AccountResults,
        doc="I34956",
        limits=_SLOW,
        repeat="always",
    )
    """Check whether 1 to 100 accounts are imported."""
    kick: Final = Endpoint("im_open_login_svc/kick", KickAccount, Empty, doc="I34957", danger="excludes")
    """End the logins of one account on all its devices; it can log in again."""
    query_online_status: Final = Endpoint(
        "openim/query_online_status", QueryOnlineStatus, OnlineStatuses, doc="I35477", repeat="always"
    )
    """Query the login state of 1 to 500 accounts."""
    query_state: Final = Endpoint("openim/querystate", QueryState, OnlineStates, doc="I35057", repeat="always")
    """Query the login state of 1 to 500 accounts with the older command, which `query_online_status` replaced."""

    async def import_all(self, accounts: Items[str | AccountItem]) -> Chunked[str | AccountItem, ImportAccountsResult]:
        """Import any number of accounts, 100 per call: `import_accounts` in chunks.

        Args:
            accounts: user ids, or items with nickname and avatar; consumed lazily.
        """

        async def call(chunk: Sequence[str | AccountItem]) -> ImportAccountsResult:
            items = [item if isinstance(item, AccountItem) else AccountItem(user_id=item) for item in chunk]
            return await self.import_accounts(account_list=items)

        return await in_chunks("accounts", accounts, MAX_BATCH, call)

    async def delete_all(self, accounts: Items[str]) -> Chunked[str, AccountResults]:
        """Delete any number of accounts, 100 per call: `delete` in chunks. This cannot be undone.

        Args:
            accounts: user ids; consumed lazily.
        """
        return await in_chunks("accounts", accounts, MAX_BATCH, lambda chunk: self.delete(delete_item=_items(chunk)))

    async def check_all(self, accounts: Items[str]) -> Chunked[str, AccountResults]:
        """Check whether any number of accounts are imported, 100 per call: `check` in chunks.

        Args:
            accounts: user ids; consumed lazily.
        """
        return await in_chunks("accounts", accounts, MAX_BATCH, lambda chunk: self.check(check_item=_items(chunk)))

    async def query_online_status_all(
        self, accounts: Items[str], *, with_platforms: bool = False
    ) -> Chunked[str, OnlineStatuses]:
        """Query the login state of any number of accounts, 500 per call: `query_online_status` in chunks.

        Args:
            accounts: user ids; consumed lazily.
            with_platforms: whether to return the state on each platform as well.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_STATUS_BATCH,
            lambda chunk: self.query_online_status(to_account=chunk, is_need_detail=1 if with_platforms else None),
        )


def _items(accounts: Iterable[str]) -> list[UserIDItem]:
    return [UserIDItem(user_id=account) for account in accounts]
