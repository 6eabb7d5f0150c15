"""Samples of the documents, from end to end: the client's checks accept them, the emulator accepts them, and its
answer is read without a loss.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.golden import GOLDEN, answer, peopled
from tim_async import decode, encode, endpoints

ENVELOPE = {"ActionStatus", "ErrorInfo", "ErrorCode", "ErrorDisplay"}
# What a sample is refused for: it names what only an earlier call makes.
NOT_THERE = {
    1005: "an hour of years ago",
    2100: "words of a library",
    10004: "a member, a chatbot, a community with topics",
    10007: "a member, a topic",
    10050: "an attribute of a group",
    10062: "a message with receipts",
    20022: "a message",
    23004: "a message",
    30001: "a friend list",
    51009: "a conversation group",
    90001: "a range of days of years ago",
    90003: "a topic",
    90010: "a message of a group",
    90033: "an attribute of the app",
    90049: "a push",
    90054: "a stream",
    90104: "a scheduled push",
    130004: "an official account",
}


def filled(value: Any) -> Any:
    """Return a JSON value without empty lists, objects and texts, which a struct that is encoded may leave out."""
    if isinstance(value, dict):
        return {name: filled(part) for name, part in value.items() if part not in ([], {}, "")}
    return [filled(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("content", GOLDEN.values(), ids=GOLDEN)
def test_sample_passes_the_checks_the_emulator_and_back(content: dict[str, Any]) -> None:
    endpoint = endpoints()[content["command"]]
    request = decode(json.dumps(content["request"]), endpoint.request)
    request.check()
    body = endpoint.encode(request)
    reply = answer(peopled([content]), endpoint.command, body)
    fields = json.loads(reply)
    if fields["ErrorCode"] != 0:
        assert fields["ErrorCode"] in NOT_THERE
        assert "invalid body" not in fields["ErrorInfo"]
        return
    read = json.loads(encode(endpoint.read_result(reply)))
    assert filled({name: value for name, value in fields.items() if name not in ENVELOPE}) == filled(read)


def test_most_samples_are_carried_out() -> None:
    codes = [
        json.loads(answer(peopled([each]), each["command"], json.dumps(each["request"]).encode()))["ErrorCode"]
        for each in GOLDEN.values()
    ]
    assert codes.count(0) > len(codes) * 2 / 3
