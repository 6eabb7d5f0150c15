"""The size of a campaign's messages: the largest, those that are too large, those that cannot be made.

For a template this is determined while the recipients are read. It makes a text with the row's values in places where
any text fits, so the size of a message is the size of the template without them plus that of the values: it need not be
made to be measured. If a value may be refused for more than its size, every message is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from ...errors import UsageError
from .._ledger.records import RecipientRow, StagedSizes
from .._message.messages import PreparedMessage, size_to_one
from .._message.rendering import MessageSource, Recipient, Renderer
from .lints import push_lints

# Messages of a function that are made for a plan: making one may require a query.
SAMPLE_SIZE: Final = 200
# The size of a message that cannot be made.
_NOT_MADE: Final = -1

_decode_columns: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.encode


class Survey(msgspec.Struct, kw_only=True, frozen=True):
    """What is known of the messages of a campaign.

    Attributes:
        limit: the most bytes that a message may have.
        largest: bytes of the largest message, None without one.
        largest_account: the recipient of that message; "" if all get the same.
        message: that message in its stored form.
        too_large: recipients whose message exceeds the limit.
        not_made: recipients for whom no message can be made.
        why_not_made: the first reason.
        is_sample: whether only the first messages were checked.
    """

    limit: int
    largest: int | None = None
    largest_account: str = ""
    message: str | None = None
    too_large: int = 0
    not_made: int = 0
    why_not_made: str = ""
    is_sample: bool = False

    def encoded(self) -> str:
        """Return its stored form."""
        return msgspec.json.encode(self).decode()

    def with_more(self, later: Survey) -> Survey:
        """Return the survey after recipients were added."""
        is_larger = later.largest is not None and (self.largest is None or later.largest > self.largest)
        largest = later if is_larger else self
        return Survey(
            limit=self.limit,
            largest=largest.largest,
            largest_account=largest.largest_account,
            message=largest.message,
            too_large=self.too_large + later.too_large,
            not_made=self.not_made + later.not_made,
            why_not_made=self.why_not_made or later.why_not_made,
        )


def stored_survey(text: str | None, limit: int) -> Survey | None:
    """Return the survey that a ledger has, if it was made with this limit."""
    found = None if text is None else msgspec.json.decode(text, type=Survey)
    return found if found is not None and found.limit == limit else None


class Weigher:
    """Measures the messages that a template makes of rows.

    Args:
        messages: the campaign's messages; only those of a template are measured.

    Attributes:
        pushes: how many of the messages that had to be made have a push that a vendor may reject, by reason.
    """

    def __init__(self, messages: MessageSource | None) -> None:
        self._messages = messages if messages is not None and messages.kind == "template" else None
        self._uses: Sequence[tuple[str, int]] = ()
        self._base = _NOT_MADE
        self.pushes: Counter[str] = Counter()
        if self._messages is not None and not self._messages.is_checked:
            self._uses = tuple(self._messages.uses.items())
            self._base = self._made("", dict.fromkeys(self._messages.uses, ""))

    @property
    def measure(self) -> Callable[[str, str | None], int] | None:
        """The function that returns the size of a row's message, below 0 without one; None if nothing is measured."""
        if self._messages is None:
            return None
        return self._added_up if self._base >= 0 else self._made_of

    def _added_up(self, account: str, columns: str | None) -> int:
        values = {} if columns is None else _decode_columns(columns)
        size = self._base
        for name, times in self._uses:
            value = values.get(name)
            if type(value) is not str:
                if type(value) is int or type(value) is float:
                    value = str(value)
                elif name == "account":
                    value = account
                else:
                    return _NOT_MADE  # any other value counts as missing in a template
            size += (len(_encode(value)) - 2) * times
        return size

    def _made_of(self, account: str, columns: str | None) -> int:
        return self._made(account, {} if columns is None else _decode_columns(columns))

    def _made(self, account: str, columns: dict[str, Any]) -> int:
        assert self._messages is not None  # noqa: S101 - see `measure`
        try:
            made = self._messages.render(Recipient(account=account, columns=columns))
        except UsageError:
            return _NOT_MADE
        if self._messages.is_checked:
            self.pushes.update(push_lints(PreparedMessage(made).message))
        return size_to_one(made)


def conclude(messages: MessageSource, sizes: StagedSizes) -> Survey:
    """Return the survey of the measured messages."""
    message: str | None = None
    largest, account, why = None, "", ""
    if sizes.largest is not None:
        largest, account, columns = sizes.largest
        message = messages.render(_recipient(account, columns))
    if sizes.not_made is not None:
        who, columns = sizes.not_made
        try:
            messages.render(_recipient(who, columns))
        except UsageError as error:
            why = f"{who}: {error.message}"
    return Survey(
        limit=sizes.limit,
        largest=largest,
        largest_account=account,
        message=message,
        too_large=sizes.too_large,
        not_made=sizes.count_not_made,
        why_not_made=why,
    )


def of_message(stored: str, limit: int) -> Survey:
    """Return the survey of a message that all recipients get."""
    size = size_to_one(stored)
    return Survey(limit=limit, largest=size, message=stored, too_large=int(size > limit))


async def of_recipients(messages: MessageSource, recipients: AsyncIterable[RecipientRow], limit: int) -> Survey:
    """Return the survey of a template's messages to recipients that are in a ledger."""
    measure = Weigher(messages).measure
    sizes = StagedSizes(limit=limit)
    async for each in recipients:
        size = _NOT_MADE if measure is None else measure(each.account, each.columns)
        if size > limit:
            sizes = msgspec.structs.replace(sizes, too_large=sizes.too_large + 1)
        if size < 0:
            first = sizes.not_made or (each.account, each.columns)
            sizes = msgspec.structs.replace(sizes, count_not_made=sizes.count_not_made + 1, not_made=first)
        elif sizes.largest is None or size > sizes.largest[0]:
            sizes = msgspec.structs.replace(sizes, largest=(size, each.account, each.columns))
    return conclude(messages, sizes)


async def of_sample(messages: MessageSource, recipients: Iterable[RecipientRow], limit: int, at_a_time: int) -> Survey:
    """Return the survey of the messages that a function makes for a few recipients, some concurrently."""
    sample = list(recipients)
    found = Survey(limit=limit, is_sample=True)
    for recipient, made in zip(sample, await Renderer(messages, None, at_a_time).render(sample) or (), strict=True):
        if isinstance(made, UsageError):
            why = found.why_not_made or f"{recipient.account}: {made.message}"
            found = msgspec.structs.replace(found, not_made=found.not_made + 1, why_not_made=why)
            continue
        size = size_to_one(made)
        found = msgspec.structs.replace(found, too_large=found.too_large + (size > limit))
        if found.largest is None or size > found.largest:
            found = msgspec.structs.replace(found, largest=size, largest_account=recipient.account, message=made)
    return found


def _recipient(account: str, columns: str | None) -> Recipient:
    return Recipient(account=account, columns={} if columns is None else _decode_columns(columns))
