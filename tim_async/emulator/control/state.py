"""The whole state: taken along, and put back."""

from __future__ import annotations

from typing import Final

import msgspec

from ..saved_state import SavedState, take
from .context import Control
from .reset import Reset
from .routes import Asked, route
from .views import Done

# A hundred thousand messages take some 50 MiB.
_MAX_MIB: Final = 512


@route("GET", "/state", answer=SavedState, summary="The whole state: all that the service would remember.")
def export_state(control: Control, asked: Asked[None, None]) -> SavedState:
    """Return the state; not faults, limits, calls and webhooks, which are no part of it."""
    return take(control.state, control.clock)


@route(
    "PUT",
    "/state",
    body=SavedState,
    answer=Done,
    max_mib=_MAX_MIB,
    summary="Have an exported state, and nothing of what there was.",
)
def import_state(control: Control, asked: Asked[None, SavedState]) -> Done:
    """Have a state; one that does not fit changes nothing."""
    control.emulator.import_state(msgspec.json.encode(asked.body))
    control.events.publish("reset", Reset)
    return Done()
