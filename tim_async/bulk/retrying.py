"""Retry recipients that failed, are unknown, or were given up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from ..errors import UsageError
from ._ledger.given_up import open_again
from ._ledger.ledger import Ledger
from ._ledger.retrying import reopen_unknown, retry_failed
from ._plan.definition import Definition
from .steering import check_at_rest, steered

Retryable: TypeAlias = Literal["failed", "unknown", "given_up"]

FAILED: Final[tuple[Retryable, ...]] = ("failed",)
_WHAT: Final = ("failed", "unknown", "given_up")


class Retried(msgspec.Struct, kw_only=True, frozen=True):
    """Recipients that are tried again.

    Attributes:
        name: the campaign.
        failed: recipients that had failed: they get another message, with a new identity.
        unknown: recipients that may have the message: within 120 s the same message is repeated, later `on_unknown` of
            the next run decides.
        given_up: recipients of chunks that were given up.
        ledger: its location: an absolute path, or a URL without its password.
    """

    name: str
    failed: int
    unknown: int
    given_up: int
    ledger: str

    @property
    def total(self) -> int:
        """The number of recipients."""
        return self.failed + self.unknown + self.given_up


async def retry(definition: Definition, what: Collection[Retryable], codes: Collection[int] | None) -> Retried:
    """Make the next run of a campaign try recipients again; nothing is sent here."""
    _check(what, codes)

    async def work(ledger: Ledger) -> Retried:
        row = await definition.find(ledger)

        def take_up(connection: Connection) -> Retried:
            check_at_rest(connection, row, ledger, may_be_paused=True)
            given_up = open_again(connection, row.id, None) if "given_up" in what else 0
            found = Retried(
                name=row.name,
                failed=retry_failed(connection, row.id, codes) if "failed" in what else 0,
                unknown=reopen_unknown(connection, row.id) if "unknown" in what else 0,
                given_up=given_up,
                ledger=ledger.full_name,
            )
            ledger.steering.enter_retried(connection, row.id, found.total)
            return found

        return await ledger.database.write(take_up)

    return await steered(definition, "retry", work)


def _check(what: Collection[Retryable], codes: Collection[int] | None) -> None:
    if isinstance(what, str) or not what:
        raise UsageError(f"what must be a list of one or more of {', '.join(_WHAT)}", field="what")
    for each in what:
        if each not in _WHAT:
            raise UsageError(f"unknown value {each!r} in what; it may contain {', '.join(_WHAT)}", field="what")
    if codes is None:
        return
    if isinstance(codes, str) or not codes or not all(type(each) is int for each in codes):
        raise UsageError("codes must be a list of one or more error codes", field="codes")
    if set(what) != {"failed"}:
        raise UsageError("codes applies to failed recipients only", field="codes")
