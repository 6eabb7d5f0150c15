"""Which tests run beside each other where pytest-xdist runs them in several processes: `python -m pytest -n auto`.

Each test goes to any free process. Those of a group all go to the same process, one after the other: what several
workers and limiters do together needs a core, and must not be slowed down by others like it; and a program or a site
that several tests look at is built once. The marker `xdist_group` would say so as well, but pytest-xdist up to 3.8
loses it under pytest 9.2.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

# Every folder and file here is a group; the largest group starts first.
GROUPS: Final = (
    "tests/browser/",
    "tests/cluster/",
    "tests/editors/",
    "tests/packaging/",
    "tests/site/test_links.py",
)


def group_of(node_id: str) -> str:
    """Return what a test is grouped under: itself, for most."""
    return next((group for group in GROUPS if node_id.startswith(group)), node_id)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Hands out tests one by one, and groups as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
