"""Decide who is left out, in the transaction that writes the sending ahead.

A recipient is left out for one of two reasons. A *suppression list* is kept in the ledger and applies to all of its
campaigns: no chunk that is written ahead after an entry was committed goes to that account. And a campaign may limit
how many messages an account gets within a number of days, over all campaigns of the ledger. For that, every message
that is written ahead is a *contact*, recorded in the same transaction, so it also counts for campaigns that run side by
side. A contact that was certainly not sent is taken back. Contacts outlive the campaign that made them.

A ledger that uses neither pays one short query for each commit that starts chunks: its two *marks* say so. Contacts are
kept from the first campaign that counts them, and computed from the ledger for the campaigns before it. On a server,
commits that start chunks then take turns, by a lock on the mark: two campaigns that reserve the same account at the
same time would not see each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from .records import SendStart
from .schema import (
    ChunkState,
    RecipientState,
    campaigns,
    chunks,
    contacts,
    meta,
    recipients,
    suppressed,
    suppression_lists,
)

SUPPRESSION: Final = "suppression"
"""The mark of a ledger that has suppression lists; its value changes with every change of them."""
CONTACTS: Final = "contacts"
"""The mark of a ledger that keeps contacts."""
DAY_S: Final = 86_400
# The most values compared at once.
_ORDINALS_PER_QUERY: Final = 500

# As text: it runs with every commit that starts chunks, in every ledger.
_MARKS: Final = f"SELECT key FROM {meta.name} WHERE key IN ('{SUPPRESSION}', '{CONTACTS}')"  # noqa: S608 - constants

LeftOut = Mapping[int, Collection[int]]
"""The ordinals that were left out, by their chunk."""


class AtMost(msgspec.Struct, frozen=True, array_like=True):
    """The most messages an account gets within a number of days.

    Attributes:
        count: messages, over all campaigns of the ledger.
        days: days.
    """

    count: int
    days: int

    @classmethod
    def decoded(cls, stored: str | None) -> AtMost | None:
        """Return the value that a ledger has stored."""
        return None if stored is None else msgspec.json.decode(stored, type=cls)

    def encoded(self) -> str:
        """Return its stored form."""
        return msgspec.json.encode(self).decode()

    def __str__(self) -> str:
        """Return it in words, as 'at most 2 in 7 days'."""
        messages = "1 message" if self.count == 1 else f"{self.count:,} messages"
        return f"at most {messages} in {'a day' if self.days == 1 else f'{self.days:,} days'}"


def leave_out(
    connection: Connection, campaign_id: int, starts: Sequence[SendStart], unsent: Collection[int]
) -> LeftOut:
    """Settle the recipients of started chunks that are left out; return them.

    Args:
        connection: in the transaction that started the chunks, after the statements that did.
        campaign_id: whose.
        starts: the chunks.
        unsent: ordinals of recipients that, by this transaction, were not sent to.
    """
    if not starts and not unsent:
        return {}
    marks = _marks(connection)
    if CONTACTS in marks:
        _take_back(connection, campaign_id, unsent)
    if not marks or not starts:
        return {}
    numbers = [start.number for start in starts]
    own = and_(
        recipients.c.campaign_id + 0 == campaign_id,  # see `chunks.of`
        recipients.c.chunk.in_(numbers),
    )
    if SUPPRESSION in marks:
        _settle(connection, own, _is_on_a_list(), literal("on the suppression list ") + _list_of())
    if CONTACTS in marks:
        _reserve(connection, campaign_id, own, max(start.since for start in starts))
    # All of them: if this is repeated because the answer to its commit was lost, they were settled before.
    query = select(recipients.c.chunk, recipients.c.ordinal).where(own, recipients.c.state == RecipientState.SUPPRESSED)
    found: dict[int, set[int]] = {}
    for number, ordinal in connection.execute(query):
        found.setdefault(number, set()).add(ordinal)
    return found


def _marks(connection: Connection) -> set[str]:
    return {key for (key,) in connection.exec_driver_sql(_MARKS)}


def would_be_left_out(connection: Connection, campaign_id: int, *, now: float) -> ColumnElement[bool] | None:
    """Return the condition that a recipient would be left out if it were sent to now; None if no one is left out."""
    marks = _marks(connection)
    if not marks:
        return None
    reasons: list[ColumnElement[bool]] = []
    if SUPPRESSION in marks:
        reasons.append(_is_on_a_list())
    at_most = _at_most(connection, campaign_id) if CONTACTS in marks else None
    if at_most is not None:
        reasons.append(_is_over(at_most, campaign_id, now))
    return or_(false(), *reasons)


def count_left_out(connection: Connection, campaign_id: int, *, now: float) -> int:
    """Return how many recipients were left out, or would be if they were sent to now."""
    would_be = would_be_left_out(connection, campaign_id, now=now)
    if would_be is None:
        return 0
    is_left_out = or_(
        recipients.c.state == RecipientState.SUPPRESSED, and_(recipients.c.state == RecipientState.PLANNED, would_be)
    )
    query = select(func.count()).select_from(recipients).where(recipients.c.campaign_id == campaign_id, is_left_out)
    return connection.execute(query).scalar_one()


def list_mark(connection: Connection) -> str | None:
    """Return the version of the suppression lists; None before there are any."""
    return connection.execute(select(meta.c.value).where(meta.c.key == SUPPRESSION)).scalar_one_or_none()


def listed(connection: Connection, campaign_id: int, ordinals: Sequence[int]) -> set[int]:
    """Return which recipients are on a suppression list."""
    found: set[int] = set()
    for first in range(0, len(ordinals), _ORDINALS_PER_QUERY):
        query = select(recipients.c.ordinal).where(
            recipients.c.campaign_id == campaign_id,
            recipients.c.ordinal.in_(ordinals[first : first + _ORDINALS_PER_QUERY]),
            _is_on_a_list(),
        )
        found.update(connection.execute(query).scalars())
    return found


def keep_contacts(connection: Connection) -> None:
    """Keep contacts from now on, and record those of the ledger's campaigns so far."""
    query = select(meta.c.key).where(meta.c.key == CONTACTS)
    if connection.execute(query).one_or_none() is not None:
        return
    if connection.dialect.name == "postgresql":
        # Wait for writes in progress; later ones see the mark, because they read it after this lock.
        tables = f"{recipients.name}, {chunks.name}"
        connection.execute(text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))
        if connection.execute(query).one_or_none() is not None:
            return
    connection.execute(insert(meta).values(key=CONTACTS, value="kept"))
    is_contact = or_(
        recipients.c.state.in_([RecipientState.SENT, RecipientState.UNKNOWN]),
        and_(recipients.c.state == RecipientState.PLANNED, chunks.c.state == ChunkState.SENDING),
    )
    is_in_chunk = and_(chunks.c.campaign_id == recipients.c.campaign_id, chunks.c.number == recipients.c.chunk)
    history = (
        select(recipients.c.account, recipients.c.campaign_id, chunks.c.since)
        .join_from(recipients, chunks, is_in_chunk)
        .where(is_contact, chunks.c.since.is_not(None))
        .order_by(recipients.c.account, recipients.c.campaign_id)
    )
    connection.execute(insert(contacts).from_select(["account", "campaign_id", "since"], history))


