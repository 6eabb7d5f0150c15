"""The whole state: exported and imported."""

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


@route("GET", "/state", answer=SavedState, summary="The whole state, as the service would keep it.")
def export_state(control: Control, asked: Asked[None, None]) -> SavedState:
    """Return the state, without faults, limits, calls and webhooks."""
    return take(control.state, control.clock)


@route(
    "PUT",
    "/state",
    body=SavedState,
    answer=Done,
    max_mib=_MAX_MIB,
    summary="Replace the state by an exported one.",
)
def import_state(control: Control, asked: Asked[None, SavedState]) -> Done:
    """Replace the state; a state that does not fit changes nothing."""
    control.emulator.import_state(msgspec.json.encode(asked.body))
    control.events.publish("reset", Reset)
    return Done()
