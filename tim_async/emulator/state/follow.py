"""Who follows whom.

What no document says
    - The order of follows in answers. Here: oldest first.
    - How a second follow, or an unfollow without a follow, is answered. Here: with success; the first follow keeps its
      time.
    - Which time mutual follows have. Here: when the requesting account began to follow.
    - Which profile fields are returned. Here: nickname and avatar.
    - Whether a block list matters. Here: no.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from ...models.follow import FOLLOWERS, FOLLOWINGS
from .core import Part, State
from .links import Links


class FollowLink(msgspec.Struct, frozen=True):
    """A follow.

    Attributes:
        number: its place in the order of all follows.
        since: unix seconds.
    """

    number: int
    since: int


class FollowState(Part):
    """The follows of all accounts."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._follows: Links[FollowLink] = Links()
        self._numbers = itertools.count(1)

    def follow(self, user_id: str, other: str, now: float) -> bool:
        """Make an account follow another; return whether it did not before."""
        if self._follows.has(user_id, other):
            return False
        self._follows.add(user_id, other, FollowLink(next(self._numbers), int(now)))
        return True

    def unfollow(self, user_id: str, other: str) -> bool:
        """Make an account unfollow another; return whether it followed it."""
        return bool(self._follows.remove(user_id, other))

    def followers(self, user_id: str) -> Iterator[tuple[str, FollowLink]]:
        """Yield the accounts that follow an account."""
        for other in self._follows.to(user_id):
            link = self._follows.get(other, user_id)
            if link is not None:
                yield other, link

    def followings(self, user_id: str) -> Iterator[tuple[str, FollowLink]]:
        """Yield the accounts that an account follows."""
        yield from self._follows.of(user_id).items()

    def mutual(self, user_id: str) -> Iterator[tuple[str, FollowLink]]:
        """Yield the accounts that an account follows and that follow it."""
        return ((other, link) for other, link in self.followings(user_id) if self._follows.has(other, user_id))

    def relation(self, user_id: str, other: str) -> int:
        """Return a FollowType: 0 none, 1 the other follows the account, 2 the account the other, 3 both."""
        return FOLLOWERS * self._follows.has(other, user_id) + FOLLOWINGS * self._follows.has(user_id, other)

    def forget_account(self, user_id: str) -> None:
        """Remove the follows from and to a deleted account."""
        self._follows.forget(user_id)
