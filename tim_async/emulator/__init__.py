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
from .server.fault_kinds import (
    AnswerFault,
    DelayFault,
    DropFault,
    EndlessFault,
    Fault,
    StallFault,
    StatusFault,
    TruncateFault,
    When,
)
from .server.faults import Faults
from .state.core import Account
from .state.push import SentPush

__all__ = [
    "DEFAULT_ADMIN",
    "DEFAULT_SDK_APP_ID",
    "DEFAULT_SECRET_KEY",
    "Account",
    "AnswerFault",
    "Arrival",
    "DelayFault",
    "DropFault",
    "Emulator",
    "EndlessFault",
    "Fault",
    "Faults",
    "SentMessage",
    "SentPush",
    "StallFault",
    "StatusFault",
    "TruncateFault",
    "Webhook",
    "When",
]
