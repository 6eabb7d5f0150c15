"""The base of the generated classes for code without an event loop, and their stream.

A family's calls and helpers run in an event loop in another thread, which the client provides. This module only
forwards to them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, ParamSpec, Protocol, Self, TypeVar

from .._api.calling import put_calls
from .._api.endpoint import Endpoint, Family
from .._api.wire import Request
from ._streaming import AnswerT, MessageStream

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
FamilyT = TypeVar("FamilyT", bound=Family)


class BlockingCaller(Protocol):
    """The client that a blocking family needs."""

    def call(self, endpoint: Endpoint[..., R], request: Request) -> R:
        """Send a prepared request and wait for the result."""
        ...

    def wait(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in the client's loop and wait for its result."""
        ...

    def walk(self, function: Callable[P, AsyncIterator[R]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        """Return a plain iterator over the items that a function yields in the client's loop."""
        ...

    def feed(self, items: Iterable[T]) -> AsyncIterator[T]:
        """Wrap a caller's iterable for the client's loop, so that reading it blocks no call."""
        ...


class BlockingFamily(Generic[FamilyT]):
    """Base class of the blocking families; subclasses are generated from a table.

    Attributes:
        client: makes the calls.
        family: the asynchronous family, which has the helpers.
    """

    def __init_subclass__(cls, *, table: type[Family]) -> None:
        put_calls(cls, table.endpoints)

    def __init__(self, client: BlockingCaller, family: FamilyT) -> None:
        self.client = client
        self.family = family


class BlockingStream(Generic[AnswerT]):
    """A streamed message; created by `client.c2c.stream` or `client.group_msg.stream`, and used with `with`.

    See `MessageStream` for error handling.
    """

    def __init__(self, client: BlockingCaller, stream: MessageStream[AnswerT]) -> None:
        self._client = client
        self._stream = stream

    def __repr__(self) -> str:
        return repr(self._stream)

    @property
    def result(self) -> AnswerT | None:
        """The answer to the first call, None before it: `stream_msg_id`, and the message's key or number."""
        return self._stream.result

    @property
    def text(self) -> str:
        """The text that the service has accepted so far, in the end the whole text."""
        return self._stream.text

    @property
    def is_ended(self) -> bool:
        """Whether the service accepted the end."""
        return self._stream.is_ended

    def __enter__(self) -> Self:
        self._client.wait(self._stream.__aenter__)
        return self

    def write(self, text: str) -> None:
        """Add text. It is sent at the stream's pace, together with other text written until then.

        The first text is sent immediately, and its answer awaited.

        Raises:
            BodyTooLargeError: the message would reach 128 KB; nothing was added, and the stream continues.
            UsageError: the argument is not text, or the stream was not entered or was left.
            TimError: a call failed; the stream accepts nothing more, and leaving the block ends it.
        """
        self._client.wait(self._stream.write, text)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.wait(self._stream.__aexit__, exc_type, exc, traceback)
