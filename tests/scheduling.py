"""Which tests run beside each other where pytest-xdist runs them in several processes: `python -m pytest -n auto`.

One test at a time goes to whichever process is free. Those of a group all go to the same process, one after the other:
what several workers and limiters do together takes a core, and is not to be slowed by more of the same. The marker
`xdist_group` would say so as well, but pytest-xdist up to 3.8 loses it under pytest 9.2.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

# Every folder and file here is a group; the largest group is begun first.
GROUPS: Final = ("tests/browser/", "tests/cluster/", "tests/editors/")


def group_of(node_id: str) -> str:
    """Return what a test is grouped under: itself, for most."""
    return next((group for group in GROUPS if node_id.startswith(group)), node_id)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Hands out tests one by one, and groups as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
