"""A sample of each command: a request that the emulator takes, and the answer to it.

They are those that the tests hold the wire form and the emulator against (`tests/wire`), the shortest of each command,
without fields that the documents list but no one group or message can have together.
"""

from __future__ import annotations

import json
import re
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.emulator.worlds import CHANGED, DROP
from tim_async import endpoints
from tim_async._explorer.copies import copies_of

_FOLDER: Final = Path(__file__).parents[2] / "tests" / "wire"
_IMPORT: Final = "from tim_async import "
_WIDTH: Final = 88


class Sample(NamedTuple):
    """A request and its answer, as JSON values.

    Attributes:
        name: folder and name of its file, such as `c2c/sendmsg`.
    """

    name: str
    request: dict[str, Any]
    reply: dict[str, Any]


class Examples(NamedTuple):
    """A request in each of the ways in which it can be made: two programs, two lines of a shell."""

    python: str
    blocking: str
    curl: str
    command: str


@lru_cache(maxsize=1)
def samples() -> dict[str, Sample]:
    """Return the sample of each command."""
    found: dict[str, Sample] = {}
    for path in sorted(_FOLDER.glob("*/*.json")):
        content = json.loads(path.read_text("utf-8"))
        name = f"{path.parent.name}/{path.stem}"
        changed = {
            **content["request"],
            **{key: new for key, new in CHANGED.get(name, {}).items() if _is_right(key, new)},
        }
        request = {field: value for field, value in changed.items() if value is not DROP}
        sample = Sample(name, request, content["reply"])
        other = found.get(content["command"])
        if other is None or _rank(sample) < _rank(other):
            found[content["command"]] = sample
    return found


def examples(command: str, request: dict[str, Any]) -> Examples:
    """Return a request of a command in all ways."""
    copies = copies_of(endpoints()[command], request)
    assert copies.python is not None  # a sample is an object
    return Examples(copies.python, _blocking(copies.python), copies.curl or "", copies.command or "")


def _is_right(field: str, value: object) -> bool:
    """Whether the tests change a field because no app could send it; the others are about what the emulator knows."""
    return value is DROP or field == "EndTime"


def _rank(sample: Sample) -> tuple[bool, bool, int]:
    """Order samples: those that succeed before others, the beginning of a stream before its end, short before long."""
    return bool(sample.reply.get("ErrorCode")), sample.name.endswith(".last"), len(json.dumps(sample.request))


def _blocking(program: str) -> str:
    """Return a program with an event loop as one without: the same calls, without `async` and `await`."""
    found = re.fullmatch(
        r"import asyncio\n\nfrom tim_async import (.*?)\n\n\nasync def main\(\) -> None:\n"
        r"(    async with .*?)\n\n\nasyncio\.run\(main\(\)\)\n",
        program,
        re.DOTALL,
    )
    assert found is not None, program
    names = [name for name in re.findall(r"\w+", found[1]) if name != "TimClient"]
    line = f"{_IMPORT}{', '.join(names)}\n"
    if len(line) > _WIDTH:
        line = f"{_IMPORT}(\n{''.join(f'    {name},{chr(10)}' for name in names)})\n"
    body = textwrap.dedent(found[2]).replace("async with ", "with ", 1).replace(" = await client", " = client", 1)
    return f"{line if names else ''}from tim_async.blocking import TimClient\n\n{body}\n"
