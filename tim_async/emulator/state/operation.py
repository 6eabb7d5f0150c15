"""State of files of the chat."""

from __future__ import annotations

from .core import Part, State


class Files(Part):
    """Files of the chat.

    Attributes:
        blocked: the URLs of blocked files.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.blocked: set[str] = set()
