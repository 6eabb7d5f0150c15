"""The answers of the control API, and the parameters that many of its operations share."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Page(msgspec.Struct, kw_only=True):
    """A part of a list, newest first.

    Attributes:
        limit: how many there may be.
        offset: how many of the newest are left out.
    """

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    # A larger one is no number in JavaScript, and none that itertools.islice takes.
    offset: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


class Done(msgspec.Struct, kw_only=True):
    """It was done.

    Attributes:
        count: how many things it was done to.
    """

    count: int = 1


class Problem(msgspec.Struct, kw_only=True):
    """Why something was not done.

    Attributes:
        message: a sentence.
        field: the parameter or field that is wrong, None for none.
    """

    message: str
    field: str | None = None
