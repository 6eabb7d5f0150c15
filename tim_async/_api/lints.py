"""Lints: what the service takes, and its pages advise against. They are logged, and refuse nothing.

A check hands over sentences without values, which are always the same: so each of them is logged once in a process,
however many requests it is about, and what is remembered stays small.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

logger: Final = logging.getLogger("tim_async")
_logged: Final[set[str]] = set()


def log_lints(lints: Iterable[str]) -> None:
    """Log those that were not logged before."""
    for lint in lints:
        if lint not in _logged:
            _logged.add(lint)
            logger.warning("lint: %s", lint)
