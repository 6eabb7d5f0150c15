"""The suppression lists of a ledger, for users: accounts that none of its campaigns sends to."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from typing import Final

from .._clocks import wall_time
from ..errors import UsageError
from ._ledger.home import is_named
from ._ledger.ledger import Ledger
from ._ledger.records import storable
from ._ledger.suppression import SuppressionList
from ._plan.definition import Definition
from ._plan.files import AccountListFile, CsvFile, JsonLinesFile
from ._plan.sources import IterableReader, Source
from ._plan.suppressing import SuppressionChange, SuppressionFile, list_file, read_accounts, read_list
from .steering import SteeredLedger

DEFAULT_LIST: Final = "suppressed"
"""The list of accounts that are given one by one, where no other is named."""

AccountsGiven = SuppressionFile | Iterable[str] | AsyncIterable[str]
"""Accounts: a file of them, by its path or a class that says how it is read, or any iterable or async iterable."""


class SuppressionLists:
    """The suppression lists of a ledger.

        lists = SuppressionLists(ledger="spring.db")
        await lists.add("unsubscribed.csv")
        await lists.add(["lumotuwe2"], list_name="asked by phone")

    An account on any of them is sent to by no campaign of the ledger. What is added while campaigns run holds at once
    for all that they write ahead later, after a second for what waits for its turn; calls on their way are finished.

    Args:
        ledger: path or URL of the ledger, as `Campaign` has it. None is the default of a campaign.
        campaign: the campaign whose default ledger is meant, where none is named here or by `TIM_LEDGER`.
        sdk_app_id: that campaign's app, to find it.
        clock: returns unix seconds; for tests.

    Raises:
        UsageError: no ledger is named, and no campaign.
    """

    def __init__(
        self,
        ledger: str | PathLike[str] | None = None,
        *,
        campaign: str | None = None,
        sdk_app_id: int | None = None,
        clock: Callable[[], float] = wall_time,
    ) -> None:
        if ledger is None and campaign is None and not is_named():
            raise UsageError("give ledger, or the campaign whose default ledger to use", field="ledger")
        self._definition = Definition(campaign or "any campaign", ledger, sdk_app_id=sdk_app_id)
        self._clock = clock

    def __repr__(self) -> str:
        return "<SuppressionLists>"

    async def add(
        self, accounts: AccountsGiven, *, list_name: str | None = None, account_column: str = "account"
    ) -> SuppressionChange:
        """Add accounts to a list, which is made where it is missing, as the ledger is.

        Args:
            accounts: a file by its path or as a `CsvFile`, `JsonLinesFile` or `AccountListFile`, or an iterable or
                async iterable of accounts.
            list_name: the list; None (default) is one that is called like the file, without its endings, or
                `suppressed`.
            account_column: the column of a file that has the account, `account` by default.

        Raises:
            UsageError: a file cannot be read, or `list_name` is empty.
            LedgerError: the ledger cannot be used.
        """
        name, reader = _source(accounts, account_column)
        name = list_name if list_name is not None else name
        if not name.strip() or storable(name) != name:
            raise UsageError("list_name must be a non-empty text", field="list_name")

        async with self._to_change(may_make=True) as lists:

            async def enter(some: Sequence[str], mark: str | None) -> int:
                return await lists.change(
                    lambda ledger: ledger.suppression.add(name, some, now=self._clock(), source=mark)
                )

            return await read_list(name, reader, enter, account_column=account_column)

    async def remove(
        self, accounts: AccountsGiven, *, list_name: str | None = None, account_column: str = "account"
    ) -> int:
        """Take accounts off a list, or off all of them; return how many entries those were.

        Recipients that were left out stay so; campaigns that come later send to them.

        Args:
            accounts: as for `add`.
            list_name: the list; None (default) is all of them.
            account_column: the column of a file that has the account, `account` by default.

        Raises:
            LedgerError: there is no such ledger or list.
        """
        removed = 0
        _, reader = _source(accounts, account_column)
        async with self._to_change() as lists:
            async for some in read_accounts(reader, account_column):
                removed += await lists.change(partial(self._remove, some, list_name))
        return removed

    async def _remove(self, accounts: Sequence[str], list_name: str | None, ledger: Ledger) -> int:
        return await ledger.suppression.remove(accounts, name=list_name, now=self._clock())

    async def remove_list(self, list_name: str) -> int:
        """Remove a list; return how many entries it had.

        Raises:
            LedgerError: there is no such ledger or list.
        """
        async with self._to_change() as lists:
            return await lists.change(lambda ledger: ledger.suppression.remove_list(list_name))

    async def all(self) -> list[SuppressionList]:
        """Return the lists of the ledger, the oldest first.

        Raises:
            LedgerError: there is no such ledger.
        """
        async with self._definition.open() as ledger:
            return await ledger.suppression.lists()

    async def accounts(self, list_name: str) -> AsyncIterator[str]:
        """Yield the accounts of a list, in the order of the database.

        Raises:
            LedgerError: there is no such ledger or list.
        """
        async with self._definition.open() as ledger:
            async for account in ledger.suppression.entries(list_name):
                yield account

    def _to_change(self, *, may_make: bool = False) -> SteeredLedger:
        return SteeredLedger(self._definition, "suppression lists", may_make=may_make)


def _source(accounts: AccountsGiven, account_column: str) -> tuple[str, Source]:
    if isinstance(accounts, str | PathLike | CsvFile | JsonLinesFile | AccountListFile):
        return list_file(accounts, account_column)
    return DEFAULT_LIST, IterableReader(accounts)
