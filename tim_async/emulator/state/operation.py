"""What the emulator knows of files of the chat."""

from __future__ import annotations

from .core import Part, State


class Files(Part):
    """Files of the chat.

    Attributes:
        blocked: addresses of those that are blocked.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.blocked: set[str] = set()
