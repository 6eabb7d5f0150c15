"""How the messages of a campaign are made: one for all, a template over the row's columns, or a function.

A template's messages are made one after the other, which takes no time. A function may query a database for each
message, so its messages are made concurrently, over all chunks as many as there are calls. Nothing of a chunk has been
sent while its messages are made: if the run must end, they are abandoned.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import string
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from secrets import token_hex
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ..._api.wire import encode, read_custom_strictly
from ...errors import TimError, UsageError
from ...models.elements import Element, check_body
from .._ledger.records import RecipientRow, storable
from .fingerprints import of_function
from .messages import Message, PreparedMessage, StoredMessage, as_message, read_stored, size_to_one, stored_form

# A name such as $姓名, which needs braces: without them, its end is unknown.
_BARE_NAME: Final = re.compile(r"\$([^\W\d_A-Za-z]\w*)")
# Any text works here, if it is not too long.
_UNCHECKED: Final = {
    ("MsgBody", "MsgContent"),
    ("CloudCustomData",),
    ("OfflinePushInfo", "Title"),
    ("OfflinePushInfo", "Desc"),
}
# How long to wait for a cancelled function that does not end.
_CANCEL_TIMEOUT_S: Final = 1.0
_encode_text: Final = msgspec.json.Encoder().encode


class Recipient(msgspec.Struct, kw_only=True, frozen=True):
    """A recipient, as passed to a function that makes messages.

    Attributes:
        account: the account.
        columns: the row's other columns; text from CSV, any JSON value from JSON lines and mappings.
    """

    account: str
    columns: Mapping[str, Any]


Content: TypeAlias = str | Element | Sequence[Element] | Message
MakeMessage: TypeAlias = Callable[[Recipient], Content | Awaitable[Content]]


class JsonTemplate:
    """JSON with values inside its texts. It must be valid for any values.

    Args:
        names: the names of the placeholders.
        make: returns the JSON with the given texts in place of the placeholders.
    """

    def __init__(self, names: Iterable[str], make: Callable[[Mapping[str, str]], str]) -> None:
        known = list(names)
        mark = token_hex(8)
        made = make({name: f"<{mark}:{index}>" for index, name in enumerate(known)})
        # Texts and placeholders alternate.
        self._texts = re.split(f"<{mark}:([0-9]+)>", made)
        self._names: Final = [known[int(index)] for index in self._texts[1::2]]

    def fill(self, values: Mapping[str, object]) -> str:
        """Return the JSON with the values in place.

        Raises:
            KeyError: a value is missing.
            UnicodeError: a value is not valid text.
        """
        texts = self._texts.copy()
        texts[1::2] = [_encode_text(str(values[name])).decode()[1:-1] for name in self._names]
        return "".join(texts)


class _Text(string.Template):
    """`$name` as usual; `${...}` takes any column's name, so that a column may be called `${姓名}`."""

    braceidpattern = r"[^${}]+"


