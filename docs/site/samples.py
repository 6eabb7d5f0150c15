"""A sample of each command: a request that the emulator takes, and the answer to it.

They are those that the tests hold the wire form and the emulator against (`tests/wire`), the shortest of each command.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

_FOLDER: Final = Path(__file__).parents[2] / "tests" / "wire"


class Sample(NamedTuple):
    """A request and its answer, as JSON values.

    Attributes:
        name: folder and name of its file, such as `c2c/sendmsg`.
    """

    name: str
    request: dict[str, Any]
    reply: dict[str, Any]


@lru_cache(maxsize=1)
def samples() -> dict[str, Sample]:
    """Return the sample of each command."""
    found: dict[str, Sample] = {}
    for path in sorted(_FOLDER.glob("*/*.json")):
        content = json.loads(path.read_text("utf-8"))
        sample = Sample(f"{path.parent.name}/{path.stem}", content["request"], content["reply"])
        other = found.get(content["command"])
        if other is None or _rank(sample) < _rank(other):
            found[content["command"]] = sample
    return found


def _rank(sample: Sample) -> tuple[bool, int]:
    """Order samples: those that succeed before others, short ones before long ones."""
    return bool(sample.reply.get("ErrorCode")), len(json.dumps(sample.request))
