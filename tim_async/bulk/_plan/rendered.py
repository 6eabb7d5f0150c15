"""One message of a campaign, as its first recipient gets it, for a check on a phone."""

from __future__ import annotations

from secrets import token_hex

from ...errors import UsageError
from ...models.c2c import SendMsg
from .._ledger.ledger import Ledger
from .._ledger.records import Problem, RecipientRow
from .._ledger.schema import RecipientState
from .._message.messages import Identities, PreparedMessage
from .._message.rendering import MessageSource, Renderer
from .sources import Source, first_rows


async def first_of_source(source: Source, account_column: str) -> RecipientRow:
    """Return the first recipient of a source; planning the campaign still reads it.

    Raises:
        UsageError: there is none.
    """
    _, rows = await first_rows(source, account_column)
    for row in rows:
        if not isinstance(row, Problem):
            account, columns, line = row
            return _recipient(account, columns, line)
    raise UsageError("none of the first rows has a valid account: no message can be made", field="recipients")


async def first_of_ledger(ledger: Ledger, campaign_id: int) -> RecipientRow:
    """Return the first recipient of a campaign in the ledger.

    Raises:
        UsageError: there is none.
    """
    async for recipient in ledger.queries.recipients(campaign_id, page=1):
        return recipient
    raise UsageError("the campaign has no recipients: no message can be made", field="recipients")


async def render_for(account: str, recipient: RecipientRow, messages: MessageSource, limit: int, now: float) -> SendMsg:
    """Return the request that sends a recipient's message to another account, as a separate message.

    Raises:
        UsageError: no message can be made for the recipient, or it exceeds the limit.
    """
    for made in await Renderer(messages, limit, 1).render([recipient]) or ():
        if isinstance(made, UsageError):
            raise made
        identity = Identities(token_hex(16), int(now * 1000)).of_recipient(0, account)
        return PreparedMessage(made).to_one(account, identity)
    raise UsageError("no message was made", field="message")  # pragma: no cover - one is made of each recipient


def _recipient(account: str, columns: str | None, line: int) -> RecipientRow:
    return RecipientRow(
        ordinal=0,
        account=account,
        columns=columns,
        line=line,
        chunk=0,
        state=int(RecipientState.PLANNED),
        tries=0,
        round=0,
        code=None,
        info=None,
        msg_key=None,
        msg_time=None,
        body=None,
    )
