"""No body breaks a handler: for any request, every command answers as the service does."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.emulator import golden
from tests.emulator.golden import answer, peopled, places
from tests.generated import SCALARS, TEXTS
from tests.profiles import examples
from tim_async import endpoints

GOLDEN = list(golden.GOLDEN.values())
# What makes things goes first, so that the others find some.
GOLDEN.sort(key=lambda content: not any(word in content["command"] for word in ("import", "create", "add", "send")))

DROP = object()
NESTED = json.loads("[" * 900 + "]" * 900)
ODD = ["9" * 5000, "²", "a" * 3000, "好" * 40, 10**30, 1e308, NESTED, [None], [[]], [{}], {"": None}]
VALUES = st.one_of(
    st.just(DROP),
    st.sampled_from(ODD),
    st.recursive(SCALARS, lambda part: st.lists(part) | st.dictionaries(TEXTS, part)),
)
EDITS = st.lists(st.tuples(st.integers(0, 1000), VALUES), min_size=1, max_size=3)


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


# Making a finding smaller would take minutes: each example is a call of every command.
@settings(max_examples=examples(25), phases=[Phase.generate])
@given(edits=EDITS)
def test_no_body_breaks_a_handler(edits: list[tuple[int, Any]]) -> None:
    emulator = peopled(GOLDEN)
    for content in GOLDEN:
        body = json.dumps(edited(content["request"], edits)).encode()
        assert b"broke" not in answer(emulator, content["command"], body), (content["command"], body)


def test_no_odd_value_of_a_field_breaks_a_handler() -> None:
    emulator = peopled(GOLDEN)
    for content in GOLDEN:
        for field in content["request"]:
            for value in ODD:
                body = json.dumps({**content["request"], field: value}).encode()
                assert b"broke" not in answer(emulator, content["command"], body), (content["command"], field)


def test_every_command_is_tried() -> None:
    assert {content["command"] for content in GOLDEN} == set(endpoints())


def test_bodies_are_not_only_refused() -> None:
    """Most bodies of the documents are carried out, so that an edited one gets far enough to break something."""
    emulator = peopled(GOLDEN)
    codes = [
        json.loads(answer(emulator, content["command"], json.dumps(content["request"]).encode()))["ErrorCode"]
        for content in GOLDEN
    ]
    assert codes.count(0) > len(codes) * 2 / 3
