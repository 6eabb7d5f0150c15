"""The families of a client without a loop, each imported when it is first used.

Made by `python -m tests.calls`; a test keeps it current.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ...families._blocking import BlockingCaller

if TYPE_CHECKING:
    from ..families import Families
    from .account import BlockingAccountCalls
    from .all_member_push import BlockingAllMemberPushCalls
    from .c2c import BlockingC2CCalls
    from .community import BlockingCommunityCalls
    from .follow import BlockingFollowCalls
    from .group import BlockingGroupCalls
    from .group_attr import BlockingGroupAttributesCalls
    from .group_member import BlockingGroupMemberCalls
    from .group_msg import BlockingGroupMessagesCalls
    from .live_group import BlockingLiveGroupCalls
    from .moderation import BlockingModerationCalls
    from .official_account import BlockingOfficialAccountCalls
    from .operation import BlockingOperationCalls
    from .profile import BlockingProfileCalls
    from .push import BlockingPushCalls
    from .recent_contact import BlockingRecentContactCalls
    from .robot import BlockingRobotCalls
    from .sns import BlockingSnsCalls


class BlockingFamilies(BlockingCaller):
    """The families as attributes of a client without a loop.

    Attributes:
        families: the families with a loop, of the client that makes the calls.
    """

    families: Families

    @cached_property
    def account(self) -> BlockingAccountCalls:
        """Accounts and their login state."""
        from .account import BlockingAccountCalls

        return BlockingAccountCalls(self, self.families.account)

    @cached_property
    def all_member_push(self) -> BlockingAllMemberPushCalls:
        """Pushes to all users, and the attributes and tags that pick an audience."""
        from .all_member_push import BlockingAllMemberPushCalls

        return BlockingAllMemberPushCalls(self, self.families.all_member_push)

    @cached_property
    def c2c(self) -> BlockingC2CCalls:
        """One-to-one messages."""
        from .c2c import BlockingC2CCalls

        return BlockingC2CCalls(self, self.families.c2c)

    @cached_property
    def community(self) -> BlockingCommunityCalls:
        """Communities: topics and permission groups."""
        from .community import BlockingCommunityCalls

        return BlockingCommunityCalls(self, self.families.community)

    @cached_property
    def follow(self) -> BlockingFollowCalls:
        """Follows: who follows whom."""
        from .follow import BlockingFollowCalls

        return BlockingFollowCalls(self, self.families.follow)

    @cached_property
    def group(self) -> BlockingGroupCalls:
        """Groups: their life cycle and their profiles."""
        from .group import BlockingGroupCalls

        return BlockingGroupCalls(self, self.families.group)

    @cached_property
    def group_attr(self) -> BlockingGroupAttributesCalls:
        """Attributes and counters of groups."""
        from .group_attr import BlockingGroupAttributesCalls

        return BlockingGroupAttributesCalls(self, self.families.group_attr)

    @cached_property
    def group_member(self) -> BlockingGroupMemberCalls:
        """Group members: joining and leaving, roles, mutes, bans."""
        from .group_member import BlockingGroupMemberCalls

        return BlockingGroupMemberCalls(self, self.families.group_member)

    @cached_property
    def group_msg(self) -> BlockingGroupMessagesCalls:
        """Group messages, their history and receipts."""
        from .group_msg import BlockingGroupMessagesCalls

        return BlockingGroupMessagesCalls(self, self.families.group_msg)

    @cached_property
    def live_group(self) -> BlockingLiveGroupCalls:
        """Live groups (AVChatRoom): who is online, marks, robots, admins."""
        from .live_group import BlockingLiveGroupCalls

        return BlockingLiveGroupCalls(self, self.families.live_group)

    @cached_property
    def moderation(self) -> BlockingModerationCalls:
        """Moderation of content, its word lists, the app-wide mute, and the retired filter words."""
        from .moderation import BlockingModerationCalls

        return BlockingModerationCalls(self, self.families.moderation)

    @cached_property
    def official_account(self) -> BlockingOfficialAccountCalls:
        """Official accounts, their subscribers and messages."""
        from .official_account import BlockingOfficialAccountCalls

        return BlockingOfficialAccountCalls(self, self.families.official_account)

    @cached_property
    def operation(self) -> BlockingOperationCalls:
        """Statistics, message archives, the service's IP addresses, and chat files."""
        from .operation import BlockingOperationCalls

        return BlockingOperationCalls(self, self.families.operation)

    @cached_property
    def profile(self) -> BlockingProfileCalls:
        """Profiles."""
        from .profile import BlockingProfileCalls

        return BlockingProfileCalls(self, self.families.profile)

    @cached_property
    def push(self) -> BlockingPushCalls:
        """Pushes of the push service, with the attributes and tags that select an audience."""
        from .push import BlockingPushCalls

        return BlockingPushCalls(self, self.families.push)

    @cached_property
    def recent_contact(self) -> BlockingRecentContactCalls:
        """Conversation lists, conversation groups and marks."""
        from .recent_contact import BlockingRecentContactCalls

        return BlockingRecentContactCalls(self, self.families.recent_contact)

    @cached_property
    def robot(self) -> BlockingRobotCalls:
        """Chatbots: accounts that answer, and their streamed answers."""
        from .robot import BlockingRobotCalls

        return BlockingRobotCalls(self, self.families.robot)

    @cached_property
    def sns(self) -> BlockingSnsCalls:
        """Friends, block list and friend lists."""
        from .sns import BlockingSnsCalls

        return BlockingSnsCalls(self, self.families.sns)
