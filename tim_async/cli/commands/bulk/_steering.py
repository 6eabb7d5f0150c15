"""The output of `pause`, `resume` and `cancel`: the result, the status of the campaign, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import EXIT_FAILED, stop
from ..._output import echo, print_json

if TYPE_CHECKING:
    from ....bulk import Report


def show_change(report: Report, *, is_changed: bool, did: str, otherwise: str, as_json: bool) -> None:
    """Print the result of a command; if nothing was changed, the exit code is 1.

    Args:
        report: the current status of the campaign.
        is_changed: whether it was changed.
        did: what was done, and what to type next.
        otherwise: why nothing was changed.
        as_json: whether to print one JSON object.
    """
    if as_json:
        print_json({"campaign": report.name, "is_changed": is_changed, "report": report})
    elif is_changed:
        echo(did)
        echo(str(report))
    if not is_changed:
        stop(f"nothing was changed: {otherwise}", EXIT_FAILED)
