"""Answer a request for reservations; as in `reserve.lua`. See `_shared_limits.limiter` for the theory.

Times are microseconds of the machine's clock. An answered request is never repeated, because answers cannot get lost
here, so nothing guards against repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .._shared_limits.link import ReserveReply, ReserveRequest
from .share import Share, StoredShare
from .state import ANSWER_US, Bucket, Store, StoredApp
from .window import Slices

_SECOND: Final = 1_000_000.0
_SEARCH_STEPS: Final = 32
_APP_SLICE_US: Final = 150_000.0

Costs = list[tuple[int, int]]


class _Answer:
    """The state of an app while a request is answered."""

    def __init__(
        self, store: Store, keys: list[str], request: ReserveRequest, now: float, new_epoch: Callable[[], str]
    ) -> None:
        self._request = request
        self._now = now
        self.app = self._load_app(store.app(keys[0]), new_epoch)
        self.app_slices = Slices(self.app.slices, _APP_SLICE_US, now - _SECOND - ANSWER_US)
        self.app_share = Share(self.app.share, _SECOND / self.app.flow)
        self.app_share.ahead, self.app_share.units_ahead = self.app_slices.sum_after(now + _APP_SLICE_US - ANSWER_US)
        self.buckets: list[Bucket] = []
        for index, name in enumerate(keys[1 : len(request.units) + 1]):
            stored = store.bucket(name)
            if stored is not None and (stored.epoch != self.app.epoch or stored.kept_until < now):
                stored = None
            self.buckets.append(Bucket(stored, request, index, epoch=self.app.epoch, now=now))

    def _load_app(self, stored: StoredApp | None, new_epoch: Callable[[], str]) -> StoredApp:
        """Return the app; a new epoch begins if its state is lost or the clock went back."""
        now, request = self._now, self._request
        if stored is None or now < stored.seen - _SECOND:
            # Earlier reservations may still be in use.
            until = now + request.ahead
            stored = StoredApp(new_epoch(), now, until, now, until, [], 1.0, StoredShare())
        if request.quiet > 0:
            until = now + request.quiet
            stored.quiet, stored.unknown_until = max(stored.quiet, until), max(stored.unknown_until, until)
        return stored

    # Returned reservations, and refusals

    def settle(self) -> None:
        """Take back returned reservations, and count refusals."""
        request, now = self._request, self._now
        if request.epoch == self.app.epoch:
            for at, parts in request.back:
                if self.app_slices.take_off(at, 1, 0):
                    self.app_share.count_return(at, 1)
                for position, units, length in parts:
                    self.buckets[position - 1].give_back(now, at, units, length)
        for position, at in request.refused:
            if position:
                self.buckets[position - 1].share.count_refusal(now, at)
            else:
                self._refuse_app(at)

    def _refuse_app(self, at: float) -> None:
        # The recent calls of all commands. At the first refusal that concerns the whole app, they are the flow that
        # was too high.
        if self.app_share.kept_for == 0:
            calls, _ = self.app_slices.sum_after(self._now - _SECOND - ANSWER_US)
            self.app.flow = float(max(1, calls - self.app_share.ahead))
            self.app_share.unit = _SECOND / self.app.flow
        self.app_share.count_refusal(self._now, at)

    # Reservations

    def _find(self, costs: Costs) -> float:
        moment = self._now
        for _ in range(_SEARCH_STEPS):
            start = moment
            for position, units in costs:
                bucket = self.buckets[position - 1]
                start = max(start, bucket.paced_from)
                if not bucket.is_counted:
                    start = bucket.timeline.earliest(start, units * bucket.length)
                start = bucket.opens_at(start, units)
            if start == moment:
                return start
            moment = start
        buckets = [self.buckets[position - 1] for position, _ in costs]
        return max(moment, *(bucket.timeline.tail for bucket in buckets), *(bucket.bursts_until for bucket in buckets))

    def _may_burst(self, costs: Costs) -> bool:
        return all(self.buckets[position - 1].may_burst(self._now, units) for position, units in costs)

    def _reserve(self, costs: Costs, at: float, *, is_burst: bool) -> None:
        for position, units in costs:
            self.buckets[position - 1].reserve(self._now, at, units, is_burst=is_burst)
        self.app_slices.add(at, 1, 0)
        self.app_share.count_grant(self._now, at, 1)

    def reserve(self) -> tuple[list[list[float]], list[int]]:
        """Return the moments of each batch, and how many of it may also go now."""
        now, app_part = self._now, self.app_share.at(self._now)
        for bucket in self.buckets:
            bucket.prepare(self.app, now, app_part)
        batches, bursts = [], []
        horizon: float | None = None
        for wanted, costs, wanted_now in self._request.batches:
            moments: list[float] = []
            burst = 0
            while len(moments) + burst < max(wanted, wanted_now):
                start = self._find(costs)
                is_paced = start <= now and len(moments) < wanted
                if not is_paced and len(moments) + burst < wanted_now and self._may_burst(costs):
                    self._reserve(costs, now, is_burst=True)
                    burst += 1
                elif wanted_now > 0 and len(moments) + burst >= wanted_now and self._may_burst(costs):
                    break  # the caller cannot use more now, and may still burst when it can
                elif len(moments) < wanted and not (horizon is not None and start > horizon):
                    # One reservation is always made, more only while they are near: within half of the time left
                    # up to `ahead`.
                    if horizon is None:
                        horizon = start + max(0.0, (now + self._request.ahead - start) / 2)
                    self._reserve(costs, start, is_burst=False)
                    moments.append(start)
                else:
                    break
            batches.append(moments)
            bursts.append(burst)
        return batches, bursts


def reserve(
    store: Store, keys: list[str], request: ReserveRequest, now: float, new_epoch: Callable[[], str]
) -> ReserveReply:
    """Answer a request, and store the result.

    Args:
        store: stores the state.
        keys: the names of the app and of the buckets.
        request: the request.
        now: the time.
        new_epoch: returns a name that no epoch has had.
    """
    answer = _Answer(store, keys, request, now, new_epoch)
    answer.settle()
    batches, bursts = answer.reserve()
    app = answer.app
    app.seen, app.slices = now, answer.app_slices.slices
    saved = [(name, bucket.stored(app.epoch, now)) for name, bucket in zip(keys[1:], answer.buckets, strict=False)]
    store.save(keys[0], app, saved)
    return ReserveReply(
        epoch=app.epoch,
        now=now,
        flow=app.flow,
        app=answer.app_share.state,
        batches=batches,
        bursts=bursts,
        buckets=[bucket.state(now) for bucket in answer.buckets],
    )
