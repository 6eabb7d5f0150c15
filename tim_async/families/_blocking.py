"""What the generated classes for code without a loop are made of: their base, and a stream that is written in one.

The calls and helpers of a family run in the event loop of another thread; the client knows where that is. Here is only
what it is asked for.
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
    """What a family without a loop needs from a client."""

    def call(self, endpoint: Endpoint[..., R], request: Request) -> R:
        """Send a ready request, and wait for the result."""
        ...

    def wait(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in the client's loop, and wait for what it returns."""
        ...

    def walk(self, function: Callable[P, AsyncIterator[R]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        """Return a plain iterator over what a function yields in the client's loop."""
        ...

    def feed(self, items: Iterable[T]) -> AsyncIterator[T]:
        """Return what the client's loop reads in place of a caller's iterable, so that reading it blocks no call."""
        ...


class BlockingFamily(Generic[FamilyT]):
    """Base of the families without a loop; generated from a table.

    Attributes:
        client: makes the calls.
        family: the family with a loop, which has the helpers.
    """

    def __init_subclass__(cls, *, table: type[Family]) -> None:
        put_calls(cls, table.endpoints)

    def __init__(self, client: BlockingCaller, family: FamilyT) -> None:
        self.client = client
        self.family = family


class BlockingStream(Generic[AnswerT]):
    """A streamed message; made by `client.c2c.stream` or `client.group_msg.stream`, and used as `with`.

    `MessageStream` says what happens when something goes wrong.
    """

    def __init__(self, client: BlockingCaller, stream: MessageStream[AnswerT]) -> None:
        self._client = client
        self._stream = stream

    def __repr__(self) -> str:
        return repr(self._stream)

    @property
    def result(self) -> AnswerT | None:
        """The answer to the first call, None before it: `stream_msg_id`, and what names the message."""
        return self._stream.result

    @property
    def text(self) -> str:
        """What the service took so far, in the end the whole text."""
        return self._stream.text

    @property
    def is_ended(self) -> bool:
        """Whether the service took the end."""
        return self._stream.is_ended

    def __enter__(self) -> Self:
        self._client.wait(self._stream.__aenter__)
        return self

    def write(self, text: str) -> None:
        """Add text. It goes out at the stream's pace, together with what is written until then.

        The first text is sent at once, and its answer waited for.

        Raises:
            BodyTooLargeError: the message would have 128 KB or more; nothing was added, and the stream goes on.
            UsageError: the text is no text, or the stream is not entered or was left.
            TimError: a call failed; the stream takes nothing more, and leaving the block ends it.
        """
        self._client.wait(self._stream.write, text)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.wait(self._stream.__aexit__, exc_type, exc, traceback)
