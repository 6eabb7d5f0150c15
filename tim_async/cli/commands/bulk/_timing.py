"""Convert the options of `bulk` for when and how fast a campaign sends."""

from __future__ import annotations

from typing import Any

from ..._errors import stop

# The value that removes a setting.
_NONE = "none"


def read_timing(
    *,
    not_before: str | None,
    until: str | None,
    between: str | None,
    time_zone: str | None,
    rate: str | None,
    share: str | None,
    may_remove: bool = False,
) -> dict[str, Any]:
    """Return the given arguments; with `may_remove`, None for those that are `none`."""
    given = {
        "not_before": not_before,
        "until": until,
        "between": between,
        "time_zone": time_zone,
        "rate": rate,
        "share": share,
    }
    read: dict[str, Any] = {}
    for name, text in given.items():
        if text is None:
            continue
        if may_remove and text == _NONE:
            read[name] = None
        elif name == "between":
            read[name] = _read_hours(text)
        elif name in ("rate", "share"):
            read[name] = _read_number(f"--{name}", text)
        else:
            read[name] = text
    return read


def _read_hours(text: str) -> tuple[str, str]:
    begin, dash, end = text.partition("-")
    if not dash:
        stop(f"--between {text}: give two hours of the day, such as 09:00-21:00")
    return begin.strip(), end.strip()


def _read_number(option: str, text: str) -> float:
    is_percent = option == "--share" and text.endswith("%")
    try:
        number = float(text.removesuffix("%") if is_percent else text)
    except ValueError:
        stop(f"{option} {text}: not a number" + (" or percentage, such as 40%" if option == "--share" else ""))
    return number / 100 if is_percent else number