def _is_on_a_list() -> ColumnElement[bool]:
    return exists(select(suppressed.c.list_id).where(suppressed.c.account == recipients.c.account))


def _list_of() -> ColumnElement[str]:
    """Return the name of the first list that a recipient is on."""
    return (
        select(suppression_lists.c.name)
        .join_from(suppressed, suppression_lists, suppression_lists.c.id == suppressed.c.list_id)
        .where(suppressed.c.account == recipients.c.account)
        .order_by(suppression_lists.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _is_over(at_most: AtMost, campaign_id: int, now: float) -> ColumnElement[bool]:
    """Return the condition that a recipient has reached the limit."""
    count = (
        select(func.count())
        .select_from(contacts)
        .where(
            contacts.c.account == recipients.c.account,
            contacts.c.campaign_id != campaign_id,
            contacts.c.since > now - at_most.days * DAY_S,
        )
        .scalar_subquery()
    )
    return count >= at_most.count


def _at_most(connection: Connection, campaign_id: int) -> AtMost | None:
    query = select(campaigns.c.at_most).where(campaigns.c.id == campaign_id)
    return AtMost.decoded(connection.execute(query).scalar_one_or_none())


def _settle(
    connection: Connection, own: ColumnElement[bool], is_left_out: ColumnElement[bool], info: ColumnElement[str]
) -> None:
    connection.execute(
        update(recipients)
        .where(own, recipients.c.state == RecipientState.PLANNED, is_left_out)
        .values(state=int(RecipientState.SUPPRESSED), code=null(), info=info)
    )


def _reserve(connection: Connection, campaign_id: int, own: ColumnElement[bool], now: float) -> None:
    """Leave out recipients that have reached the limit, and record contacts of the others."""
    # Until the end of the transaction: it could not see what another campaign reserves in the meantime.
    connection.execute(select(meta.c.value).where(meta.c.key == CONTACTS).with_for_update())
    at_most = _at_most(connection, campaign_id)
    if at_most is not None:
        _settle(connection, own, _is_over(at_most, campaign_id, now), literal(str(at_most)))
    is_known = exists(
        select(contacts.c.since).where(
            contacts.c.account == recipients.c.account, contacts.c.campaign_id == campaign_id
        )
    )
    fresh = select(recipients.c.account, literal(campaign_id, Integer), literal(now)).where(
        own, recipients.c.state == RecipientState.PLANNED, ~is_known
    )
    connection.execute(insert(contacts).from_select(["account", "campaign_id", "since"], fresh))


def _take_back(connection: Connection, campaign_id: int, unsent: Collection[int]) -> None:
    """Delete the contacts of recipients that were not sent to."""
    ordinals = list(unsent)
    for first in range(0, len(ordinals), _ORDINALS_PER_QUERY):
        some = select(recipients.c.account).where(
            recipients.c.campaign_id == campaign_id,
            recipients.c.ordinal.in_(ordinals[first : first + _ORDINALS_PER_QUERY]),
        )
        connection.execute(delete(contacts).where(contacts.c.campaign_id == campaign_id, contacts.c.account.in_(some)))
