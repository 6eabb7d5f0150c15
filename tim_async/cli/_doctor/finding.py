"""One finding of the doctor."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["right", "doubtful", "wrong", "unknown"]


class Finding(NamedTuple):
    """One finding.

    Attributes:
        about: what was examined.
        state: `right`; `doubtful`, which works but may be unintended; `wrong`; `unknown` if an earlier problem prevents
            the check.
        text: what was found.
        advice: what to change, "" for nothing.
    """

    about: str
    state: State
    text: str
    advice: str = ""


def right(about: str, text: str) -> Finding:
    """Return a finding that something is right."""
    return Finding(about, "right", text)


def doubtful(about: str, text: str, advice: str) -> Finding:
    """Return a finding that something works but may be unintended."""
    return Finding(about, "doubtful", text, advice)


def wrong(about: str, text: str, advice: str) -> Finding:
    """Return a finding that something must be changed."""
    return Finding(about, "wrong", text, advice)


def unknown(about: str, text: str) -> Finding:
    """Return a finding that something could not be checked."""
    return Finding(about, "unknown", text)
