"""The commands that the emulator answers, for choosing one."""

from __future__ import annotations

import msgspec

from ..dispatch import ENDPOINTS
from .context import Control
from .routes import Asked, route


class CommandView(msgspec.Struct, kw_only=True):
    """A command.

    Attributes:
        command: the path below `/v4/`.
        name: how a client calls it, such as `c2c.send`.
        title: what it does, in English; None if no page says it.
        title_zh: the same in Chinese.
    """

    command: str
    name: str
    title: str | None
    title_zh: str | None


@route("GET", "/commands", answer=list[CommandView], summary="The commands that the emulator answers.")
def commands(control: Control, asked: Asked[None, None]) -> list[CommandView]:
    """Return the commands by name."""
    return [
        CommandView(
            command=command,
            name=f"{endpoint.family}.{endpoint.name}",
            title=endpoint.title,
            title_zh=endpoint.title_zh,
        )
        for command, endpoint in sorted(ENDPOINTS.items())
    ]
