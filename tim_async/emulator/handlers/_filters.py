"""Filters of answers: which fields of a struct are returned."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def keep(struct: S, wanted: Collection[str] | None, *, always: Collection[str] = ()) -> S:
    """Remove the fields that a filter does not name from a struct; return the struct.

    Args:
        struct: the struct; removed fields become None.
        wanted: wire names; None keeps all fields.
        always: Python names that are kept in any case.
    """
    if wanted is not None:
        for name, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
            if wire not in wanted and name not in always:
                setattr(struct, name, None)
    return struct
