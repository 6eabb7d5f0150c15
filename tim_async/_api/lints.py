"""Lints: what the service takes, and its pages advise against. They are logged, and refuse nothing.

A check hands over sentences without values, which are always the same: so each of them is logged once in a process,
however many requests it is about, and what is remembered stays small.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

logger: Final = logging.getLogger("tim_async")
_logged: Final[set[str]] = set()
_gathered: Final[ContextVar[list[str] | None]] = ContextVar("gathered lints", default=None)


@contextmanager
def gathered() -> Iterator[list[str]]:
    """Gather the lints of what is checked inside, which are then not logged: for those who show them."""
    lints: list[str] = []
    before = _gathered.set(lints)
    try:
        yield lints
    finally:
        _gathered.reset(before)


def log_lints(lints: Iterable[str]) -> None:
    """Log those that were not logged before."""
    shown = _gathered.get()
    if shown is not None:
        shown.extend(lints)
        return
    for lint in lints:
        if lint not in _logged:
            _logged.add(lint)
            logger.warning("lint: %s", lint)
