"""Links from one account to another, found from both ends: friends, blocked accounts, follows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_NONE: Final[Mapping[str, None]] = MappingProxyType({})


class Links(Generic[T]):
    """Values for ordered pairs of accounts, in order of insertion; a link from A to B is not one from B to A."""

    __slots__ = ("_from", "_to")

    def __init__(self) -> None:
        self._from: dict[str, dict[str, T]] = {}
        self._to: dict[str, dict[str, None]] = {}

    def add(self, source: str, target: str, value: T) -> None:
        """Add a link, or replace its value."""
        self._from.setdefault(source, {})[target] = value
        self._to.setdefault(target, {})[source] = None

    def remove(self, source: str, target: str) -> bool:
        """Remove a link; return whether it existed."""
        if target not in self._from.get(source, ()):
            return False
        del self._from[source][target]
        del self._to[target][source]
        return True

    def get(self, source: str, target: str) -> T | None:
        """Return the value of a link, None when it does not exist."""
        return self._from.get(source, {}).get(target)

    def has(self, source: str, target: str) -> bool:
        """Return whether a link exists."""
        return target in self._from.get(source, ())

    def of(self, source: str) -> Mapping[str, T]:
        """Return the links from an account, by target."""
        return MappingProxyType(self._from.get(source, {}))

    def to(self, target: str) -> Mapping[str, None]:
        """Return the accounts that have a link to this one, oldest link first."""
        return MappingProxyType(self._to[target]) if target in self._to else _NONE

    def forget(self, user_id: str) -> None:
        """Remove the links from and to an account."""
        for target in list(self.of(user_id)):
            self.remove(user_id, target)
        for source in list(self.to(user_id)):
            self.remove(source, user_id)
        self._from.pop(user_id, None)
        self._to.pop(user_id, None)
