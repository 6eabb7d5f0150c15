from __future__ import annotations

import sys

import pytest

from tim_async.cli.commands.bulk._this_line import how_to_carry_on


def test_standard_input_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "bulk", "run", "-", "--format", "csv", "--name", "spring"])
    assert how_to_carry_on() == "to continue, run it again: tim-async bulk run --format csv --name spring"


def test_line_can_be_typed_again_and_has_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "see https://me:word@shop.example/?who=$name"
    line = ["x", "bulk", "run", "a b.csv", "--text", text, "--broker", "amqp://me:hunter2@mq/"]
    monkeypatch.setattr(sys, "argv", line)
    assert how_to_carry_on() == (
        f"to continue, run it again: tim-async bulk run 'a b.csv' --text '{text}' --broker 'amqp://me:***@mq/'"
    )
