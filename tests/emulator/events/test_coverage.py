"""Which events the emulator causes."""

from __future__ import annotations

import ast
from pathlib import Path

from tim_async import emulator as emulator_package
from tim_async.webhooks import (
    EVENTS,
)


def test_every_event_the_emulator_cannot_cause_is_known():
    """What only clients, vendors or moderation cause, or what no document describes."""
    folder = Path(emulator_package.__file__).parent
    named = {
        alias.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "webhooks"
        for alias in node.names
    }
    assert {kind.__name__ for kind in EVENTS.values()} - named == {
        "ChatbotOnC2CSignalMessage",
        "ContentResultNotify",
        "GroupBeforeApplyJoinGroup",
        "GroupOnDailyGroupQuotaAlarm",
        "PrevFriendResponse",
    }
