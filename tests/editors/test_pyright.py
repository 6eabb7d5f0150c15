"""What pyright's language server shows, which is what VS Code and many others show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.conftest import ROOT
from tests.editors.language_server import LanguageServer

pytest.importorskip("pyright", reason="pyright is in the group `typing`")

ASYNC = "from tim_async import TimClient\n\nasync def main(client: TimClient) -> None:\n    await "
WEBHOOKS = "from tim_async.webhooks import *\n\nrouter = WebhookRouter(1400000000)\n\n"


def lines(text: str) -> list[str]:
    """Return what is shown, line by line, without what is written for its layout."""
    plain = text.replace("&nbsp;", "").replace("\\", "")
    return [line.strip() for line in plain.splitlines()]


def test_hover_over_a_message_shows_signature_and_text(server: LanguageServer) -> None:
    shown = lines(server.hover(f"{ASYNC}client.c2c.send|(to_account='bob')"))
    assert shown[:6] == [
        "```python",
        "(method) def send(",
        "*,",
        "to_account: str,",
        "msg_body: Sequence[Element],",
        "from_account: str | None = None,",
    ]
    assert ") -> CoroutineType[Any, Any, SendMsgResult]" in shown
    assert "Send one message to one account." in shown
    assert "Send a one-to-one message, 单发单聊消息: `openim/sendmsg`." in shown
    assert "to_account: the recipient, 1 to 32 bytes." in shown
    assert (
        "msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days." in shown
    )
    assert "20003: Sender or recipient account is invalid or unknown." in shown
    assert "Limits: 200/s. A repeat with the same marks is dropped by the service." in shown
    assert "Page: https://cloud.tencent.com/document/product/269/2282" in shown


def test_hover_over_a_group_shows_the_values_of_each_field(server: LanguageServer) -> None:
    shown = lines(server.hover(f"{ASYNC}client.group.create|()"))
    kinds = "'Public', 'Private', 'Work', 'ChatRoom', 'Meeting', 'AVChatRoom', 'Community'"
    assert f"type: Literal[{kinds}]," in shown
    assert "apply_join_option: Literal['FreeAccess', 'NeedPermission', 'DisableApply'] | None = None," in shown
    assert "name: 1 to 100 bytes." in shown


def test_help_with_a_signature_marks_the_field_that_is_written(server: LanguageServer) -> None:
    (shown,) = server.signatures(f"{ASYNC}client.push.send(offline_push_info=|)")
    assert shown["label"].startswith("(*, from_account: str, offline_push_info: OfflinePushInfo, ")
    marked = shown["parameters"][shown["activeParameter"]]
    assert marked["label"] == "offline_push_info: OfflinePushInfo"
    assert marked["documentation"]["value"] == "offline_push_info: title, text and settings of the notification."
    assert shown["documentation"]["value"].startswith("Push to every user, or to those selected by a condition")


def test_help_with_a_signature_shows_the_whole_text_of_a_field(server: LanguageServer) -> None:
    (shown,) = server.signatures(f"{ASYNC}client.c2c.send(sync_other_machine=|)")
    text = shown["parameters"][shown["activeParameter"]]["documentation"]["value"]
    assert text.endswith("absent is the sender's history only.")


def test_completion_offers_fields_and_values(server: LanguageServer) -> None:
    assert "msg_life_time=" in server.completions(f"{ASYNC}client.c2c.send(|)")
    assert server.completions(f"{ASYNC}client.group.create(type=|)")[:7] == [
        "AVChatRoom", "ChatRoom", "Community", "Meeting", "Private", "Public", "Work",
    ]  # fmt: skip
    assert server.completions(f"{ASYNC}client.c2c.send(send_msg_control=['|'])")[:4] == [
        "NoLastMsg", "NoMsgCheck", "NoUnread", "WithMuteNotifications",
    ]  # fmt: skip
    offered = server.completions(f"{ASYNC}client.c2c.|")
    assert {"send", "send_batch", "send_text", "send_to_all", "stream"} <= set(offered)
    result = server.completions(
        f"{ASYNC}client.c2c.send(to_account='bob', msg_body=[])).|".replace("await ", "(await ")
    )
    assert {"msg_key", "msg_time"} <= set(result)


def test_record_of_an_endpoint_stays_a_record(server: LanguageServer) -> None:
    code = "from tim_async import C2C\n\nC2C.send.command|"
    assert "(variable) command: str" in server.hover(code)


def test_call_without_a_loop_is_shown_as_one(server: LanguageServer) -> None:
    code = "from tim_async.blocking import TimClient\n\ndef main(client: TimClient) -> None:\n"
    shown = lines(server.hover(f"{code}    client.c2c.send|()"))
    assert shown[1:5] == ["(method) def send(", "*,", "to_account: str,", "msg_body: Sequence[Element],"]
    assert ") -> SendMsgResult" in shown
    assert "to_account: the recipient, 1 to 32 bytes." in shown
    assert ") -> Iterator[RoamMsg]" in lines(server.hover(f"{code}    client.c2c.iter_roam_msgs|()"))
    shown = lines(server.hover(f"{code}    client.group.create|()"))
    assert "name: 1 to 100 bytes." in shown
    assert ") -> CreatedGroup" in shown
    (signature,) = server.signatures(f"{code}    client.push.send(|)")
    assert signature["label"].endswith(" -> PushTask")


def test_campaign_shows_every_argument(server: LanguageServer) -> None:
    head = "from tim_async.bulk import Campaign\n\n"
    shown = lines(server.hover(f"{head}Campaign|('spring')"))
    assert "recipients: Recipients | str | PathLike[str] | None = None," in shown
    assert any(line.startswith("until: end time") for line in shown)
    (signature,) = server.signatures(f"{head}Campaign('spring', lanes=|)")
    assert signature["parameters"][signature["activeParameter"]]["documentation"]["value"].startswith("lanes: `auto`")
    assert server.completions(f"{head}Campaign('spring', lanes=|)")[:4] == ["auto", "batch", "both", "single"]


def test_decorators_of_webhooks_show_what_they_take_and_the_event(server: LanguageServer) -> None:
    shown = lines(server.hover(f"{WEBHOOKS}@router.before|(BeforeSendMsg)\nasync def f(event): ...\n"))
    assert "Decorate the function that decides on events of a class; each class has at most one." in shown
    shown = lines(server.hover(f"{WEBHOOKS}@router.on(AfterSendMsg|)\nasync def f(event): ...\n"))
    assert "msg_key: the key of the message." in shown
    handler = f"{WEBHOOKS}@router.on(AfterSendMsg)\nasync def f(event: AfterSendMsg) -> None:\n    event.|\n"
    assert {"from_account", "to_account", "msg_body", "callback_command"} <= set(server.completions(handler))
    wrong = f"{WEBHOOKS}@router.on(AfterSendMsg)\nasync def f(event: AfterSendMsg) -> None:\n    event.msg_key|\n"
    assert server.hover(wrong).startswith("```python\n(variable) msg_key: str")


@pytest.mark.soak
def test_public_types_are_complete(tmp_path: Path) -> None:
    """At least 99 of 100 public names have a type that every checker understands in the same way."""
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--verifytypes", "tim_async", "--ignoreexternal", "--outputjson"],
        check=False, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    found = json.loads(done.stdout)["typeCompleteness"]
    wrong = [each["name"] for each in found["symbols"] if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
    assert found["completenessScore"] >= 0.99, wrong
