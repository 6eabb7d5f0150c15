"""The families: where each is defined, and the registry of all endpoints.

A family's module is imported when the family is first used, so that `import tim_async` stays cheap.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, cast

from .._api.endpoint import Endpoint, Family

# The class of each family, by module name, which is also the client's attribute.
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

# The families to search for a command, by the part before its slash: a client's first raw call imports no others.
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
