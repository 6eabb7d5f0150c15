"""Secrets that do not show: a string and bytes whose `repr` hides what they hold."""

from __future__ import annotations


class Hidden(str):
    """Text that does not show itself: secret keys, UserSigs and URLs that hold one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


class HiddenBytes(bytes):
    """The same for bytes: a key as it is handed to the signing functions."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"
