"""The pages that explain errors: one for each class of error, found by its topic, with what to do about it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .. import errors
from ..errors import TimError

NEXT_STEPS: Final[Mapping[str, str]] = {
    "error": "read the message, which says what is wrong; the narrower topics say more",
    "usage": "change the call, the option or the setting that the message names; nothing was sent",
    "body-too-large": "shorten the largest field, or send the content as a file or in several messages",
    "user-sig": "create a new UserSig with the app's own key; `tim-async user-sig --verify` shows the contents of one",
    "limiter-setup": "check the limiter's address and credentials, and that its clients share one event loop and app",
    "wait-too-long": "allow a later deadline, send less at once, or raise the limit",
    "transport": "check the network and the address; check the history before you send a message again",
    "connect": "check the address, the network and that a server is listening there; nothing was sent",
    "breaker-open": "answer your own callers that the service is unavailable; a call every few seconds probes it",
    "connection-lost": "check the history before you send again, or repeat the same request within 120 s",
    "reply-timeout": "check the history before you send again, or repeat the same request within 120 s",
    "reply-decode": "check that the base URL is the service's address, and that no proxy is in between",
    "archive": "fetch it again with a new address from `client.operation.get_history`; addresses expire",
    "ledger": "check the ledger's path or URL, its permissions and which process has locked it; then run again",
    "limiter-unavailable": "restore Redis, or allow the workers to continue without it by --fallback-processes",
    "cluster": "check the broker's URL and that it is running; what was submitted is in the ledger",
    "partial-failure": "look at `failed`: each item has a code, which `tim-async explain CODE` explains",
    "webhook": "read the message, which says why the webhook was refused; the narrower topics say more",
    "webhook-signature": "set the token from the console on both sides; other requests may come from an attacker",
    "webhook-stale": "set the clock of this machine; a request that was replayed deliberately is rightly refused",
    "webhook-wrong-app": "give the receiver the app's own SdkAppid, or point the other app's webhook elsewhere",
    "webhook-method": "send webhooks with POST; browsers and health checks use GET",
    "event-too-large": "raise the receiver's limit if the sender is the service; otherwise it is rightly refused",
    "event-timeout": "check the network and proxies between the service and this receiver",
    "event-decode": "compare the body with the document of its command; report a bug if the service sent it",
    "handler-answer": "return an answer that the event accepts, see its docstring; the default answer was sent instead",
    "handler-timeout": "answer first and do slow work afterwards; the service does not wait longer",
    "event-lost": "make handlers faster or run more of them concurrently; the service may send the event again",
    "api": "look up the code: `tim-async explain CODE`",
    "invalid-request": "change the request before sending it again; `tim-async explain CODE` says what is wrong",
    "auth": "check the credentials, the admin's rights and the app's settings in the console",
    "rate-limited": "slow down, or raise the limit in the console and in rate_limits",
    "service-busy": "try again later; transient errors are retried automatically",
}
"""What to do, by topic."""


class ErrorPage(NamedTuple):
    """The page of a class of errors.

    Attributes:
        topic: its short stable name.
        name: the class.
        meaning: the text of its docstring.
        attributes: its own attributes, each with its meaning.
        broader: the topic of its base class, None for the root.
        narrower: the topics of its subclasses.
    """

    topic: str
    name: str
    meaning: str
    attributes: tuple[tuple[str, str], ...]
    broader: str | None
    narrower: tuple[str, ...]


def pages() -> Iterator[ErrorPage]:
    """Yield the page of every class, in the order of the tree."""
    for each in vars(errors).values():
        if inspect.isclass(each) and issubclass(each, TimError):
            yield _page(each)


def page(topic: str) -> ErrorPage | None:
    """Return the page of a topic."""
    return next((each for each in pages() if each.topic == topic), None)


def _page(kind: type[TimError]) -> ErrorPage:
    text, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    (base,) = kind.__bases__
    return ErrorPage(
        topic=kind.topic,
        name=kind.__name__,
        meaning=" ".join(text.split()),
        attributes=tuple((name, " ".join(note.split())) for name, note in found),
        broader=base.topic if issubclass(base, TimError) else None,
        narrower=tuple(each.topic for each in kind.__subclasses__() if each.__module__ == kind.__module__),
    )
