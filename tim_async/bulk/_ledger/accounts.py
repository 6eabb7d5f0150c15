"""Find an account in a campaign by an index that is built in one pass.

An index by account that is maintained while recipients arrive costs more with every row, because accounts arrive in any
order (see `staging`). This one is filled when all are there, sorted, so that every row goes to its end: a sixth of what
a plan would cost otherwise. In a file, its key is the account itself. A server sorts numbers faster than texts, so the
key there is a hash, and the account is compared as well.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Insert, Select, Text, bindparam, insert, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from .chunks import RECIPIENT_COLUMNS
from .records import RecipientRow
from .schema import accounts, recipients


class _Key(GenericFunction[Any]):
    """The key of an account in the index."""

    name = "tim_account_key"
    type = Text()
    inherit_cache = True


@compiles(_Key)
def _as_text(key: _Key, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return str(compiler.process(key.clauses, **options))


@compiles(_Key, "postgresql")
def _as_hash(key: _Key, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"hashtext({compiler.process(key.clauses, **options)})"


_FIND: Final[Select[Any]] = (
    select(*RECIPIENT_COLUMNS)
    .join_from(
        accounts,
        recipients,
        (recipients.c.campaign_id == accounts.c.campaign_id) & (recipients.c.ordinal == accounts.c.ordinal),
    )
    .where(
        accounts.c.campaign_id == bindparam("campaign"),
        accounts.c.key == _Key(bindparam("account", type_=Text)),
        recipients.c.account == bindparam("account", type_=Text),
    )
)


def enter_accounts(campaign_id: int, *, before: int) -> Insert:
    """Return the statement that indexes the accounts of a campaign's recipients, from an ordinal on."""
    key = _Key(recipients.c.account)
    query = (
        select(recipients.c.campaign_id, key, recipients.c.ordinal)
        .where(recipients.c.campaign_id == campaign_id, recipients.c.ordinal >= before)
        .order_by(key)
    )
    return insert(accounts).from_select(["campaign_id", "key", "ordinal"], query)


def find_account(connection: Connection, campaign_id: int, account: str) -> RecipientRow | None:
    """Return the recipient of a campaign that has an account."""
    row = connection.execute(_FIND, {"campaign": campaign_id, "account": account}).one_or_none()
    return None if row is None else RecipientRow(*row)
