"""How a bucket reacts to "too many calls": which share of its configured flow it uses.

What the service does. It answers 60007 (or another code, or HTTP 429) to a call that is too many for it. It does not
say how many are left: other processes of the same app may take a part, the app's plan may be smaller than the
documented limit, and some services refuse a call now and then for reasons of their own.

What we do. Each bucket has a *share* of its configured flow, 1 at first, so the configured limit is never passed. Calls
are counted in *beats* of half a second, or of ten calls where those take longer. A few refusals are forgiven: two, and
0.3 % of the calls. What is over that cuts the share, by 1.5 times the part of the calls that was refused and 2 % more,
at most by half. Then the share grows back by itself, slowly at first and then as a cube that reaches the whole after
15 s; at the limit that makes a saw, with a tooth of one to three refusals every few seconds.

A test distinguishes overload from random errors. Where fewer than a tenth of the calls are refused, a series of cuts
ends at a fifth below the share that it began with. Overload of less than a tenth is gone there. If calls are refused
all the same, the rate has nothing to do with it, and the share goes back to where the series began.

There is no pause: the least share is a hundredth, or one unit in two seconds. Refusals of calls that were granted
before the last cut are not counted; they say nothing about the share that is in force now.

The object is pure: the time is passed in, in seconds of any clock that does not go back. The constants were chosen by
simulation and hardly matter one by one; `tests/core/test_adaptive_share.py` has the scenarios.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

BEAT_S: Final = 0.5  # longer than the way to the service, shorter than the second that it counts
FEW_CALLS: Final = 10  # a part of fewer calls says nothing
FORGIVEN_PART: Final = 0.003  # the part refused at which growth and cuts balance
FORGIVEN_STORE: Final = 2.0
OVERLOAD_PART: Final = 0.1  # above random errors of 3 %, below any real overload
TEST_DEPTH: Final = 0.8  # the share of the share at which overload of less than a tenth is gone
CUT_FACTOR: Final = 1.5  # what is free is not known: where others take a half, the excess is twice the part refused
CUT_MARGIN: Final = 0.02  # gets below the limit, and lets two clients converge
DEEPEST_CUT: Final = 0.5  # when everything is refused, the part says nothing more
SLOW_GROWTH: Final = 0.002  # of the whole, a beat
GROWTH_BEATS: Final = 30.0  # after so many beats a cut is forgotten
KEPT_BEATS: Final = 40.0  # after so many without a refusal, what is forgiven and what a call costs begin again
HURRY_PART: Final = 1 / 8  # of a beat's calls; where so many are refused, the beat is not waited for
HURRY_LEAST: Final = 5
LEAST_SHARE: Final = 0.01


def grown_share(base: float, beats: float) -> float:
    """Return the share so many beats after a cut to `base`."""
    return min(base + SLOW_GROWTH * beats + (beats / GROWTH_BEATS) ** 3, 1.0)


class Cut(NamedTuple):
    """What a share is cut to.

    Attributes:
        share: the new share, before its least value.
        top: the share at which the series of cuts began that goes on, 0.0 for none.
        is_taken_back: whether the last cuts had not helped, so that refusals are forgiven again.
    """

    share: float
    top: float
    is_taken_back: bool = False


def cut_share(old: float, top: float, *, excess: float, refusals: int, part: float) -> Cut:
    """Return what becomes of a share after a beat with too many refusals.

    Args:
        old: the share in force.
        top: the share at which a series of cuts began, 0.0 outside of one.
        excess: refusals that were not forgiven.
        refusals: all of them.
        part: calls of which they were a part.
    """
    new = old * max(DEEPEST_CUT, 1.0 - CUT_FACTOR * excess / part - CUT_MARGIN)
    if refusals >= max(3.0, OVERLOAD_PART * part):
        return Cut(new, 0.0)  # plainly too fast: nothing to test
    if old >= top:
        return Cut(new, old)  # a series of small cuts begins here
    if new >= TEST_DEPTH * top:
        return Cut(new, top)
    new = TEST_DEPTH * top
    if old < 1.05 * new:  # refused as before, a fifth slower: it is not the rate
        return Cut(top, 0.0, is_taken_back=True)
    return Cut(new, top)


class AdaptiveShare:
    """The share of a bucket's configured flow that is in force.

    Args:
        flow: units a second that the bucket lets through as configured.
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
        self._since = -math.inf  # when the beat began that is counted now
        self._calls = 0  # granted in it
        self._units = 0  # what they cost
        self._refusals = 0  # that came in it
        self._cost = 1.0  # of a call on average, by the last beat that had any
        self._forgiven = FORGIVEN_STORE  # refusals that would still be forgiven
        self._top = 0.0  # the share at which a series of cuts began, 0.0 outside of one

    def share(self, now: float) -> float:
        """Return the share in force, more than 0 and at most 1."""
        if self._base >= 1.0:
            return 1.0
        share = grown_share(self._base, (now - self._cut_at) / self.beat_s)
        if share < 1.0:
            return share
        self._base = 1.0  # grown back: from now on this is one comparison
        return 1.0

    def granted(self, now: float, cost: int = 1) -> bool:
        """Count a call that was granted; return whether the share was cut then, for refusals that came before."""
        if now >= self._counts_from:
            self._calls += 1
            self._units += cost
        return self._refusals > 0 and self._look(now)

    def refused(self, now: float, granted_at: float) -> bool:
        """Count a call that the service refused; return whether the share was cut for it.

        Args:
            now: when the answer came.
            granted_at: when the call was granted.
        """
        if granted_at < self._counts_from:
            return False  # granted before the cut, or while the service's own window still held what was before it
        self._refusals += 1
        return self._look(now)

    def shift(self, seconds: float) -> None:
        """Move it in time, to a clock that shows another time."""
        self._cut_at += seconds
        self._counts_from += seconds
        self._since += seconds

    def is_over(self, now: float) -> bool:
        """Return whether it is the whole again, and no refusal of late is to be remembered."""
        return self.share(now) >= 1.0 and now > self._since + KEPT_BEATS * self.beat_s

    @property
    def beat_s(self) -> float:
        """Seconds of a beat: what passes before a refused call is worth repeating."""
        return max(BEAT_S, FEW_CALLS * self._cost / self.flow)

    def _least(self) -> float:
        return max(LEAST_SHARE, min(0.5, 0.5 / self.flow))

    def _look(self, now: float) -> bool:
        """Judge the beat when it is over, or when so many calls were refused that it need not be waited for."""
        beat = self.beat_s
        usual = self.share(now) * self.flow * beat / self._cost  # calls of a beat
        is_over = now >= self._since + beat
        if not is_over and self._refusals < max(HURRY_LEAST, HURRY_PART * usual):
            return False
        calls, refusals = max(self._calls, self._refusals), self._refusals
        if self._calls:
            self._cost = self._units / self._calls
            self._counts_from = self._cut_at + self.beat_s
        # Calls of a beat: those that were counted may have taken longer, or be fewer when there was no time to wait.
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
