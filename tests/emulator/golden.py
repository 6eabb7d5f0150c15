"""The golden files as requests to an emulator that knows their accounts and groups."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from tim_async import endpoints
from tim_async.emulator import Emulator
from tim_async.emulator.outgoing.outbox import Caller
from tim_async.emulator.state.group import Groups
from tim_async.emulator.state.group_rules import rules_of

PATHS = sorted(Path(__file__).parents[1].glob("wire/*/*.json"))
_KINDS = {"@TGS#_": "Community", "group": "Public", "live": "AVChatRoom"}


def load(path: Path) -> dict[str, Any]:
    """Read a golden file; ids that only the service gives become such as an app can choose."""
    kind = "live" if path.parent.name == "live_group" else "group"
    content: dict[str, Any] = json.loads(re.sub(r"@TGS#(?!_)", kind, path.read_text("utf-8")))
    return content


GOLDEN = {f"{path.parent.name}/{path.stem}": load(path) for path in PATHS}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place below a JSON value, as what has it and its name or number there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def texts(value: Any) -> Iterator[str]:
    """Yield every text below a JSON value."""
    for parent, key in places(value):
        if isinstance(parent[key], str):
            yield parent[key]


def peopled(contents: Sequence[dict[str, Any]], *, strangers: Collection[str] = (), **options: Any) -> Emulator:
    """Make an emulator that knows the accounts and groups of golden requests, strangers excepted."""
    emulator = Emulator(**options)
    known = {text for content in contents for text in texts(content["request"])}
    emulator.add_accounts("alice", *sorted(text for text in known - {*strangers} if 0 < len(text.encode()) <= 32))
    groups = emulator._state.part(Groups)
    for group_id in sorted(text for text in known if text.startswith(tuple(_KINDS)) and "TOPIC" not in text):
        rules = rules_of(next(kind for start, kind in _KINDS.items() if group_id.startswith(start)))
        assert rules is not None
        groups.create(rules, "a group", emulator._clock(), group_id=group_id, owner="alice", max_members=None)
    return emulator


def answer(emulator: Emulator, command: str, body: bytes) -> bytes:
    """Carry a request out; without a webhook nothing has to be waited for."""
    raw = json.loads(body)
    endpoint = endpoints()[command]
    try:
        emulator._service._carry_out(endpoint, "administrator", raw, body, Caller()).send(None)
    except StopIteration as done:
        code, answer = done.value
    assert json.loads(answer)["ErrorCode"] == code
    if code == 0:
        endpoint.read_result(answer)
    return bytes(answer)
