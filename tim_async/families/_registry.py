"""The families: where each is found, how a client has them, and the registry of all endpoints.

A family's module is imported when the family is first used, so that `import tim_async` stays cheap; the annotations
let editors complete all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from .._api.endpoint import Caller, Endpoint, Family

if TYPE_CHECKING:
    from .account import Account
    from .all_member_push import AllMemberPush
    from .c2c import C2C
    from .community import Community
    from .follow import Follow
    from .group import Group
    from .group_attr import GroupAttributes
    from .group_member import GroupMember
    from .group_msg import GroupMessages
    from .live_group import LiveGroup
    from .moderation import Moderation
    from .official_account import OfficialAccount
    from .operation import Operation
    from .profile import Profile
    from .push import Push
    from .recent_contact import RecentContact
    from .robot import Robot
    from .sns import Sns

# The class of each family, by the name of its module, which is the client's attribute too.
FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account": "Account",
        "all_member_push": "AllMemberPush",
        "c2c": "C2C",
        "community": "Community",
        "follow": "Follow",
        "group": "Group",
        "group_attr": "GroupAttributes",
        "group_member": "GroupMember",
        "group_msg": "GroupMessages",
        "live_group": "LiveGroup",
        "moderation": "Moderation",
        "official_account": "OfficialAccount",
        "operation": "Operation",
        "profile": "Profile",
        "push": "Push",
        "recent_contact": "RecentContact",
        "robot": "Robot",
        "sns": "Sns",
    }
)

# Where to look for a command by the part before its slash: the first raw call of a client imports no more than it must.
SERVICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ConfigSvc": ("operation",),
        "all_member_push": ("all_member_push",),
        "follow": ("follow",),
        "group_open_attr_http_svc": ("group_attr",),
        "group_open_avchatroom_http_svc": ("live_group",),
        "group_open_http_svc": ("group", "group_member", "group_msg", "group_attr", "live_group", "community"),
        "im_cos_msg": ("operation",),
        "im_msg_audit": ("moderation",),
        "im_msg_audit_mgr": ("moderation",),
        "im_open_login_svc": ("account",),
        "million_group_open_http_svc": ("community",),
        "official_account_open_http_svc": ("official_account",),
        "open_msg_svc": ("operation",),
        "openconfigsvr": ("operation", "moderation"),
        "openim": ("c2c", "account", "group_msg"),
        "openim_dirty_words": ("moderation",),
        "openim_msg_ext_http_svc": ("c2c", "group_msg"),
        "openim_robot_http_svc": ("robot",),
        "profile": ("profile",),
        "recentcontact": ("recent_contact",),
        "sns": ("sns",),
        "stream_msg": ("c2c", "group_msg"),
        "timpush": ("push",),
    }
)


def load_family(name: str) -> type[Family]:
    """Import a family's class."""
    module = import_module(f"tim_async.families.{name}")
    return cast(type[Family], getattr(module, FAMILIES[name]))


@lru_cache(maxsize=512)
def find_endpoint(command: str) -> Endpoint[..., Any] | None:
    """Return the endpoint of a command; None for one that this library does not know."""
    for name in SERVICES.get(command.partition("/")[0], ()):
        for line in load_family(name).endpoints.values():
            if line.command == command:
                return line
    return None


@lru_cache(maxsize=1)
def endpoints() -> Mapping[str, Endpoint[..., Any]]:
    """Return every endpoint by its command."""
    table: dict[str, Endpoint[..., Any]] = {}
    for name in FAMILIES:
        for line in load_family(name).endpoints.values():
            if line.command in table:
                raise RuntimeError(f"{line.command} is in two families: {table[line.command].family} and {name}")
            table[line.command] = line
    return MappingProxyType(table)


class Families(Caller):
    """The families as attributes of a client."""

    def _family(self, name: str) -> Family:
        return load_family(name)(self)

    @cached_property
    def account(self) -> Account:
        """Accounts and their login state."""
        return cast("Account", self._family("account"))

    @cached_property
    def all_member_push(self) -> AllMemberPush:
        """Pushes to all users, and the attributes and tags that pick an audience."""
        return cast("AllMemberPush", self._family("all_member_push"))

    @cached_property
    def c2c(self) -> C2C:
        """One-to-one messages."""
        return cast("C2C", self._family("c2c"))

    @cached_property
    def community(self) -> Community:
        """Communities: topics and permission groups."""
        return cast("Community", self._family("community"))

    @cached_property
    def follow(self) -> Follow:
        """Follows: who reads whom."""
        return cast("Follow", self._family("follow"))

    @cached_property
    def group(self) -> Group:
        """Groups: their life cycle and their profiles."""
        return cast("Group", self._family("group"))

    @cached_property
    def group_attr(self) -> GroupAttributes:
        """Attributes and counters of groups."""
        return cast("GroupAttributes", self._family("group_attr"))

    @cached_property
    def group_member(self) -> GroupMember:
        """Members of groups: coming and going, roles, mutes, bans."""
        return cast("GroupMember", self._family("group_member"))

    @cached_property
    def group_msg(self) -> GroupMessages:
        """Group messages, their history and receipts."""
        return cast("GroupMessages", self._family("group_msg"))

    @cached_property
    def live_group(self) -> LiveGroup:
        """Live groups (AVChatRoom): who is online, marks, robots, admins."""
        return cast("LiveGroup", self._family("live_group"))

    @cached_property
    def moderation(self) -> Moderation:
        """Moderation of content, its word lists, the app-wide mute, and the retired filter words."""
        return cast("Moderation", self._family("moderation"))

    @cached_property
    def official_account(self) -> OfficialAccount:
        """Official accounts, their subscribers and messages."""
        return cast("OfficialAccount", self._family("official_account"))

    @cached_property
    def operation(self) -> Operation:
        """Figures, archives of messages, addresses of the service, and files of the chat."""
        return cast("Operation", self._family("operation"))

    @cached_property
    def profile(self) -> Profile:
        """Profiles."""
        return cast("Profile", self._family("profile"))

    @cached_property
    def push(self) -> Push:
        """Pushes of the push service, with the attributes and tags that pick an audience."""
        return cast("Push", self._family("push"))

    @cached_property
    def recent_contact(self) -> RecentContact:
        """Conversation lists, conversation groups and marks."""
        return cast("RecentContact", self._family("recent_contact"))

    @cached_property
    def robot(self) -> Robot:
        """Chatbots: accounts that answer, and their streamed answers."""
        return cast("Robot", self._family("robot"))

    @cached_property
    def sns(self) -> Sns:
        """Friends, block list and friend lists."""
        return cast("Sns", self._family("sns"))
