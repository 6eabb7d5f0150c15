"""The answers of the control API, and the parameters that many of its operations share."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Page(msgspec.Struct, kw_only=True):
    """A part of a list, newest first.

    Attributes:
        limit: the most entries to return.
        offset: how many of the newest entries to skip.
    """

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    # JavaScript cannot represent a larger number, and itertools.islice does not accept one.
    offset: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


class Done(msgspec.Struct, kw_only=True):
    """The operation succeeded.

    Attributes:
        count: how many items it affected.
    """

    count: int = 1


class Problem(msgspec.Struct, kw_only=True):
    """Why an operation failed.

    Attributes:
        message: a sentence.
        field: the parameter or field that is wrong, None for none.
    """

    message: str
    field: str | None = None
