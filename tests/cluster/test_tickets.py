"""Whose tickets are written when fewer wait than should."""

from __future__ import annotations

import pytest

pytest.importorskip("taskiq_aio_pika")

from tim_async.cluster._tickets import Needs, missing


def needs(name: str, held: int, parallel: int, claimable: int = 100) -> Needs:
    return Needs(name=name, held=held, parallel=parallel, claimable=claimable)


def test_those_that_wait_are_enough() -> None:
    assert missing([needs("a", 3, 8), needs("b", 8, 8)], 5) == {"a": 0, "b": 0}


def test_no_more_than_there_are_chunks_or_room() -> None:
    assert missing([needs("a", 0, 8, claimable=2), needs("b", 9, 8)], 0) == {"a": 2, "b": 0}


def test_lost_ones_are_those_of_whoever_has_least_at_work() -> None:
    """Of 30 tickets of one campaign 22 wait; those of the other are lost."""
    assert missing([needs("a", 8, 30), needs("b", 0, 4)], 22) == {"a": 0, "b": 4}
    assert missing([needs("a", 8, 30), needs("b", 1, 4)], 22) == {"a": 0, "b": 3}


def test_whoever_has_nothing_at_work_gets_one_whatever_waits() -> None:
    assert missing([needs("a", 8, 30), needs("b", 0, 4)], 60) == {"a": 0, "b": 1}
    # ... and not for ever, while all workers are busy with others.
    assert missing([needs("a", 8, 30), needs("b", 0, 4)], 200) == {"a": 0, "b": 0}
