"""Profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.profile import MAX_BATCH, GetProfiles, ProfileItem, Profiles, SetProfile
from ._chunks import Chunked, Items, in_chunks


class Profile(Family, name="profile"):
    """Profiles.

    Nickname, avatar, who may add the user as a friend, and the app's own fields.
    """

    set: Final = Endpoint("profile/portrait_set", SetProfile, Empty, doc="I34916", repeat="always")
    """Set fields of one account's profile."""
    get: Final = Endpoint("profile/portrait_get", GetProfiles, Profiles, doc="I34917", repeat="always")
    """Read fields of the profiles of 1 to 100 accounts."""

    async def set_values(self, account: str, values: Mapping[str, str | int]) -> Empty:
        """Set fields of one account's profile: `set` with a mapping.

            await client.profile.set_values("bob", {ProfileTag.NICK: "Bob", "Tag_Profile_Custom_Level": 7})

        Args:
            account: the account whose profile it is.
            values: maps tags to values, at least 1.
        """
        items = [ProfileItem(tag=tag, value=value) for tag, value in values.items()]
        return await self.set(from_account=account, profile_item=items)

    async def get_all(self, accounts: Items[str], tags: Sequence[str]) -> Chunked[str, Profiles]:
        """Read fields of the profiles of any number of accounts, 100 per call: `get` in chunks.

        Args:
            accounts: user ids; consumed lazily.
            tags: the fields to read, at least 1.
        """
        return await in_chunks("accounts", accounts, MAX_BATCH, lambda chunk: self.get(to_account=chunk, tag_list=tags))
