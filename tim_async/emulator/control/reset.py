"""A fresh start, for example between two tests."""

from __future__ import annotations

from typing import Literal

import msgspec

from .context import Control
from .routes import Asked, route
from .views import Done


class Reset(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to delete.

    Attributes:
        what: `messages`: stored messages, calls, webhooks and pushes; `all`: accounts other than the admins, groups,
            faults, limits that were set and the clock as well.
    """

    what: Literal["all", "messages"] = "all"


@route("POST", "/reset", body=Reset, answer=Done, summary="Reset everything, or the messages only.")
def reset(control: Control, asked: Asked[None, Reset]) -> Done:
    """Reset the state."""
    control.emulator.reset(messages_only=asked.body.what == "messages")
    control.events.publish("reset", lambda: asked.body)
    return Done()
