"""How many examples hypothesis tries: some by default, all where pytest is given `--hypothesis-profile=ci`.

A slow machine fails no test, so there is no deadline. Nothing is saved for the next run either: an example that fails
becomes a separate test.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_ALL = 100


def register() -> None:
    """Register the profiles, and load the quick one unless an option selects another."""
    for name, count in (("ci", _ALL), ("quick", 40)):
        settings.register_profile(
            name, max_examples=count, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
        )
    settings.load_profile("quick")


def examples(count: int) -> int:
    """Return how many examples to try where the profile `ci` tries `count`."""
    return max(1, count * settings().max_examples // _ALL)
