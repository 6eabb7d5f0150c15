"""`--json`: every command that prints facts prints them as one JSON object on one line, too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.helpers import APP, KEY, Invoke, emulated
from tim_async.cli.app import Root
from tim_async.cli.commands.bulk.group import Bulk
from tim_async.usersig import generate_user_sig

# Their output is not data: lines of a log, an answer that is already JSON, a shell's script, and the address of a page.
WITHOUT = {"worker", "call", "bulk", "completion", "console", "watch"}


def commands() -> Iterator[object]:
    for group, entries in (("", Root.entries), ("bulk ", Bulk.entries)):
        for entry in entries:
            if entry.name not in WITHOUT:
                yield pytest.param(entry, id=f"{group}{entry.name}")


@pytest.mark.parametrize("entry", list(commands()))
def test_every_command_has_the_option(entry: object) -> None:
    loaded = entry.load()  # type: ignore[attr-defined]  # an Entry
    nested = getattr(loaded, "entries", None)  # a nested group
    for command in [each.load() for each in nested] if nested else [loaded]:
        assert "--json" in {option for parameter in command.params for option in parameter.opts}, command.name


def facts(invoke: Invoke, *args: str, stdin: str | None = None, code: int = 0) -> dict[str, object]:
    result = invoke(*args, "--json", stdin=stdin)
    assert (result.exit_code, result.stdout.count("\n")) == (code, 1), result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


@pytest.mark.usefixtures("credentials")
def test_send(invoke: Invoke) -> None:
    with emulated() as emulator:
        found = facts(invoke, "send", "bob", "hi", "--base-url", emulator.url)
        [message] = emulator.messages()
    assert found == {"to_account": "bob", "msg_key": message.msg_key, "msg_time": message.msg_time_stamp}


@pytest.mark.usefixtures("credentials")
def test_user_sig(invoke: Invoke) -> None:
    made = facts(invoke, "user-sig", "alice")
    assert made["account"] == "alice"
    read = facts(invoke, "user-sig", "--verify", stdin=str(made["user_sig"]))
    assert (read["account"], read["sdk_app_id"], read["verifies"]) == ("alice", int(APP), True)
    other = generate_user_sig(int(APP), KEY[::-1], "alice")
    read = facts(invoke, "user-sig", "--verify", stdin=other, code=1)
    assert (read["account"], read["verifies"]) == ("alice", False)


def test_endpoints(invoke: Invoke) -> None:
    found = facts(invoke, "endpoints", "mute")
    assert isinstance(found["endpoints"], list)
    assert {"name", "command", "purpose", "limits", "repeat"} <= found["endpoints"][0].keys()
    found = facts(invoke, "endpoints", "c2c.send")
    assert isinstance(found["endpoints"], list)
    [send] = found["endpoints"]
    assert "To_Account" in {field["wire_name"] for field in send["request"]}
    assert "MsgKey" in {field["wire_name"] for field in send["answer"]}


def test_explain(invoke: Invoke) -> None:
    found = facts(invoke, "explain", "20003")
    assert isinstance(found["codes"], list)
    assert (found["codes"][0]["code"], found["codes"][0]["topic"]) == (20003, "invalid-request")
    found = facts(invoke, "explain", "connect")
    assert (found["topic"], found["name"]) == ("connect", "ConnectError")
