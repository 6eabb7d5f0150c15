"""How a bucket reacts to "too many calls": the share of its configured flow that it uses.

What the service does. It answers 60007 (or another code, or HTTP 429) to a call that exceeds its limit. It does not
report how many calls are left: other processes of the app may use part of the limit, the app's plan may allow less than
the documented limit, and some services occasionally refuse a call for reasons of their own.

What we do. Each bucket has a *share* of its configured flow, initially 1, so the configured limit is never exceeded.
Calls are counted in *beats* of half a second, or of ten calls if those take longer. A few refusals are forgiven: two,
and 0.3 % of the calls. Refusals beyond that cut the share by 1.5 times the refused part of the calls plus 2 %, and by
half at most. The share then recovers, slowly at first and then along a cubic curve that reaches the whole after 15 s.
At the service's limit this produces a sawtooth with one to three refusals every few seconds.

A test distinguishes overload from random errors. If fewer than a tenth of the calls are refused, a series of cuts stops
at a fifth below the share that it started with. That removes any overload of less than a tenth. If calls are still
refused, the rate is not the cause, and the share returns to where the series started.

Calls are never paused: the minimum share is a hundredth, or one unit in two seconds. Refusals of calls granted before
the last cut do not count, because they say nothing about the current share.

The object is pure: the time is passed in, in seconds of any monotonic clock. The constants were chosen by simulation,
and none of them is critical; `tests/core/test_adaptive_share.py` has the scenarios.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

BEAT_S: Final = 0.5  # longer than the round trip to the service, shorter than the second that it counts
FEW_CALLS: Final = 10  # with fewer calls, the refused part means nothing
FORGIVEN_PART: Final = 0.003  # the refused part at which growth and cuts balance
FORGIVEN_STORE: Final = 2.0
OVERLOAD_PART: Final = 0.1  # above random errors of 3 %, below any real overload
TEST_DEPTH: Final = 0.8  # the fraction of the share at which overload of less than a tenth has gone
CUT_FACTOR: Final = 1.5  # the free part is unknown: if others use half the limit, the excess is twice the refused part
CUT_MARGIN: Final = 0.02  # goes below the limit and lets two clients converge
DEEPEST_CUT: Final = 0.5  # when everything is refused, the part carries no more information
SLOW_GROWTH: Final = 0.002  # of the whole, per beat
GROWTH_BEATS: Final = 30.0  # a cut is forgotten after this many beats
KEPT_BEATS: Final = 40.0  # forgiveness and the average cost restart after this many beats without a refusal
HURRY_PART: Final = 1 / 8  # of a beat's calls; once this many are refused, the beat ends early
HURRY_LEAST: Final = 5
LEAST_SHARE: Final = 0.01


def grown_share(base: float, beats: float) -> float:
    """Return the share at a number of beats after a cut to `base`."""
    return min(base + SLOW_GROWTH * beats + (beats / GROWTH_BEATS) ** 3, 1.0)


class Cut(NamedTuple):
    """The result of a cut.

    Attributes:
        share: the new share, before the minimum is applied.
        top: the share at which the current series of cuts began, 0.0 for none.
        is_taken_back: whether the last cuts had no effect, so that refusals are forgiven again.
    """

    share: float
    top: float
    is_taken_back: bool = False


def cut_share(old: float, top: float, *, excess: float, refusals: int, part: float) -> Cut:
    """Return the new share after a beat with too many refusals.

    Args:
        old: the current share.
        top: the share at which a series of cuts began, 0.0 outside one.
        excess: refusals that were not forgiven.
        refusals: all refusals.
        part: number of calls that the refusals are part of.
    """
    new = old * max(DEEPEST_CUT, 1.0 - CUT_FACTOR * excess / part - CUT_MARGIN)
    if refusals >= max(3.0, OVERLOAD_PART * part):
        return Cut(new, 0.0)  # clearly too fast: nothing to test
    if old >= top:
        return Cut(new, old)  # a series of small cuts starts here
    if new >= TEST_DEPTH * top:
        return Cut(new, top)
    new = TEST_DEPTH * top
    if old < 1.05 * new:  # a fifth slower and still refused: the rate is not the cause
        return Cut(top, 0.0, is_taken_back=True)
    return Cut(new, top)


class AdaptiveShare:
    """The share of a bucket's configured flow that is in force.

    Args:
        flow: the bucket's configured units a second.
    """

    __slots__ = (
        "_base",
        "_calls",
        "_cost",
        "_counts_from",
        "_cut_at",
        "_forgiven",
        "_refusals",
        "_since",
        "_top",
        "_units",
        "flow",
    )

    def __init__(self, flow: float) -> None:
        self.flow = flow
        self._base = 1.0  # the share right after the last cut
        self._cut_at = -math.inf
        self._counts_from = -math.inf  # a beat after the last cut
        self._since = -math.inf  # start of the current beat
        self._calls = 0  # granted in the beat
        self._units = 0  # their cost
        self._refusals = 0  # received in the beat
        self._cost = 1.0  # average per call, in the last beat that had any
        self._forgiven = FORGIVEN_STORE  # refusals that will still be forgiven
        self._top = 0.0  # the share at which a series of cuts began, 0.0 outside one

    def share(self, now: float) -> float:
        """Return the share in force, above 0 and at most 1."""
        if self._base >= 1.0:
            return 1.0
        share = grown_share(self._base, (now - self._cut_at) / self.beat_s)
        if share < 1.0:
            return share
        self._base = 1.0  # fully recovered: from now on this is one comparison
        return 1.0

    def granted(self, now: float, cost: int = 1) -> bool:
        """Count a granted call; return whether this cut the share, for earlier refusals."""
        if now >= self._counts_from:
            self._calls += 1
            self._units += cost
        return self._refusals > 0 and self._look(now)

    def refused(self, now: float, granted_at: float) -> bool:
        """Count a refused call; return whether this cut the share.

        Args:
            now: when the answer came.
            granted_at: when the call was granted.
        """
        if granted_at < self._counts_from:
            return False  # granted before the cut, or while the service's window still contained calls from before it
        self._refusals += 1
        return self._look(now)

    def shift(self, seconds: float) -> None:
        """Shift all times, for a clock that now shows a different time."""
        self._cut_at += seconds
        self._counts_from += seconds
        self._since += seconds

    def is_over(self, now: float) -> bool:
        """Return whether the share is whole again and no recent refusal has to be remembered."""
        return self.share(now) >= 1.0 and now > self._since + KEPT_BEATS * self.beat_s

    @property
    def beat_s(self) -> float:
        """Length of a beat in seconds: the time before a refused call is worth repeating."""
        return max(BEAT_S, FEW_CALLS * self._cost / self.flow)

    def _least(self) -> float:
        return max(LEAST_SHARE, min(0.5, 0.5 / self.flow))

    def _look(self, now: float) -> bool:
        """Judge the beat if it is over, or if so many calls were refused that it can end early."""
        beat = self.beat_s
        usual = self.share(now) * self.flow * beat / self._cost  # calls per beat
        is_over = now >= self._since + beat
        if not is_over and self._refusals < max(HURRY_LEAST, HURRY_PART * usual):
            return False
        calls, refusals = max(self._calls, self._refusals), self._refusals
        if self._calls:
            self._cost = self._units / self._calls
            self._counts_from = self._cut_at + self.beat_s
        # Calls of one beat: the counted ones may have taken longer, or be fewer if the beat ended early.
        length = max(now - self._since, 1e-9)
        part = max(refusals, calls * min(1.0, beat / length), 0.0 if is_over else usual / 2)
        self._since = now
        self._calls = self._units = self._refusals = 0
        left = self._forgiven + FORGIVEN_PART * calls - refusals
        if left >= 0.0:
            self._forgiven = min(left, FORGIVEN_STORE)
            return False
        self._forgiven = 0.0
        self._cut(now, beat, excess=-left, refusals=refusals, part=part)
        return True

    def _cut(self, now: float, beat: float, *, excess: float, refusals: int, part: float) -> None:
        cut = cut_share(self.share(now), self._top, excess=excess, refusals=refusals, part=part)
        self._top = cut.top
        if cut.is_taken_back:
            self._forgiven = FORGIVEN_STORE
        self._base = max(cut.share, self._least())
        self._cut_at = now
        self._since = now + beat
        self._counts_from = now + self.beat_s
