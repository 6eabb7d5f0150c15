"""After "too many calls", over a real Redis or a file: all processes go slower, one of them logs it, and none stops."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Any

import pytest

from tests.cluster.conftest import now, settled
from tests.shared_limits.claims import FAST, FreeSlot, FullPool, cancel, claim, crowd, grant, ready
from tests.shared_limits.conftest import Limiter, Shared
from tim_async import Claim, Rate

CUT = "all processes slow down to"


async def granted(limiter: Limiter, *rates: Rate, count: int, **options: Any) -> list[Claim]:
    """Return claims that were granted."""
    claims = [claim(*rates, **options) for _ in range(count)]
    await asyncio.gather(*(grant(limiter, each) for each in claims))
    return claims


async def refuse(limiter: Limiter, claims: list[Claim], code: int | None = 60007) -> None:
    """Report that the service refused all of them, and wait until Redis knows."""
    before = limiter.stats().round_trips
    for each in claims:
        limiter.refused(each, code)
    await settled(lambda: limiter.stats().round_trips > before, "the refusals are not reported")


def part(limiter: Limiter, command: str = "openim/sendmsg", app: int = 1) -> float:
    """Return the share in force, as far as the limiter knows."""
    return limiter.rates(app, command)[0].share


async def test_refusals_slow_all_processes_and_one_logs_it(limiter: Shared, caplog: pytest.LogCaptureFixture) -> None:
    one, two = await limiter(), await limiter()
    await ready(two)
    claims = await granted(one, FAST, count=25)
    assert part(one) == part(two) == 1.0
    with caplog.at_level(logging.WARNING, "tim_async"):
        await refuse(one, claims)
        await ready(two)
        await ready(two)
    cuts = [record.getMessage() for record in caplog.records if CUT in record.getMessage()]
    assert len(cuts) == 1
    assert cuts[0].startswith("openim/sendmsg: too many calls for the service, ")
    assert part(one) == pytest.approx(part(two), abs=0.01)
    assert part(one) < 0.8
    assert f"of {one.rates(1, 'openim/sendmsg')[0].configured_rate:.3g} a second" in cuts[0]
    assert "smaller limit" not in caplog.text


async def test_many_refusals_are_one_request(limiter: Shared) -> None:
    one = await limiter()
    claims = await granted(one, FAST, count=25)
    before = one.stats().round_trips
    await refuse(one, claims)
    assert one.stats().round_trips == before + 1


async def test_refusals_go_with_the_next_request(limiter: Shared) -> None:
    one = await limiter()
    claims = await granted(one, FAST, count=25)
    for each in claims:
        one.refused(each, 60007)
    before = one.stats().round_trips
    await ready(one)
    assert part(one) < 0.8
    assert one.stats().round_trips == before + 1


async def test_slowed_limit_goes_on_at_its_share(limiter: Shared) -> None:
    one, two = await limiter(), await limiter()
    await refuse(one, await granted(one, FAST, count=30))
    share = part(one)
    log = sorted(await crowd(two, FAST, count=20))
    assert log[-1] - log[0] >= 0.9 * 19 / (FAST.limit / FAST.per * (share + 0.1))
    assert max(later - earlier for earlier, later in itertools.pairwise(log)) < 0.5


async def test_repeat_is_worth_it_after_a_beat(limiter: Shared) -> None:
    one, slow, deliveries = await limiter(), Rate(1), Rate(100, per=10.0, cost="to_account", max_cost=50)
    assert one.refused(claim(FAST), 60007) == one.refused(claim(FAST), None) == 0.5
    assert one.refused(claim(slow, command="openim/slow"), 60007) == pytest.approx(10.0, rel=0.02)
    # 90057 means the deliveries only.
    assert one.refused(claim(deliveries, FAST, command="openim/batchsendmsg"), 90057) > 1.0


async def test_code_says_which_limit_is_slowed(limiter: Shared) -> None:
    one = await limiter()
    group = Rate(40, per=0.2, key="group_id")
    claims = await granted(one, group, FAST, count=30, key="@TGS#1")
    keeping = asyncio.ensure_future(one.acquire(claim(group, FAST, key="@TGS#1"), FullPool()))
    await refuse(one, claims, 10023)
    app = one._apps[1]
    shares = {key[3]: bucket.share.at(0) for key, bucket in app._buckets.items()}
    assert shares["@TGS#1"] < 0.8
    assert shares[""] == 1.0
    assert part(one) == 1.0, "groups are left out of the rates"
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_code_of_the_app_slows_every_command(limiter: Shared, caplog: pytest.LogCaptureFixture) -> None:
    one, two = await limiter(), await limiter()
    claims = await granted(one, FAST, count=30)
    await granted(two, FAST, count=2, command="openim/other")
    with caplog.at_level(logging.WARNING, "tim_async"):
        await refuse(one, claims, 60018)
    assert "all commands of app 1: too many calls" in caplog.text
    await granted(two, FAST, count=1, command="openim/other")
    assert part(two, "openim/other") == pytest.approx(part(one), abs=0.01)
    assert part(one) < 0.9
    await granted(one, FAST, count=1, app=2)
    assert part(one, app=2) == 1.0


async def test_wait_is_estimated_by_the_slowed_rate(limiter: Shared) -> None:
    one = await limiter()
    await refuse(one, await granted(one, FAST, count=30))
    share = part(one)
    waiting = [asyncio.ensure_future(grant(one, claim(FAST))) for _ in range(100)]
    await asyncio.sleep(0)
    (request_class,) = one._schedulers[1, "openim/sendmsg"].active
    from tim_async._shared_limits.turn_queue import Waiter

    estimate = request_class.estimate(Waiter((0, 10**9), FreeSlot(), is_repeat=False, since=now()), now())
    assert estimate == pytest.approx(100 / (FAST.limit / FAST.per * share), rel=0.2)
    await cancel(waiting)


async def test_command_that_is_not_in_use_has_no_rates(limiter: Shared) -> None:
    one = await limiter()
    assert one.rates(1, "openim/sendmsg") == []
    await ready(one)
    assert one.rates(1, "openim/other") == one.rates(2, "openim/sendmsg") == []
    (in_force,) = one.rates(1, "openim/sendmsg")
    assert in_force.limit == FAST
    assert in_force.rate == in_force.configured_rate == pytest.approx(FAST.limit / FAST.per, rel=0.1)


async def test_closing_leaves_no_report_behind(limiter: Shared) -> None:
    one = await limiter()
    claims = await granted(one, FAST, count=3)
    before = one.stats().round_trips
    one.refused(claims[0], 60007)
    await one.close()
    await asyncio.sleep(0.1)
    assert one.stats().round_trips == before
