from __future__ import annotations

from typing import Any

import pytest

from tests.cli.helpers import Invoke
from tim_async import endpoints
from tim_async._api.endpoint import Endpoint
from tim_async.cli import _registry


def test_all_endpoints_are_listed_with_command_and_purpose(invoke: Invoke) -> None:
    result = invoke("endpoints")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) == len(endpoints())
    assert ["c2c.send", "openim/sendmsg", "Send one message to one account."] in [
        line.split(maxsplit=2) for line in lines
    ]
    assert result.stderr == f"{len(lines)} endpoints; name one of them to see its fields\n"


@pytest.mark.parametrize("word", ["c2c.send", "openim/sendmsg"], ids=["name although others begin with it", "command"])
def test_one_endpoint_is_shown_with_fields_limits_and_document(invoke: Invoke, word: str) -> None:
    output = invoke("endpoints", word).stdout
    assert "document   I34919" in output
    assert "limits     200/s" in output
    assert "harmless to repeat: yes, within 120 s" in output
    (to_account,) = [line for line in output.splitlines() if line.startswith("  To_Account")]
    assert to_account.split() == ["To_Account", "string", "required", "the", "recipient,", "1", "to", "32", "bytes."]
    assert "    AndroidInfo" in output
    assert "answer:\n  MsgTime " in output


@pytest.mark.parametrize("word", ["MSGKEY", "I35478", "roam", "history"], ids=["field", "document", "name", "purpose"])
def test_endpoint_is_found_by_anything_that_is_known_of_it(word: str) -> None:
    assert "c2c.get_roam_msgs" in [
        _registry.path(each) for each in _registry.search(word.replace("MSGKEY", "lastMsgKEY"))
    ]


def test_word_that_nothing_matches(invoke: Invoke) -> None:
    result = invoke("endpoints", "xyzzy")
    assert (result.exit_code, result.stderr) == (
        1,
        "tim-async: no endpoint matches 'xyzzy'; `tim-async endpoints` lists them all\n",
    )


@pytest.mark.parametrize("endpoint", endpoints().values(), ids=list(endpoints()))
def test_every_endpoint_can_be_shown_and_every_field_has_a_note(invoke: Invoke, endpoint: Endpoint[..., Any]) -> None:
    assert _registry.purpose(endpoint).endswith(".")
    assert "Source" not in _registry.purpose(endpoint)
    assert invoke("endpoints", endpoint.command).exit_code == 0
    for struct in (endpoint.request, endpoint.result):
        for field in _registry.fields(struct):
            assert field.note, f"{struct.__name__}: {field.wire_name}"
            assert field.kind
