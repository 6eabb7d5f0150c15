from __future__ import annotations

from typing import Any

import pytest

from tests.cli.helpers import Invoke
from tim_async import endpoints
from tim_async._api.endpoint import Endpoint
from tim_async._explorer.purposes import purpose
from tim_async.cli import _listing, _registry


def names(words: list[str]) -> list[str]:
    return [_registry.path(endpoint) for endpoint, _ in _registry.search(words)]


def test_all_endpoints_are_listed_with_command_and_purpose(invoke: Invoke) -> None:
    result = invoke("endpoints")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) == len(endpoints())
    assert ["c2c.send", "openim/sendmsg", "Send a one-to-one message"] in [line.split(maxsplit=2) for line in lines]
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
    assert "c2c.get_roam_msgs" in names([word.replace("MSGKEY", "lastMsgKEY")])


@pytest.mark.parametrize(
    ("words", "one"),
    [
        (["单发单聊消息"], "c2c.send"),
        (["单发"], "c2c.send"),
        (["unmute"], "group_member.mute"),
        (["one-to-one", "MANY"], "c2c.send_batch"),
        (["msg_random", "stream"], "c2c.send_stream"),
        (["nolastmsg"], "c2c.send"),
    ],
)
def test_words_of_titles_and_of_fields_are_found(words: list[str], one: str) -> None:
    found = names(words)
    assert one in found
    assert len(found) < len(endpoints()) / 2


def test_endpoints_that_are_found_by_their_fields_come_last_and_name_them(invoke: Invoke) -> None:
    lines = invoke("endpoints", "mute").stdout.splitlines()
    assert lines[0].startswith("group_member.mute ")
    by_fields = [line.endswith("MuteAllMember)") for line in lines]
    assert "(ShutUpTime, MuteAllMember)" in next(line for line in lines if line.startswith("community.get_topics "))
    assert not any(by_fields[:5])
    assert all(line.endswith(")") for line in lines[by_fields.index(True) :])


def test_chinese_title_by_itself_shows_the_endpoint(invoke: Invoke) -> None:
    output = invoke("endpoints", "单发单聊消息").stdout
    assert output.startswith("c2c.send: ")
    assert "https://cloud.tencent.com/document/product/269/2282" in output
    assert "https://www.tencentcloud.com/document/product/1047/34919" in output


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("words", [[], ["mute"], ["c2c.send"], ["单发单聊消息"]], ids=["all", "some", "one", "Chinese"])
def test_terminal_shows_groups_that_fit(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, words: list[str], columns: int
) -> None:
    from rich.cells import cell_len

    monkeypatch.setattr(_listing, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = invoke("endpoints", *words).stdout.splitlines()
    assert max(map(cell_len, lines)) <= columns
    if words in ([], ["mute"]):
        assert "client.group_member" in [line.strip() for line in lines]
        assert "批量禁言和取消禁言" in "\n".join(lines)
    else:
        assert any(line.startswith("To_Account ") for line in lines)
        assert ("to_account" in "\n".join(lines)) == (columns == 120)


def test_terminal_has_colours_and_links_unless_they_are_not_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_listing, "is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR")
    _listing.show_one(_registry.find("c2c.send"))
    coloured = capsys.readouterr().out
    assert "\x1b[36m" in coloured
    assert ";https://cloud.tencent.com/document/product/269/2282\x1b\\" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    _listing.show_one(_registry.find("c2c.send"))
    assert "\x1b[36m" not in capsys.readouterr().out


def test_field_with_a_choice_of_values_has_their_type() -> None:
    kinds = {field.wire_name: field.kind for field in _registry.fields(_registry.find("c2c.send").request)}
    assert kinds["SendMsgControl"] == "array of string"


def test_endpoints_with_a_request_in_common_say_what_each_does(invoke: Invoke) -> None:
    line = invoke("endpoints", "group.destroy").stdout.partition("\n")[0]
    assert line == "group.destroy: Disband a group and delete its data; this cannot be undone."
    assert purpose(_registry.find("group_attr.get")) == "Read the attributes of a group."


def test_word_that_nothing_matches(invoke: Invoke) -> None:
    result = invoke("endpoints", "xyzzy")
    assert (result.exit_code, result.stderr) == (
        1,
        "tim-async: no endpoint matches 'xyzzy'; `tim-async endpoints` lists them all\n",
    )


@pytest.mark.parametrize("endpoint", endpoints().values(), ids=list(endpoints()))
def test_every_endpoint_can_be_shown_and_every_field_has_a_note(invoke: Invoke, endpoint: Endpoint[..., Any]) -> None:
    assert purpose(endpoint).endswith(".")
    assert "Source" not in purpose(endpoint)
    assert invoke("endpoints", endpoint.command).exit_code == 0
    for struct in (endpoint.request, endpoint.result):
        for field in _registry.fields(struct):
            assert field.note, f"{struct.__name__}: {field.wire_name}"
            assert field.kind
