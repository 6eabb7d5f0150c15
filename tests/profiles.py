"""How many examples hypothesis tries: some by default, all where pytest is given `--hypothesis-profile=ci`.

A slow machine fails no test, so there is no deadline. Nothing is kept for the next run either: an example that breaks
something becomes a test of its own.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_ALL = 100


def register() -> None:
    """Make the profiles, and take the quick one until an option says otherwise."""
    for name, count in (("ci", _ALL), ("quick", 40)):
        settings.register_profile(
            name, max_examples=count, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
        )
    settings.load_profile("quick")


def examples(count: int) -> int:
    """Return how many examples to try where the profile `ci` tries `count`."""
    return max(1, count * settings().max_examples // _ALL)
