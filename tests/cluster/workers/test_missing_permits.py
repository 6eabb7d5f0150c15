"""For which campaigns work messages are written when fewer wait than should."""

from __future__ import annotations

import pytest

pytest.importorskip("taskiq_aio_pika")

from tim_async.cluster._workers.missing_permits import Demand, missing


def demand(name: str, held: int, parallel: int, claimable: int = 100, *, is_starved: bool = False) -> Demand:
    return Demand(name=name, held=held, parallel=parallel, claimable=claimable, is_starved=is_starved)


def test_those_that_wait_are_enough() -> None:
    assert missing([demand("a", 3, 8), demand("b", 8, 8)], 5) == {"a": 0, "b": 0}


def test_no_more_than_there_are_chunks_or_room() -> None:
    assert missing([demand("a", 0, 8, claimable=2), demand("b", 9, 8)], 0) == {"a": 2, "b": 0}


def test_all_that_wait_may_be_its_own() -> None:
    assert missing([demand("a", 3, 8), demand("b", 0, 8)], 6) == {"a": 0, "b": 2}


def test_starved_campaign_has_lost_its_own() -> None:
    """Of 30 messages of one campaign 22 wait; those of the other are lost."""
    assert missing([demand("a", 8, 30), demand("b", 0, 4)], 22) == {"a": 0, "b": 0}
    assert missing([demand("a", 8, 30), demand("b", 0, 4, is_starved=True)], 22) == {"a": 0, "b": 4}


def test_starved_campaign_gets_one_whatever_waits() -> None:
    starved = [demand("a", 8, 30), demand("b", 0, 4, is_starved=True)]
    assert missing(starved, 60) == {"a": 0, "b": 1}
    # ... and not for ever, while all workers are busy with others.
    assert missing(starved, 200) == {"a": 0, "b": 0}
