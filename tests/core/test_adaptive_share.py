"""The share of a limit after "too many calls", against a simulated service in virtual time."""

from __future__ import annotations

import itertools

import pytest

from tests.core.simulation import Client, Service, even, poisson, simulate
from tim_async._core.adaptive_share import AdaptiveShare

SECONDS = 180.0
FIRST = 20.0  # left out: the way to the first balance
ENDLESS = 1_000_000  # a limit that no client reaches


def use_of(client: Client, free: float) -> float:
    return client.rate(client.taken, FIRST, SECONDS) / free


def refused_part(clients: list[Client]) -> float:
    refused = sum(client.rate(client.refused, FIRST, SECONDS) for client in clients)
    return refused / (refused + sum(client.rate(client.taken, FIRST, SECONDS) for client in clients))


def worst_second(times: list[float]) -> int:
    worst = first = 0
    for index, when in enumerate(times):
        while times[first] < when - 1.0:
            first += 1
        worst = max(worst, index - first + 1)
    return worst


@pytest.mark.parametrize(
    ("service", "others", "free", "use", "refused"),
    [
        pytest.param(Service(200), 0, 198.5, 0.97, 0.005, id="alone-at-a-service-that-counts-exactly"),
        pytest.param(Service(200), "even", 120, 0.95, 0.01, id="others-take-80-evenly"),
        pytest.param(Service(200), "poisson", 120, 0.85, 0.02, id="others-take-80-at-random"),
        pytest.param(Service(200, counting="calendar"), "poisson", 120, 0.85, 0.025, id="calendar-seconds"),
        pytest.param(Service(200, counting="token"), "poisson", 120, 0.95, 0.03, id="token-bucket"),
        pytest.param(Service(200, counts_refused=True), "poisson", 120, 0.65, 0.05, id="refused-calls-count"),
        pytest.param(Service(100), 0, 100, 0.95, 0.01, id="half-of-what-is-configured"),
        pytest.param(Service(20), 0, 20, 0.90, 0.04, id="a-tenth-of-what-is-configured"),
        pytest.param(Service(ENDLESS, error_part=0.003), 0, 198.5, 0.95, 0.005, id="random-0.3-percent"),
        pytest.param(Service(ENDLESS, error_part=0.01), 0, 198.5, 0.88, 0.013, id="random-1-percent"),
        pytest.param(Service(ENDLESS, error_part=0.03), 0, 198.5, 0.80, 0.035, id="random-3-percent"),
        pytest.param(Service(200, error_part=0.01), "poisson", 120, 0.65, 0.02, id="random-1-percent-and-others"),
    ],
)
def test_rate_that_is_free_is_found_and_used(service, others, free, use, refused):
    client = Client()
    strangers = {"even": [even(80)], "poisson": [poisson(80)]}.get(others, [])
    simulate(service, [client], seconds=SECONDS, others=strangers)
    assert use_of(client, free) >= use
    assert refused_part([client]) < refused
    assert worst_second(client.sent) <= 200


@pytest.mark.parametrize("number", [2, 4])
def test_clients_that_know_nothing_of_each_other_share_the_limit(number):
    clients = [Client() for _ in range(number)]
    simulate(Service(200), clients, seconds=SECONDS)
    rates = sorted(client.rate(client.taken, FIRST, SECONDS) for client in clients)
    assert sum(rates) >= 0.95 * 200
    assert rates[0] >= 0.5 * rates[-1]
    assert refused_part(clients) < 0.03


def test_share_follows_others_that_come_and_go():
    client = Client()
    simulate(Service(200), [client], seconds=SECONDS, others=[even(120, 60.0, 120.0)])
    assert client.rate(client.taken, 65.0, 120.0) >= 0.93 * 80
    assert client.rate(client.sent, 64.0, 65.0) <= 1.1 * 80, "down within 5 s"
    assert client.rate(client.taken, 138.0, 140.0) >= 0.9 * 198.5, "back within 20 s"


def test_outage_slows_and_never_stops():
    client = Client()
    simulate(Service(200, is_down=lambda now: 60.0 <= now < 70.0), [client], seconds=SECONDS)
    assert client.rate(client.sent, 66.0, 70.0) <= 10
    assert max(later - earlier for earlier, later in itertools.pairwise(client.sent)) < 1.0
    assert client.rate(client.taken, 90.0, 92.0) >= 0.9 * 198.5


def test_a_stray_refusal_costs_nothing():
    share = AdaptiveShare(198.5)
    for index in range(2000):
        share.granted(index / 200)
        if index in (700, 1500):
            assert share.refused(index / 200, index / 200 - 0.05) is False
        assert share.share(index / 200) == 1.0


def test_refusals_of_calls_granted_before_the_cut_are_not_counted():
    share = AdaptiveShare(198.5)
    for index in range(100):
        share.granted(index / 200)
    assert [share.refused(0.5, 0.4) for _ in range(40)].count(True) == 1
    cut = share.share(0.5)
    assert 0.5 <= cut < 1.0
    assert not any(share.refused(0.51, 0.45) for _ in range(100)), "granted before the cut"
    assert share.share(0.51) == pytest.approx(cut, abs=0.001)


@pytest.mark.parametrize(("flow", "least"), [(198.5, 0.01), (5.0, 0.1), (1.0, 0.5), (0.5, 0.5)])
def test_share_has_a_floor(flow, least):
    client = Client(flow)
    simulate(Service(1, is_down=lambda _: True), [client], seconds=100 + 100 / flow)
    assert least <= client.share.share(100 + 100 / flow) <= 3 * least


def test_share_grows_back_to_the_whole():
    share = AdaptiveShare(198.5)
    for _ in range(50):
        share.granted(1.0)
        share.refused(1.0, 1.0)
    low = share.share(1.0)
    grown = [share.share(1.0 + seconds) for seconds in range(20)]
    assert low < 1.0
    assert grown == sorted(grown)
    assert grown[-1] == 1.0
    assert share.share(10_000.0) == 1.0


def test_calls_of_many_units_find_half_of_what_is_configured():
    """Batches of 500 deliveries; 6,000 a minute are true where 12,000 are configured."""
    client = Client(200.0, cost=500)
    simulate(Service(12, window_s=60.0), [client], seconds=6000.0)
    assert client.rate(client.taken, 200.0, 6000.0) >= 0.85 * 12 / 60
    assert client.rate(client.refused, 200.0, 6000.0) <= 0.03 * 12 / 60
    assert client.cuts >= 2
