"""Random numbers from the operating system, independent of the `random` module.

An app that seeds `random` (a simulation, a test suite, a worker that calls `random.seed(1234)`) must not determine the
identity of messages: two processes with the same seed would generate the same MsgRandom values, and the service drops
the second of two identical messages while it answers OK. So no state here can be set from outside.

Numbers are read in blocks: a system call for each costs 0.7 us, twice per message. A forked process discards its
parent's block.
"""

from __future__ import annotations

import os
from array import array
from typing import Final

_BLOCK_WORDS: Final = 256
_U32_COUNT: Final = 2**32

# Consumed from the end; list.pop is atomic, so no two threads get the same number.
_words: list[int] = []


def random_u32() -> int:
    """Return a random number from 0 to 2**32 - 1."""
    while True:
        try:
            return _words.pop()
        except IndexError:
            _words.extend(array("I", os.urandom(_BLOCK_WORDS * array("I").itemsize)))


def uniform(low: float, high: float) -> float:
    """Return a random number between two bounds."""
    return low + (high - low) * random_u32() / _U32_COUNT


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_words.clear)
