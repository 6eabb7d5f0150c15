"""Check the variables that name the app; nothing is sent."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from .finding import Finding, doubtful, right, wrong

# All variables that this program reads.
KNOWN: Final = frozenset(
    {
        "TIM_SDK_APP_ID", "TIM_SECRET_KEY", "TIM_IDENTIFIER", "TIM_REGION", "TIM_BASE_URL", "TIM_LEDGER",
        "TIM_BROKER_URL", "TIM_REDIS_URL", "TIM_QUEUE_PREFIX", "TIM_OTEL", "TIM_HEALTH_PORT", "TIM_HEALTH_ADDRESS",
        "TIM_WEBHOOK_TOKEN", "TIM_WEBHOOK_URL",
    }
)  # fmt: skip
_SHOWN: Final = ("TIM_IDENTIFIER", "TIM_REGION", "TIM_BASE_URL")


def examine_variables(environment: Mapping[str, str], *, app: int | None, key: str, is_service: bool) -> list[Finding]:
    """Return the findings about the environment.

    Args:
        environment: the variables.
        app: the app that was named, None without one.
        key: its key, "" for none.
        is_service: whether the service itself is called; emulators accept any key.
    """
    found = [*_misspelt(environment)]
    if app is None:
        found.append(wrong("variables", "TIM_SDK_APP_ID is not set", "set it to the app's id, as shown in the console"))
    if not key:
        found.append(
            wrong("variables", "TIM_SECRET_KEY is not set", "set it to the app's key, as shown in the console")
        )
    elif is_service and re.fullmatch(r"[0-9A-Fa-f]{64}", key) is None:
        text = f"TIM_SECRET_KEY has {len(key)} characters; keys are usually 64 hexadecimal digits"
        found.append(doubtful("variables", text, "copy the whole key from the console again, and nothing else"))
    if not any(each.state == "wrong" for each in found):
        shown = [f"{name}={environment[name]}" for name in _SHOWN if environment.get(name)]
        found.append(right("variables", ", ".join([f"app {app}", "a key", *shown])))
    return found


def _misspelt(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables whose names are similar to those that are read; their values may be secrets."""
    for name in sorted(environment):
        if name in KNOWN or not re.match(r"TIM_|TENCENT_IM_|IM_", name) or name.startswith("TIM_TEST_"):
            continue
        near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.7)
        if near:
            yield doubtful("variables", f"{name} is set but not used", f"did you mean {near[0]}?")
