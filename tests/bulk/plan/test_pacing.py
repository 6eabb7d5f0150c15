"""How many recipients a second the limits let through, configured and now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.scripted import OK, scripted
from tim_async import Claim, ConnectionSlot, Rate, RateInForce
from tim_async.bulk._ledger.schema import Lane
from tim_async.bulk._plan.pacing import pace_in_force, paces

CALLS = Rate(200)
DELIVERIES = Rate(12_000, 60.0, cost="to_account", max_cost=500)
SEND, SEND_BATCH = "openim/sendmsg", "openim/batchsendmsg"


class Slowed:
    """A limiter that has some shares of its limits in force."""

    def __init__(self, shares: Mapping[str, Sequence[tuple[Rate, float]]]) -> None:
        self._shares = shares

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        raise AssertionError("no call is made")

    def refused(self, claim: Claim, code: int | None) -> float:
        raise AssertionError("no call is made")

    def rates(self, app: int, command: str) -> Sequence[RateInForce]:
        return [RateInForce(limit, share * 50.0, 50.0) for limit, share in self._shares.get(command, ())]


@pytest.mark.parametrize(
    ("lanes", "shares", "part"),
    [
        pytest.param([Lane.SINGLE], {}, 1.0, id="not in use"),
        pytest.param([Lane.SINGLE], {SEND: [(CALLS, 1.0)]}, 1.0, id="not slowed"),
        pytest.param([Lane.SINGLE], {SEND: [(CALLS, 0.6)]}, 0.6, id="calls"),
        pytest.param([Lane.SINGLE], {SEND_BATCH: [(CALLS, 0.6)]}, 1.0, id="another lane"),
        pytest.param([Lane.SINGLE], {SEND: [(CALLS, 0.6)], "*": [(CALLS, 0.5)]}, 0.5, id="all commands"),
        pytest.param([Lane.BATCH], {SEND_BATCH: [(DELIVERIES, 0.6), (CALLS, 1.0)]}, 0.6, id="deliveries"),
        pytest.param([Lane.BATCH], {SEND_BATCH: [(CALLS, 0.5), (DELIVERIES, 1.0)]}, 1.0, id="calls that suffice"),
    ],
)
async def test_rate_in_force_of_a_campaign(
    lanes: list[Lane], shares: dict[str, list[tuple[Rate, float]]], part: float
) -> None:
    client, _ = scripted(OK, limiter=Slowed(shares))
    cap = sum(paces(client.settings)[lane].recipients for lane in lanes)
    assert pace_in_force(client, lanes) == pytest.approx(part * cap)


async def test_few_calls_in_force_are_what_a_batch_lane_waits_for() -> None:
    client, _ = scripted(OK, limiter=Slowed({SEND_BATCH: [(CALLS, 0.001), (DELIVERIES, 1.0)]}))
    calls = paces(client.settings)[Lane.BATCH].calls
    assert pace_in_force(client, [Lane.BATCH]) == pytest.approx(0.001 * calls * 500)
