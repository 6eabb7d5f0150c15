"""The families as attributes of a client. A family is imported when it is first used.

Made by `python -m tests.calls`; a test keeps it current.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .._api.endpoint import Caller

if TYPE_CHECKING:
    from .account import AccountCalls
    from .all_member_push import AllMemberPushCalls
    from .c2c import C2CCalls
    from .community import CommunityCalls
    from .follow import FollowCalls
    from .group import GroupCalls
    from .group_attr import GroupAttributesCalls
    from .group_member import GroupMemberCalls
    from .group_msg import GroupMessagesCalls
    from .live_group import LiveGroupCalls
    from .moderation import ModerationCalls
    from .official_account import OfficialAccountCalls
    from .operation import OperationCalls
    from .profile import ProfileCalls
    from .push import PushCalls
    from .recent_contact import RecentContactCalls
    from .robot import RobotCalls
    from .sns import SnsCalls


class Families(Caller):
    """The families as attributes of a client."""

    @cached_property
    def account(self) -> AccountCalls:
        """Accounts and their login state."""
        from .account import AccountCalls

        return AccountCalls(self)

    @cached_property
    def all_member_push(self) -> AllMemberPushCalls:
        """Pushes to all users, and the attributes and tags that pick an audience."""
        from .all_member_push import AllMemberPushCalls

        return AllMemberPushCalls(self)

    @cached_property
    def c2c(self) -> C2CCalls:
        """One-to-one messages."""
        from .c2c import C2CCalls

        return C2CCalls(self)

    @cached_property
    def community(self) -> CommunityCalls:
        """Communities: topics and permission groups."""
        from .community import CommunityCalls

        return CommunityCalls(self)

    @cached_property
    def follow(self) -> FollowCalls:
        """Follows: who follows whom."""
        from .follow import FollowCalls

        return FollowCalls(self)

    @cached_property
    def group(self) -> GroupCalls:
        """Groups: their life cycle and their profiles."""
        from .group import GroupCalls

        return GroupCalls(self)

    @cached_property
    def group_attr(self) -> GroupAttributesCalls:
        """Attributes and counters of groups."""
        from .group_attr import GroupAttributesCalls

        return GroupAttributesCalls(self)

    @cached_property
    def group_member(self) -> GroupMemberCalls:
        """Group members: joining and leaving, roles, mutes, bans."""
        from .group_member import GroupMemberCalls

        return GroupMemberCalls(self)

    @cached_property
    def group_msg(self) -> GroupMessagesCalls:
        """Group messages, their history and receipts."""
        from .group_msg import GroupMessagesCalls

        return GroupMessagesCalls(self)

    @cached_property
    def live_group(self) -> LiveGroupCalls:
        """Live groups (AVChatRoom): who is online, marks, robots, admins."""
        from .live_group import LiveGroupCalls

        return LiveGroupCalls(self)

    @cached_property
    def moderation(self) -> ModerationCalls:
        """Moderation of content, its word lists, the app-wide mute, and the retired filter words."""
        from .moderation import ModerationCalls

        return ModerationCalls(self)

    @cached_property
    def official_account(self) -> OfficialAccountCalls:
        """Official accounts, their subscribers and messages."""
        from .official_account import OfficialAccountCalls

        return OfficialAccountCalls(self)

    @cached_property
    def operation(self) -> OperationCalls:
        """Statistics, message archives, the service's IP addresses, and chat files."""
        from .operation import OperationCalls

        return OperationCalls(self)

    @cached_property
    def profile(self) -> ProfileCalls:
        """Profiles."""
        from .profile import ProfileCalls

        return ProfileCalls(self)

    @cached_property
    def push(self) -> PushCalls:
        """Pushes of the push service, with the attributes and tags that select an audience."""
        from .push import PushCalls

        return PushCalls(self)

    @cached_property
    def recent_contact(self) -> RecentContactCalls:
        """Conversation lists, conversation groups and marks."""
        from .recent_contact import RecentContactCalls

        return RecentContactCalls(self)

    @cached_property
    def robot(self) -> RobotCalls:
        """Chatbots: accounts that answer, and their streamed answers."""
        from .robot import RobotCalls

        return RobotCalls(self)

    @cached_property
    def sns(self) -> SnsCalls:
        """Friends, block list and friend lists."""
        from .sns import SnsCalls

        return SnsCalls(self)
