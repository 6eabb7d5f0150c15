"""Lints: requests that the service accepts but its pages advise against. They are logged and never refused.

Checks report fixed sentences without values, so each is logged only once per process, however many requests it
concerns, and the memory it takes stays small.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

logger: Final = logging.getLogger("tim_async")
_logged: Final[set[str]] = set()
_collected: Final[ContextVar[list[str] | None]] = ContextVar("tim_async: collected lints", default=None)


@contextmanager
def collected_lints() -> Iterator[list[str]]:
    """Collect the lints of checks made inside instead of logging them, for callers that display them."""
    lints: list[str] = []
    before = _collected.set(lints)
    try:
        yield lints
    finally:
        _collected.reset(before)


def log_lints(lints: Iterable[str]) -> None:
    """Log those that have not been logged before."""
    shown = _collected.get()
    if shown is not None:
        shown.extend(lints)
        return
    for lint in lints:
        if lint not in _logged:
            _logged.add(lint)
            logger.warning("lint: %s", lint)
