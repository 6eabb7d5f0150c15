"""Profiles.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence

from ..families.profile import Profile
from ..models.common import Empty
from ..models.profile import ProfileItem, Profiles


class ProfileCalls(Profile):
    """Profiles."""

    async def set(
        self,
        *,
        from_account: str,
        profile_item: Sequence[ProfileItem],
    ) -> Empty:
        """Set fields of one account's profile.

        Set profile fields of one user, 设置资料: `profile/portrait_set`.

        Args:
            from_account: the account whose profile it is; at most 32 bytes.
            profile_item: the fields, at least 1.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            40001: Request parameters are wrong.
            40003: The account is not imported.
            40004: Admin rights needed.
            40008: No write permission on the field.
            40009: The field's tag does not exist.
            40601: A value is over 500 bytes.
            40605: A standard field has a value outside its set.
            40610: A value has the wrong type.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34916
        Page: https://cloud.tencent.com/document/product/269/1640
        """

    async def get(
        self,
        *,
        to_account: Sequence[str],
        tag_list: Sequence[str],
    ) -> Profiles:
        """Read fields of the profiles of 1 to 100 accounts.

        Read profile fields of users, 拉取资料: `profile/portrait_get`.

        Args:
            to_account: the accounts, 1 to 100; at most 32 bytes each.
            tag_list: the fields to read, at least 1: members of `ProfileTag`, or the app's own.

        Returns:
            Profiles: profiles account by account.
                user_profile_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            40001: Request parameters are wrong.
            40002: No account given to read the profile of.
            40003: The account is not imported.
            40004: Admin rights needed.
            40007: No read permission on the field.
            40009: The field's tag does not exist.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34917
        Page: https://cloud.tencent.com/document/product/269/1639
        """
