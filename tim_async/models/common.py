"""Structs that several families use."""

from __future__ import annotations

from .._wire import Result


class Empty(Result, kw_only=True):
    """An answer of nothing but the envelope: the call went well."""