class Template:
    """A message with `$name` or `${name}` for the row's column of that name, in any of its texts; `$$` is a dollar
    sign.

    `$account` is the recipient. If the row lacks a column, only that recipient fails.

    Args:
        message: a text, or a message whose texts have the placeholders.

    Attributes:
        message: the message with its placeholders.
        uses: how often each column is used.
        is_checked: whether a placeholder is in a field whose value may be refused for more than its size.

    Raises:
        UsageError: a placeholder is malformed.
    """

    def __init__(self, message: str | string.Template | Message) -> None:
        text = message.template if isinstance(message, string.Template) else message
        self.message: Message = as_message(text)
        check_body(self.message.msg_body)
        self.uses: Counter[str] = Counter()
        self.is_checked: bool = False
        self._tree = self._compile(msgspec.to_builtins(self.message), ())
        self._json = None if self.is_checked else self._as_json()

    def _compile(self, node: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a tree of JSON values
        if isinstance(node, dict):
            return {name: self._compile(value, (*path, name)) for name, value in node.items()}
        if isinstance(node, list | tuple):
            return [self._compile(value, path) for value in node]
        if isinstance(node, str) and "$" in node:
            text = _Text(node)
            if not text.is_valid():
                raise UsageError(
                    "the template has a $ that does not start a placeholder; write $$ for a dollar sign"
                    + (f", ${{{name[1]}}} for a column" if (name := _BARE_NAME.search(node)) else ""),
                    field="message",
                )
            self.uses.update(
                match["named"] or match["braced"] for match in text.pattern.finditer(node) if not match["escaped"]
            )
            self.is_checked |= path[:2] not in _UNCHECKED
            return text
        return node

    def render(self, values: Mapping[str, object]) -> Message:
        """Return the message with the values in place.

        Raises:
            UsageError: a value is missing, or the result is not a valid message.
        """
        problem = ""
        try:
            # Elements stay as they are: a known kind may have an unknown field.
            message = msgspec.convert(_fill(self._tree, values), StoredMessage, dec_hook=read_custom_strictly)
        except KeyError as error:
            problem = f"the template needs the column {error.args[0]!r}, which the row does not have"
        except (msgspec.ValidationError, ValueError) as error:
            problem = f"with the row's values the template is not a valid message: {error}"
        else:
            return message
        raise UsageError(problem, field="message")

    def render_stored(self, values: Mapping[str, object]) -> str:
        """Return the stored form of the message with the values in place.

        Raises:
            UsageError: a value is missing, or the result is not a valid message.
        """
        if self._json is not None:
            with suppress(KeyError, UnicodeError):  # the error is explained below
                return self._json.fill(values)
        return stored_form(self.render(values))

    def _as_json(self) -> JsonTemplate | None:
        try:
            return JsonTemplate(self.uses, lambda values: stored_form(self.render(values)))
        except UsageError:
            return None  # it makes no valid message: every recipient fails with the reason


def _fill(node: Any, values: Mapping[str, object]) -> Any:  # noqa: ANN401 - a tree of JSON values
    if isinstance(node, _Text):
        return node.substitute(values)
    if isinstance(node, dict):
        return {name: _fill(value, values) for name, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, values) for value in node]
    return node


def fills(value: object) -> bool:
    """Return whether a column's value can be part of a text.

    A value without a text form counts as missing: no recipient wants to read "None".
    """
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _values(recipient: Recipient) -> dict[str, object]:
    """Return the columns as a template uses them."""
    return {"account": recipient.account, **{name: value for name, value in recipient.columns.items() if fills(value)}}


MESSAGE_TIMEOUT_S: Final = 30.0
"""Seconds that an async function may take for one message, by default."""

MessageGiven: TypeAlias = Content | Template | string.Template | MakeMessage


