"""The report of a run on an app: the contents of each answer, and the emulator's differences; no secrets or names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..._version import __version__
from .comparison import Difference, compare, shape
from .recording import Answer, Run


class Compared(msgspec.Struct, frozen=True):
    """One step of a run, with the differences of the emulator.

    Attributes:
        name: what it does.
        command: the command.
        code: the ErrorCode of the service.
        took_ms: milliseconds that the service took.
        fields: the contents of its answer, by path.
        differences: the differences of the emulator's answer.
    """

    name: str
    command: str
    code: int | None
    took_ms: int
    fields: dict[str, str]
    differences: Sequence[Difference]


def compared(service: Run, emulator: Run) -> list[Compared]:
    """Return the steps that both runs have."""
    return [_compared(theirs, ours) for theirs, ours in zip(service.answers, emulator.answers, strict=False)]


def _compared(service: Answer, emulator: Answer) -> Compared:
    return Compared(
        service.step.name,
        service.step.command,
        service.code,
        round(service.took_s * 1000),
        shape(service),
        compare(service, emulator),
    )


def write_report(path: Path, steps: Sequence[Compared], run: Run, *, region: str) -> None:
    """Write the report as JSON; do not overwrite an existing file.

    Raises:
        OSError: it cannot be written, or exists already.
    """
    content: dict[str, Any] = {
        "tim_async": __version__,
        "region": region,
        "is_whole": run.problem is None,
        "is_cleaned_up": not run.left,
        "steps": [
            {**msgspec.to_builtins(step), "differences": [each._asdict() for each in step.differences]}
            for step in steps
        ],
    }
    with path.open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
