"""What was found out about one thing."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["right", "doubtful", "wrong", "unknown"]


class Finding(NamedTuple):
    """What was found out about one thing.

    Attributes:
        about: what was examined.
        state: `right`; `doubtful`, which works and may not be meant; `wrong`; `unknown`, where something else that is
            wrong stands before it.
        text: what was found.
        advice: what to change, "" for nothing.
    """

    about: str
    state: State
    text: str
    advice: str = ""


def right(about: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(about, "right", text)


def doubtful(about: str, text: str, advice: str) -> Finding:
    """Return that something works and may not be what is meant."""
    return Finding(about, "doubtful", text, advice)


def wrong(about: str, text: str, advice: str) -> Finding:
    """Return that something has to be changed."""
    return Finding(about, "wrong", text, advice)


def unknown(about: str, text: str) -> Finding:
    """Return that something could not be examined."""
    return Finding(about, "unknown", text)
