"""Accounts and their login state.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.account import Account
from ...models.account import (
    AccountItem,
    AccountResults,
    ImportAccountsResult,
    OnlineStates,
    OnlineStatuses,
    UserIDItem,
)
from ...models.common import Empty


class BlockingAccountCalls(BlockingFamily[Account], table=Account):
    """Accounts and their login state."""

    def import_account(
        self,
        *,
        user_id: str,
        nick: str | None = None,
        face_url: str | None = None,
    ) -> Empty:
        """Import one account.

        Import one account, 导入单个账号: `im_open_login_svc/account_import`.

        Args:
            user_id: 1 to 32 bytes.
            nick: nickname.
            face_url: avatar URL.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            40601: A value is over 500 bytes.
            70398: The app may not create more accounts (trial plan: 100).
            70402: Parameters missing or not as the protocol wants.
            70403: The operation needs an app admin.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34953
        Page: https://cloud.tencent.com/document/product/269/1608
        """

    def import_accounts(
        self,
        *,
        account_list: Sequence[AccountItem] | None = None,
        accounts: Sequence[str] | None = None,
    ) -> ImportAccountsResult:
        """Import 1 to 100 accounts.

        Import up to 100 accounts, 导入多个账号: `im_open_login_svc/multiaccount_import`.

        Args:
            account_list: accounts with nickname and avatar, 1 to 100; the newer form.
            accounts: plain user ids, 1 to 100; give one of the two; at most 32 bytes each.

        Returns:
            ImportAccountsResult: outcome of an import.
                fail_accounts: user ids that were not imported.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            70398: The app may not create more accounts (trial plan: 100).
            70402: Parameters missing or not as the protocol wants.
            70403: The operation needs an app admin.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34954
        Page: https://cloud.tencent.com/document/product/269/4919
        """

    def delete(
        self,
        *,
        delete_item: Sequence[UserIDItem],
    ) -> AccountResults:
        """Delete 1 to 100 accounts with all their data; this cannot be undone.

        Delete accounts, 删除账号: `im_open_login_svc/account_delete`.

        Args:
            delete_item: the accounts; at most 100 items.

        Returns:
            AccountResults: outcome account by account.
                result_item: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30008: Concurrent writes collided; use the batch form.
            70107: The account does not exist in the Chat system; import it first.
            70402: Parameters missing or not as the protocol wants.
            70403: The operation needs an app admin.
            71000: Account deletion is not allowed for this app (can be enabled in the console; trial-only in older
                tables).

        Limits: 100/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34955
        Page: https://cloud.tencent.com/document/product/269/36443
        """

    def check(
        self,
        *,
        check_item: Sequence[UserIDItem],
    ) -> AccountResults:
        """Check whether 1 to 100 accounts are imported.

        Check whether accounts are imported, 查询账号: `im_open_login_svc/account_check`.

        Args:
            check_item: the accounts; at most 100 items.

        Returns:
            AccountResults: outcome account by account.
                result_item: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            70402: Parameters missing or not as the protocol wants.
            70403: The operation needs an app admin.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34956
        Page: https://cloud.tencent.com/document/product/269/38417
        """

    def kick(
        self,
        *,
        user_id: str,
    ) -> Empty:
        """End the logins of one account on all its devices; it can log in again.

        Invalidate the login of an account, 失效账号登录状态: `im_open_login_svc/kick`.

        Args:
            user_id: 1 to 32 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            70107: The account does not exist in the Chat system; import it first.
            70402: Parameters missing or not as the protocol wants.
            70403: The operation needs an app admin.

        Limits: 200/s. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34957
        Page: https://cloud.tencent.com/document/product/269/3853
        """

    def query_online_status(
        self,
        *,
        to_account: Sequence[str],
        is_need_detail: Literal[0, 1] | None = None,
        is_return_instid: Literal[0, 1] | None = None,
        is_return_custom_status: Literal[0, 1] | None = None,
    ) -> OnlineStatuses:
        """Query the login state of 1 to 500 accounts.

        Query online state of accounts, 查询账号在线状态: `openim/query_online_status`.

        Args:
            to_account: the accounts, 1 to 500; at most 32 bytes each.
            is_need_detail: 1 returns the state on each platform as well; 0 is the default.
            is_return_instid: 1 returns the ids of the devices as well; 0 is the default. Newer than the documented answer: `client.request` shows what it adds.
            is_return_custom_status: 1 returns the states set by clients as well; 0 is the default. As above.

        Returns:
            OnlineStatuses: login states account by account.
                query_result: the accounts whose state is known.
                error_list: the others.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            70107: The account does not exist in the Chat system; import it first.
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90009: The identifier in the URL is not an admin.
            90011: More than 500 recipients in one batch.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/35477
        Page: https://cloud.tencent.com/document/product/269/2566
        """

    def query_state(
        self,
        *,
        to_account: Sequence[str],
        is_need_detail: Literal[0, 1] | None = None,
    ) -> OnlineStates:
        """Query the login state of 1 to 500 accounts with the older command, which `query_online_status` replaced.

        Query online state of accounts (older command), 获取用户在线状态: `openim/querystate`.

        Args:
            to_account: the accounts, 1 to 500; at most 32 bytes each.
            is_need_detail: 1 returns the state on each platform as well; 0 is the default.

        Returns:
            OnlineStates: login states account by account.
                query_result: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90009: The identifier in the URL is not an admin.
            90011: More than 500 recipients in one batch.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/35057
        Page: https://cloud.tencent.com/document/product/269/2566
        """

    def import_all(
        self,
        accounts: Iterable[str | AccountItem],
    ) -> Chunked[str | AccountItem, ImportAccountsResult]:
        """Import any number of accounts, 100 per call: `import_accounts` in chunks.

        Args:
            accounts: user ids, or items with nickname and avatar; consumed lazily.
        """
        return self.client.wait(self.family.import_all, self.client.feed(accounts))

    def delete_all(
        self,
        accounts: Iterable[str],
    ) -> Chunked[str, AccountResults]:
        """Delete any number of accounts, 100 per call: `delete` in chunks. This cannot be undone.

        Args:
            accounts: user ids; consumed lazily.
        """
        return self.client.wait(self.family.delete_all, self.client.feed(accounts))

    def check_all(
        self,
        accounts: Iterable[str],
    ) -> Chunked[str, AccountResults]:
        """Check whether any number of accounts are imported, 100 per call: `check` in chunks.

        Args:
            accounts: user ids; consumed lazily.
        """
        return self.client.wait(self.family.check_all, self.client.feed(accounts))

    def query_online_status_all(
        self,
        accounts: Iterable[str],
        *,
        with_platforms: bool = False,
    ) -> Chunked[str, OnlineStatuses]:
        """Query the login state of any number of accounts, 500 per call: `query_online_status` in chunks.

        Args:
            accounts: user ids; consumed lazily.
            with_platforms: whether to return the state on each platform as well.
        """
        return self.client.wait(
            self.family.query_online_status_all,
            self.client.feed(accounts),
            with_platforms=with_platforms,
        )
