"""The message of a campaign: the same for all, a template over the row's columns, or made by a function.

However it is made, what is sent is its stored form: the JSON that the ledger holds before the first attempt. A repeat
reads that again, so it sends the same bytes although the template or the function may have changed by then. Elements of
the stored form are `RawElem`: they were checked when it was made, and are sent as they are.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import string
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ..._api.wire import check_size, encode, read_custom_leniently, read_custom_strictly, request_validator, validate
from ...errors import TimError, UsageError
from ...models.c2c import BatchSendMsg, SendMsg
from ...models.elements import Element, RawElem, TextElem, check_body
from ...models.message import Outgoing
from .._ledger.records import storable
from .filling import JsonTemplate
from .fingerprints import of_function
from .identity import Identity

# What is added to a message when it goes to one: the longest account, MsgSeq and MsgRandom.
_FRAME: Final[dict[str, Any]] = {"to_account": "x" * 32, "msg_seq": 4_294_967_295, "msg_random": 4_294_967_295}
_FRAME_BYTES: Final = len(encode(SendMsg(**_FRAME, msg_body=()))) - len('{"MsgBody":[]}')
# A name such as $姓名, which needs braces: without them, nothing says where it ends.
_BARE_NAME: Final = re.compile(r"\$([^\W\d_A-Za-z]\w*)")


class Message(Outgoing, kw_only=True):
    """A message without its recipient: the fields of `SendMsg` that a campaign can have.

    Attributes:
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; absent is the admin.
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        online_only_flag: 1 not stored, only online recipients get it; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
        msg_seq: not to be given, it derives from campaign and recipient.
        msg_random: not to be given, as `msg_seq`.
        forbid_callback_control: webhooks to leave out; only for messages that go one by one.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        support_message_extension: 1 allows message extensions; only for messages that go one by one.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 asks for a read receipt; 0 is the default.
    """

    forbid_callback_control: Sequence[str] | None = None
    support_message_extension: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check what field types cannot express."""
        for name in ("msg_seq", "msg_random"):
            if getattr(self, name) is not None:
                raise UsageError(f"{name} derives from campaign and recipient; leave it out", field=name)
        super().check()

    @property
    def is_stored(self) -> bool:
        """Whether the service keeps it, so that it can be found in the history."""
        return self.online_only_flag != 1 and self.msg_life_time != 0

    @property
    def fits_a_batch(self) -> bool:
        """Whether openim/batchsendmsg has all of its fields."""
        return self.forbid_callback_control is None and self.support_message_extension is None


class _Stored(Message, kw_only=True):
    msg_body: Sequence[RawElem]


_read: Final = msgspec.json.Decoder(_Stored, dec_hook=read_custom_leniently).decode


class Recipient(msgspec.Struct, kw_only=True, frozen=True):
    """A recipient, as a function that makes messages gets it.

    Attributes:
        account: the account.
        columns: the row's other columns; text from CSV, any JSON value from JSON lines and mappings.
    """

    account: str
    columns: Mapping[str, Any]


Content: TypeAlias = str | Element | Sequence[Element] | Message
MakeMessage: TypeAlias = Callable[[Recipient], Content | Awaitable[Content]]


# Any text does here, as long as it is not too long.
_UNCHECKED: Final = {
    ("MsgBody", "MsgContent"),
    ("CloudCustomData",),
    ("OfflinePushInfo", "Title"),
    ("OfflinePushInfo", "Desc"),
}


class _Text(string.Template):
    """`$name` as usual; `${...}` takes any column's name, so that a column may be called `${姓名}`."""

    braceidpattern = r"[^${}]+"


class Template:
    """A message with `$name` or `${name}` for the row's column of that name, in any of its texts; `$$` is a dollar.

    `$account` is the recipient. A column that the row does not have fails that recipient only.

    Args:
        message: a text, or a message whose texts have the placeholders.

    Attributes:
        message: the message with its placeholders.
        uses: how often each column is used.
        is_checked: whether a placeholder stands where a value may be refused for more than its size.

    Raises:
        UsageError: a placeholder is malformed.
    """

    def __init__(self, message: str | string.Template | Message) -> None:
        text = message.template if isinstance(message, string.Template) else message
        self.message = as_message(text)
        check_body(self.message.msg_body)
        self.uses: Counter[str] = Counter()
        self.is_checked = False
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
                    "the template has a $ that does not begin a placeholder; write $$ for a dollar sign"
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
            # Elements stay as they are: a kind that is known may have a field that is not.
            message = msgspec.convert(_fill(self._tree, values), _Stored, dec_hook=read_custom_strictly)
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
            with suppress(KeyError, UnicodeError):  # what is wrong is explained below
                return self._json.fill(values)
        return _checked(self.render(values))

    def _as_json(self) -> JsonTemplate | None:
        try:
            return JsonTemplate(self.uses, lambda values: _checked(self.render(values)))
        except UsageError:
            return None  # it makes no valid message, and every recipient fails with the reason


def _fill(node: Any, values: Mapping[str, object]) -> Any:  # noqa: ANN401 - a tree of JSON values
    if isinstance(node, _Text):
        return node.substitute(values)
    if isinstance(node, dict):
        return {name: _fill(value, values) for name, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, values) for value in node]
    return node


