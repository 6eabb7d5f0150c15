"""A client over a pool without sockets, as the tests of this repository have it."""

from __future__ import annotations

from typing import Any

from tim_async import TimClient
from tim_async.testing import Answer, FakePool, envelope

SECRET_KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
OK = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MsgTime":1572870301,"MsgKey":"89541_2574206_1572870301"}'


def refusal(code: int, info: str = "") -> bytes:
    """Return the envelope of a refusal."""
    return envelope({}, code=code, info=info)


def scripted(*script: Answer, **options: Any) -> tuple[TimClient, FakePool]:
    """Make a client over a pool that answers from a script; the last answer is repeated."""
    pool = FakePool(*(script or (OK,)))
    return TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", pool=pool, **options), pool
