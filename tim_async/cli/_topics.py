"""The pages that explain errors: a class of error each, found by its topic, with what to do about it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .. import errors
from ..errors import TimError

NEXT_STEPS: Final[Mapping[str, str]] = {
    "error": "read the message: it says what is wrong; the narrower topics say more",
    "usage": "change the call, the option or the setting that the message names; nothing was sent",
    "body-too-large": "shorten the largest field, or send the content as a file or in several messages",
    "user-sig": "make a new UserSig with the app's own key; `tim-async user-sig --verify` shows what is in one",
    "limiter-setup": "check the limiter's address and credentials, and that its clients share one event loop and app",
    "wait-too-long": "allow a later deadline, send less at a time, or raise the limit",
    "transport": "check the network and the address; look at the history before a message is sent again",
    "connect": "check the address, the network and that something listens there; nothing was sent",
    "breaker-open": "answer your own callers that the service is away; one call every few seconds looks by itself",
    "connection-lost": "look at the history before you send again, or repeat the same request within 120 s",
    "reply-timeout": "look at the history before you send again, or repeat the same request within 120 s",
    "reply-decode": "check that the base URL is the service's address, and look for a proxy in between",
    "archive": "fetch it again with a new address from `client.operation.get_history`; each is good for some time only",
    "ledger": "check the ledger's path or URL, its permissions and who has it locked; then run again",
    "limiter-unavailable": "bring Redis back, or allow the workers to go on without it with --fallback-processes",
    "cluster": "check the broker's URL and that it runs; what was submitted is in the ledger",
    "partial-failure": "look at `failed`: each item has a code, which `tim-async explain CODE` explains",
    "webhook": "read the message: it says why the webhook was refused; the narrower topics say more",
    "webhook-signature": "set the token that the console has, on both sides; anything else may come from an attacker",
    "webhook-stale": "set the clock of this machine; a request that was repeated on purpose is rightly refused",
    "webhook-wrong-app": "give the receiver the app's own SdkAppid, or point the other app's webhook elsewhere",
    "webhook-method": "send webhooks with POST; browsers and health checks use GET",
    "event-too-large": "raise the receiver's limit if the sender is the service; otherwise it is rightly refused",
    "event-timeout": "check the network and proxies between the service and this receiver",
    "event-decode": "compare the body with the document of its command; report it if the service sent it",
    "handler-answer": "return what the event takes, see the event's docstring; the default answer was given instead",
    "handler-timeout": "answer first and do slow work afterwards; the service does not wait longer",
    "event-lost": "make handlers faster or allow more of them at a time; the service may send the event again",
    "api": "look up the code: `tim-async explain CODE`",
    "invalid-request": "change the request before sending it again; `tim-async explain CODE` says what is wrong",
    "auth": "check the credentials, the admin's rights and the app's settings in the console",
    "rate-limited": "slow down, or raise the limit in the console and in rate_limits",
    "service-busy": "try again later; what is transient is retried by itself",
}
"""What to do, by topic."""


class ErrorPage(NamedTuple):
    """What is known of a class of error.

    Attributes:
        topic: its short stable name.
        name: the class.
        meaning: what its docstring says.
        attributes: its own attributes, each with what it holds.
        broader: the topic of the class it derives from, None for the root.
        narrower: the topics of the classes that derive from it.
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
