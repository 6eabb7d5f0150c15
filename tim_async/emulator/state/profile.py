"""Profiles. Nickname and avatar are those of the account, as importing sets them; the rest is kept here.

What no document says
    - The value of a field that was never set. Here: it is left out of answers, and friendship needs no consent.
    - Which custom fields exist, since they are defined in the console. Here: every tag of `Tag_Profile_Custom_` and a
      keyword of 1 to 8 letters.
"""

from __future__ import annotations

import re
from typing import Final

from ...models.tags import ProfileTag
from .core import Part, State

_OWN_TAG: Final = re.compile(r"Tag_Profile_Custom_[A-Za-z]{1,8}")
_TAGS: Final = frozenset(ProfileTag)


def is_profile_tag(tag: str) -> bool:
    """Return whether a field with this tag exists."""
    return tag in _TAGS or _OWN_TAG.fullmatch(tag) is not None


class ProfileState(Part):
    """The profiles of the accounts."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._values: dict[str, dict[str, str | int]] = {}
        self._changes: dict[str, int] = {}

    def set(self, user_id: str, tag: str, value: str | int) -> None:
        """Set a field of an account's profile."""
        account = self.state.accounts[user_id]
        self._changes[user_id] = self._changes.get(user_id, 0) + 1
        if tag == ProfileTag.NICK:
            account.nick = str(value)
        elif tag == ProfileTag.IMAGE:
            account.face_url = str(value)
        else:
            self._values.setdefault(user_id, {})[str(tag)] = value

    def get(self, user_id: str, tag: str) -> str | int | None:
        """Return a field of an account's profile, None when it was never set."""
        if tag == ProfileTag.NICK:
            return self.state.accounts[user_id].nick
        if tag == ProfileTag.IMAGE:
            return self.state.accounts[user_id].face_url
        return self._values.get(user_id, {}).get(tag)

    def values(self, user_id: str) -> dict[str, str | int]:
        """Return the fields of an account's profile that were set, by tag."""
        named = ((tag, self.get(user_id, tag)) for tag in (ProfileTag.NICK, ProfileTag.IMAGE))
        return {**{str(tag): value for tag, value in named if value is not None}, **self._values.get(user_id, {})}

    def changes(self, user_id: str) -> int:
        """Return how often fields of a profile were set."""
        return self._changes.get(user_id, 0)

    def forget_account(self, user_id: str) -> None:
        """Forget the profile of a deleted account."""
        self._values.pop(user_id, None)
        self._changes.pop(user_id, None)
