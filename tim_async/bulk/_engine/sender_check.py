"""Who is at fault when an account is not known: the recipient or the sender.

A From_Account that is not imported is refused with every recipient, one after the other: with 20003, which may also
mean the recipient, or with 90008. So before a recipient is blamed for one of these codes, the service is asked, once
per sender, whether it knows the sender.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ...errors import ApiError, TimError
from ...families.account import Account
from ...models.account import CheckAccounts, UserIDItem
from .context import RunContext

_CODES: Final = frozenset({20003, 90008})
# A function may name a different sender for every recipient.
_MAX_CACHED_SENDERS: Final = 1000


class _Stored(msgspec.Struct, rename={"from_account": "From_Account"}):
    from_account: str | None = None


class SenderCheck:
    """Finds out whether the senders of a campaign are imported.

    Args:
        context: of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._are_imported: dict[str, bool] = {}
        self._asking = asyncio.Lock()
        message = context.campaign.message
        self._common = None if message is None else msgspec.json.decode(message, type=_Stored).from_account

    def note_success(self, sender: str) -> None:
        """Record that a message from a sender was accepted."""
        self._note(sender, is_imported=True)

    def is_common(self, sender: str) -> bool:
        """Return whether all messages of the campaign come from this sender."""
        return sender == self._common

    async def is_missing(self, sender: str | None, error: TimError) -> bool:
        """Return whether a refusal means that the sender is not imported. False if that cannot be determined.

        Args:
            sender: its From_Account; None is the admin, whom the service knows.
            error: the refusal.
        """
        if not isinstance(error, ApiError) or error.code not in _CODES:
            return False
        # The service creates chatbots and similar accounts; they are not imported.
        if sender is None or sender == self._context.sender or sender.startswith("@"):
            return False
        async with self._asking:
            if sender not in self._are_imported:
                try:
                    answer = await self._context.client.call(
                        Account.check, CheckAccounts(check_item=[UserIDItem(user_id=sender)])
                    )
                except TimError as problem:
                    self._context.judge(problem)
                    return False
                self._note(
                    sender, is_imported=not any(item.account_status == "NotImported" for item in answer.result_item)
                )
        return not self._are_imported[sender]

    def _note(self, sender: str, *, is_imported: bool) -> None:
        if len(self._are_imported) >= _MAX_CACHED_SENDERS and sender not in self._are_imported:
            self._are_imported.clear()
        self._are_imported[sender] = is_imported
