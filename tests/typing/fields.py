"""Fields of requests as type checkers see them. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type

import tim_async
from tim_async import RequestField
from tim_async.families.c2c import C2C


def describe() -> None:
    assert_type(C2C.send.fields, tuple[RequestField, ...])
    assert_type(C2C.send.title, str | None)
    assert_type(C2C.send.url_zh, str | None)
    for field in tim_async.endpoints()["openim/sendmsg"].fields:
        assert_type(field.range, tuple[int | None, int | None] | None)
        assert_type(field.choices, tuple[str | int, ...] | None)