class MessageSource:
    """Makes the messages of a campaign.

    Args:
        message: the message, or what makes it.
        version: identifies a function's messages; None uses its code.
        timeout_s: seconds that an async function may take for one message.

    Attributes:
        kind: fixed, template or function.
        stored: the message or the template as JSON; None for a function.
        fingerprint: identifies this message.
        fixed: the message that all recipients get; None if they differ.
        uses: how often a template uses each column.
        is_checked: whether the result may be refused for more than its size.
    """

    def __init__(
        self, message: MessageGiven, *, version: str | None = None, timeout_s: float = MESSAGE_TIMEOUT_S
    ) -> None:
        self.kind: Literal["fixed", "template", "function"]
        self.stored: str | None
        self.uses: Mapping[str, int] = {}
        self.is_checked: bool = False
        self.fixed: Message | None = None
        self._template: Template | None = None
        self._make: MakeMessage | None = None
        self._timeout_s = timeout_s
        if isinstance(message, Template | string.Template):
            template = message if isinstance(message, Template) else Template(message)
            self.uses = template.uses
            self.is_checked = template.is_checked
            if template.uses:
                self._template = template
            else:
                self.fixed = template.render({})
        elif callable(message) and not isinstance(message, Element):
            self._make = message
        else:
            self.fixed = as_message(message)
        if self.fixed is not None:
            self.kind = "fixed"
            self.stored = stored_form(self.fixed)
        elif self._template is not None:
            self.kind = "template"
            self.stored = encode(self._template.message).decode()
        else:
            self.kind = "function"
            self.stored = None
        if self.stored is not None:
            if version is not None:
                raise UsageError(
                    "message_version is for a function; a text is compared directly",
                    field="message_version",
                )
            own = self.stored
        else:
            own = f"version {version}" if version is not None else of_function(self._make)
        self.fingerprint: str = blake2b(f"{self.kind} {own}".encode(), digest_size=16).hexdigest()

    def check_size(self, limit: int) -> None:
        """Raise `BodyTooLargeError` if the message that all recipients get exceeds the limit."""
        if self.fixed is not None and self.stored is not None:
            PreparedMessage(self.stored).check_size(limit)

    def render(self, recipient: Recipient) -> str:
        """Return the stored form of the message that a template makes for a recipient.

        Raises:
            UsageError: the row lacks a column, or the message is not valid with its values.
        """
        assert self._template is not None  # noqa: S101 - only what is made of a template is rendered
        return self._template.render_stored(_values(recipient))

    async def make(self, recipient: Recipient) -> str:
        """Return the stored form of the message to a recipient.

        Raises:
            UsageError: it could not be made for this recipient.
        """
        if self.fixed is not None and self.stored is not None:
            return self.stored
        if self._template is not None:
            return self.render(recipient)
        assert self._make is not None  # noqa: S101 - one of the three it is
        problem, limit = "", asyncio.timeout(self._timeout_s)
        try:
            content = self._make(recipient)
            if inspect.isawaitable(content):
                async with limit:
                    content = await content
            return stored_form(as_message(content))
        except TimError as error:
            problem = error.message
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            problem = "the function was cancelled from inside"
        except Exception as error:  # noqa: BLE001 - the caller's function, and only this recipient fails
            is_late = isinstance(error, TimeoutError) and limit.expired()
            problem = f"raised {type(error).__name__}: {error}"
            problem = f"the function {f'took longer than {self._timeout_s:g} s' if is_late else problem}"
        raise UsageError(storable(problem), field="message")


def from_stored(kind: str, stored: str | None) -> MessageSource | None:
    """Return the source of the message in the ledger; None for a function, which is not stored."""
    if stored is None or kind == "function":
        return None
    message = read_stored(stored)
    return MessageSource(Template(message) if kind == "template" else message)


class Renderer:
    """Makes the messages of chunks.

    Args:
        messages: makes a message.
        limit: the most bytes of a request; None leaves the check to the caller.
        at_a_time: how many messages a function makes concurrently.
        halted: set when the run is to end; None if nothing ends it.
    """

    def __init__(
        self, messages: MessageSource, limit: int | None, at_a_time: int, halted: asyncio.Event | None = None
    ) -> None:
        self._messages = messages
        self._limit = limit
        self._turns = asyncio.Semaphore(at_a_time)
        self._halted = halted or asyncio.Event()

    async def render(self, recipients: Sequence[RecipientRow]) -> list[str | UsageError] | None:
        """Return the stored form of each message, or why there is none; None if the run must end."""
        if self._messages.kind != "function" or not recipients:
            return [await self._make(recipient) for recipient in recipients]
        tasks = [asyncio.create_task(self._in_turn(recipient), name="tim_async: message") for recipient in recipients]
        all_made = asyncio.create_task(asyncio.wait(tasks), name="tim_async: messages")
        halted = asyncio.create_task(self._halted.wait(), name="tim_async: messages")
        try:
            await asyncio.wait({all_made, halted}, return_when=asyncio.FIRST_COMPLETED)
            return [task.result() for task in tasks] if all_made.done() else None
        finally:
            left = [task for task in (all_made, halted, *tasks) if not task.done()]
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=_CANCEL_TIMEOUT_S)

    async def _in_turn(self, recipient: RecipientRow) -> str | UsageError:
        async with self._turns:
            return await self._make(recipient)

    async def _make(self, recipient: RecipientRow) -> str | UsageError:
        try:
            stored = await self._messages.make(recipient_of(recipient))
            if self._limit is not None and size_to_one(stored) > self._limit:
                PreparedMessage(stored).check_size(self._limit)
        except UsageError as error:
            return error
        return stored


def recipient_of(recipient: RecipientRow) -> Recipient:
    """Return a recipient as passed to a function."""
    columns = {} if recipient.columns is None else msgspec.json.decode(recipient.columns, type=dict[str, object])
    return Recipient(account=recipient.account, columns=columns)
