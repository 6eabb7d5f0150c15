"""For tests that close an event loop with something in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest


def by_hand(test: Callable[..., None]) -> Callable[..., None]:
    """Decorate a test that closes a loop with something in it, which Python warns of when it is collected."""
    for mark in (pytest.mark.filterwarnings("ignore:.*"), pytest.mark.usefixtures("_left_behind")):
        test = mark(test)
    return test
