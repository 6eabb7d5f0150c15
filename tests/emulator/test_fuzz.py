"""No body breaks a handler: whatever a request holds, every command answers as the service does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.generated import SCALARS, TEXTS
from tests.profiles import examples
from tim_async import endpoints
from tim_async.emulator import Emulator
from tim_async.emulator.outgoing.outbox import Caller
from tim_async.emulator.state.group import Groups
from tim_async.emulator.state.group_rules import rules_of


def load(path: Path) -> dict[str, Any]:
    """Read a golden file; ids that only the service gives become such as an app can choose."""
    kind = "live" if path.parent.name == "live_group" else "group"
    content: dict[str, Any] = json.loads(re.sub(r"@TGS#(?!_)", kind, path.read_text("utf-8")))
    return content


GOLDEN = [load(path) for path in sorted(Path(__file__).parents[1].glob("wire/*/*.json"))]
# What makes things goes first, so that the others find some.
GOLDEN.sort(key=lambda content: not any(word in content["command"] for word in ("import", "create", "add", "send")))

KINDS = {"@TGS#_": "Community", "group": "Public", "live": "AVChatRoom"}
DROP = object()
NESTED = json.loads("[" * 900 + "]" * 900)
ODD = ["9" * 5000, "²", "a" * 3000, "好" * 40, 10**30, 1e308, NESTED, [None], [[]], [{}], {"": None}]
VALUES = st.one_of(
    st.just(DROP),
    st.sampled_from(ODD),
    st.recursive(SCALARS, lambda part: st.lists(part) | st.dictionaries(TEXTS, part)),
)
EDITS = st.lists(st.tuples(st.integers(0, 1000), VALUES), min_size=1, max_size=3)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place below a JSON value, as what has it and its name or number there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def edited(body: dict[str, Any], edits: list[tuple[int, Any]]) -> dict[str, Any]:
    body = copy.deepcopy(body)
    found = list(places(body))
    for number, new in edits if found else ():
        parent, key = found[number % len(found)]
        if isinstance(parent, list):
            parent[:] = [] if new is DROP else [new]
        elif new is DROP:
            parent.pop(key, None)
        else:
            parent[key] = new
    return body


def texts(value: Any) -> Iterator[str]:
    for parent, key in places(value):
        if isinstance(parent[key], str):
            yield parent[key]


def peopled() -> Emulator:
    """Make an emulator that knows the accounts and groups of the golden files."""
    emulator = Emulator()
    known = {text for content in GOLDEN for text in texts(content["request"])}
    emulator.add_accounts("alice", *sorted(text for text in known if 0 < len(text.encode()) <= 32))
    groups = emulator._state.part(Groups)
    for group_id in sorted(text for text in known if text.startswith(tuple(KINDS)) and "TOPIC" not in text):
        rules = rules_of(next(kind for start, kind in KINDS.items() if group_id.startswith(start)))
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
    return answer


# Making a finding smaller would take minutes: each example is a call of every command.
@settings(max_examples=examples(25), phases=[Phase.generate])
@given(edits=EDITS)
def test_no_body_breaks_a_handler(edits: list[tuple[int, Any]]) -> None:
    emulator = peopled()
    for content in GOLDEN:
        body = json.dumps(edited(content["request"], edits)).encode()
        assert b"broke" not in answer(emulator, content["command"], body), (content["command"], body)


def test_no_odd_value_of_a_field_breaks_a_handler() -> None:
    emulator = peopled()
    for content in GOLDEN:
        for field in content["request"]:
            for value in ODD:
                body = json.dumps({**content["request"], field: value}).encode()
                assert b"broke" not in answer(emulator, content["command"], body), (content["command"], field)


def test_every_command_is_tried() -> None:
    assert {content["command"] for content in GOLDEN} == set(endpoints())


def test_bodies_are_not_only_refused() -> None:
    """Most bodies of the documents are carried out, so that an edited one gets far enough to break something."""
    emulator = peopled()
    codes = [
        json.loads(answer(emulator, content["command"], json.dumps(content["request"]).encode()))["ErrorCode"]
        for content in GOLDEN
    ]
    assert codes.count(0) > len(codes) * 2 / 3
