"""Random numbers from the operating system, whatever the app does with the `random` module.

An app that seeds `random` (a simulation, a test suite, a worker that begins with `random.seed(1234)`) must not decide
over the identity of messages: two processes with one seed would number their messages alike, and the service drops the
second of two that are alike while it answers OK. So nothing here has a state that can be set from outside.

The numbers are read in blocks, since asking the system for each one costs 0.7 us, twice for a message. A forked process
forgets the block of its parent.
"""

from __future__ import annotations

import os
from array import array
from typing import Final

_BLOCK_WORDS: Final = 256
_U32_COUNT: Final = 2**32

# Taken from its end; list.pop is atomic, so that no two threads get the same number.
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


if hasattr(os, "register_at_fork"):  # there is no forking on Windows
    os.register_at_fork(after_in_child=_words.clear)
