"""Which files of the package a piece of work goes through."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import tim_async

_ROOT = f"{Path(tim_async.__file__).parent}/"


class CalledFiles:
    """Collects the files under some folders of the package in which a function is called, or resumes after an await.

    Attributes:
        names: the files, relative to the package.
    """

    def __init__(self, *folders: str) -> None:
        self._folders: Sequence[str] = [f"{_ROOT}{folder}/" for folder in folders]
        self.names: set[str] = set()

    def start(self) -> None:
        sys.setprofile(self._see)

    def stop(self) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(tuple(self._folders)):
            self.names.add(name.removeprefix(_ROOT))
