"""Accounts: what the service must know before anyone can be written to."""

from __future__ import annotations

from .._endpoint import Endpoint, Family, Rate
from ..models.account import (
    AccountResults,
    CheckAccounts,
    DeleteAccounts,
    ImportAccount,
    ImportAccounts,
    ImportAccountsResult,
)
from ..models.common import Empty

_SLOW = (Rate(100),)


class Account(Family, name="account"):
    """Accounts."""

    import_account = Endpoint("im_open_login_svc/account_import", ImportAccount, Empty, doc="I34953", repeat="always")
    """Import one account."""
    import_accounts = Endpoint(
        "im_open_login_svc/multiaccount_import",
        ImportAccounts,
        ImportAccountsResult,
        doc="I34954",
        limits=_SLOW,
        repeat="always",
    )
    """Import 1 to 100 accounts."""
    delete = Endpoint("im_open_login_svc/account_delete", DeleteAccounts, AccountResults, doc="I34955", limits=_SLOW)
    """Delete 1 to 100 accounts with all their data; not to be undone."""
    check = Endpoint(
        "im_open_login_svc/account_check",
        CheckAccounts,
        AccountResults,
        doc="I34956",
        limits=_SLOW,
        repeat="always",
    )
    """Ask whether 1 to 100 accounts are imported."""
