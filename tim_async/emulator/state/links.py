"""Links from one account to another, found from both ends: friends, blocked accounts, follows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_NONE: Final[Mapping[str, None]] = MappingProxyType({})


class Links(Generic[T]):
    """What is known of pairs of accounts, in the order in which it became known; from A to B is not from B to A."""

    __slots__ = ("_from", "_to")

    def __init__(self) -> None:
        self._from: dict[str, dict[str, T]] = {}
        self._to: dict[str, dict[str, None]] = {}

    def add(self, source: str, target: str, value: T) -> None:
        """Make a link, or replace what is known of it."""
        self._from.setdefault(source, {})[target] = value
        self._to.setdefault(target, {})[source] = None

    def remove(self, source: str, target: str) -> bool:
        """Take a link away; return whether there was one."""
        if target not in self._from.get(source, ()):
            return False
        del self._from[source][target]
        del self._to[target][source]
        return True

    def get(self, source: str, target: str) -> T | None:
        """Return what is known of a link, None when there is none."""
        return self._from.get(source, {}).get(target)

    def has(self, source: str, target: str) -> bool:
        """Tell whether there is a link."""
        return target in self._from.get(source, ())

    def of(self, source: str) -> Mapping[str, T]:
        """Return the links from an account, by the other end."""
        return MappingProxyType(self._from.get(source, {}))

    def to(self, target: str) -> Mapping[str, None]:
        """Return the accounts that have a link to this one, in the order in which they got it."""
        return MappingProxyType(self._to[target]) if target in self._to else _NONE

    def forget(self, user_id: str) -> None:
        """Take away the links from and to an account."""
        for target in list(self.of(user_id)):
            self.remove(user_id, target)
        for source in list(self.to(user_id)):
            self.remove(source, user_id)
        self._from.pop(user_id, None)
        self._to.pop(user_id, None)
