"""The embedded emulator of the service: the REST API on a loopback port, for trials and tests.

async with Emulator() as emulator:
    emulator.add_accounts("alice", "bob")
    emulator.faults.answer(20004, command="openim/sendmsg", times=1)
    ...  # call the API at emulator.url
    assert len(emulator.history("alice", "bob")) == 1
"""

from __future__ import annotations

from .app import DEFAULT_ADMIN, DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, Emulator
from .outgoing.outbox import Webhook
from .sent import SentMessage
from .server.arrivals import Arrival
from .server.attempts import Attempts
from .server.fault_kinds import (
    AnswerFault,
    DelayFault,
    DropFault,
    EndlessFault,
    Fault,
    FaultKind,
    GarbageFault,
    StallFault,
    StatusFault,
    TruncateFault,
    When,
)
from .server.faults import Faults, Plan
from .state.community import PermissionGroup, Topic
from .state.core import Account
from .state.extensions import ExtensionBook
from .state.group import Group, Mark, Member
from .state.group_rules import Rules
from .state.push import SentPush
from .state.threads import GroupEntry, Thread

__all__ = [
    "DEFAULT_ADMIN",
    "DEFAULT_SDK_APP_ID",
    "DEFAULT_SECRET_KEY",
    "Account",
    "AnswerFault",
    "Arrival",
    "Attempts",
    "DelayFault",
    "DropFault",
    "Emulator",
    "EndlessFault",
    "ExtensionBook",
    "Fault",
    "FaultKind",
    "Faults",
    "GarbageFault",
    "Group",
    "GroupEntry",
    "Mark",
    "Member",
    "PermissionGroup",
    "Plan",
    "Rules",
    "SentMessage",
    "SentPush",
    "StallFault",
    "StatusFault",
    "Thread",
    "Topic",
    "TruncateFault",
    "Webhook",
    "When",
]
