"""How much an emulator keeps, so that a rehearsal of a million messages does not fill the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec

from ..errors import UsageError


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each are kept, the newest ones.

    Attributes:
        messages: messages to accounts that are kept whole, and as many in groups. Older ones to accounts keep
            identity, time and MsgKey, and are read back with an empty MsgBody; older ones in groups are as expired.
        calls: calls that are kept with their bodies.
        webhooks: webhooks.
        pushes: pushes. A repeat of an older one is recognized all the same.
        events: events, for those who listen later.
    """

    messages: int = 100_000
    calls: int = 10_000
    webhooks: int = 10_000
    pushes: int = 10_000
    events: int = 10_000

    @classmethod
    def of(cls, bounds: Mapping[str, int]) -> Self:
        """Return the bounds that are given, the usual ones for all else; raise `UsageError` for what is none."""
        for name, number in bounds.items():
            if name not in cls.__struct_fields__:
                raise UsageError(f"keep: {name!r} is none of {', '.join(cls.__struct_fields__)}", field="keep")
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise UsageError(f"keep: {name} must be at least 1, not {number!r}", field="keep")
        return cls(**bounds)
