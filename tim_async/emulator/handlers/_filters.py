"""Filters of answers: which fields of a struct are told."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def keep(struct: S, wanted: Collection[str] | None, *, always: Collection[str] = ()) -> S:
    """Take out of a struct what a filter does not name; return the struct.

    Args:
        struct: all of it; what is taken out becomes None.
        wanted: wire names; None takes out nothing.
        always: Python names that stay.
    """
    if wanted is not None:
        for name, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
            if wire not in wanted and name not in always:
                setattr(struct, name, None)
    return struct
