"""How much an emulator keeps, so that a rehearsal of a million messages does not exhaust the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec

from ..errors import UsageError


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """The most items of each kind that are kept; the oldest are dropped.

    Attributes:
        messages: messages to accounts that are kept whole, and as many in groups. Older ones to accounts keep identity,
            time and MsgKey, and are read back with an empty MsgBody; older ones in groups count as expired.
        calls: calls that are kept with their bodies.
        webhooks: webhooks.
        pushes: pushes. A repeat of an older one is still recognized.
        events: events, for listeners that connect later.
    """

    messages: int = 100_000
    calls: int = 10_000
    webhooks: int = 10_000
    pushes: int = 10_000
    events: int = 10_000

    @classmethod
    def of(cls, bounds: Mapping[str, int]) -> Self:
        """Return the given bounds with the defaults for the rest; raise `UsageError` for an invalid one."""
        for name, number in bounds.items():
            if name not in cls.__struct_fields__:
                raise UsageError(
                    f"keep: unknown name {name!r}, not one of {', '.join(cls.__struct_fields__)}", field="keep"
                )
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise UsageError(f"keep: {name} must be at least 1, not {number!r}", field="keep")
        return cls(**bounds)