def fills(value: object) -> bool:
    """Return whether a column's value can stand in a text.

    One without a form of its own there is as good as missing: no recipient wants to read "None".
    """
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _values(recipient: Recipient) -> dict[str, object]:
    """Return the columns as a template shows them."""
    return {"account": recipient.account, **{name: value for name, value in recipient.columns.items() if fills(value)}}


MESSAGE_TIMEOUT_S: Final = 30.0
"""Seconds that an async function may take for one message, unless another time is given."""

MessageGiven: TypeAlias = Content | Template | string.Template | MakeMessage


class MessageSource:
    """Makes the messages of a campaign.

    Args:
        message: the message, or what makes it.
        version: distinguishes a function's messages from others'; None goes by its code.
        timeout_s: seconds that an async function may take for one message.

    Attributes:
        kind: fixed, template or function.
        stored: the message or the template as JSON; None for a function.
        fingerprint: distinguishes this message from others.
        fixed: the message that all recipients get, None where they differ.
        uses: how often a template uses each column.
        is_checked: whether what it makes of them may be refused for more than its size.
    """

    def __init__(
        self, message: MessageGiven, *, version: str | None = None, timeout_s: float = MESSAGE_TIMEOUT_S
    ) -> None:
        self.kind: Literal["fixed", "template", "function"]
        self.stored: str | None
        self.uses: Mapping[str, int] = {}
        self.is_checked = False
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
            self.stored = _checked(self.fixed)
        elif self._template is not None:
            self.kind = "template"
            self.stored = encode(self._template.message).decode()
        else:
            self.kind = "function"
            self.stored = None
        if self.stored is not None:
            if version is not None:
                raise UsageError(
                    "message_version is for a function; a changed text is another message without it",
                    field="message_version",
                )
            own = self.stored
        else:
            own = f"version {version}" if version is not None else of_function(self._make)
        self.fingerprint = blake2b(f"{self.kind} {own}".encode(), digest_size=16).hexdigest()

    def check_size(self, limit: int) -> None:
        """Raise `BodyTooLargeError` when the message that all recipients get is over the limit."""
        if self.fixed is not None and self.stored is not None:
            PreparedMessage(self.stored).check_size(limit)

    def render(self, recipient: Recipient) -> str:
        """Return the stored form of what a template makes for a recipient.

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
            return _checked(as_message(content))
        except TimError as error:
            problem = error.message
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            problem = "the function was cancelled by something that it waited for"
        except Exception as error:  # noqa: BLE001 - the caller's function, and only this recipient fails
            is_late = isinstance(error, TimeoutError) and limit.expired()
            problem = f"raised {type(error).__name__}: {error}"
            problem = f"the function {f'took longer than {self._timeout_s:g} s' if is_late else problem}"
        raise UsageError(storable(problem), field="message")


def from_stored(kind: str, stored: str | None) -> MessageSource | None:
    """Return the source of the message that is in the ledger; None for a function, which is not."""
    if stored is None or kind == "function":
        return None
    message = _read(stored)
    return MessageSource(Template(message) if kind == "template" else message)


def as_message(content: object) -> Message:
    """Make a message of a text, an element, elements or a message."""
    if isinstance(content, Message):
        return content
    if isinstance(content, str):
        return Message(msg_body=[TextElem(text=content)])
    if isinstance(content, Element):
        return Message(msg_body=[content])
    if isinstance(content, list | tuple):
        return Message(msg_body=content)
    raise UsageError(
        f"a message is a text, an element, a list of elements, a Message, a Template or a function, "
        f"not {type(content).__name__}",
        field="message",
    )


_validate: Final = request_validator(Message)


def _checked(message: Message) -> str:
    message.check()
    validate(_validate, message)
    return encode(message).decode()


def size_to_one(stored: str) -> int:
    """Return the bytes of the request with a stored message to one recipient, whose account is as long as one can be.

    The request is the message with a few fields more, so it need not be made for that.
    """
    return _FRAME_BYTES + (len(stored) if stored.isascii() else len(stored.encode()))


class PreparedMessage:
    """A stored message, ready to be sent to any recipient.

    Attributes:
        message: the message.
    """

    __slots__ = ("_fields", "message")

    def __init__(self, stored: str) -> None:
        self.message: Message = _read(stored)
        self._fields: dict[str, Any] = {
            name: value for name in Message.__struct_fields__ if (value := getattr(self.message, name)) is not None
        }

    def to_one(self, account: str, identity: Identity) -> SendMsg:
        """Return the request to one recipient."""
        return SendMsg(**self._fields, to_account=account, msg_seq=identity.msg_seq, msg_random=identity.msg_random)

    def to_many(self, accounts: Sequence[str], identity: Identity) -> BatchSendMsg:
        """Return the request to many recipients."""
        return BatchSendMsg(
            **self._fields, to_account=accounts, msg_seq=identity.msg_seq, msg_random=identity.msg_random
        )

    def check_size(self, limit: int) -> None:
        """Raise `BodyTooLargeError` when the request to one recipient may be over the limit."""
        check_size(encode(SendMsg(**self._fields, **_FRAME)), limit)
