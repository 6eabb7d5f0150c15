"""What jedi shows, which is what Jupyter, Spyder and vim show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.editors.conftest import ROOT

jedi = pytest.importorskip("jedi", reason="jedi is in the group `editor`")

MADE = "from tim_async import TimClient\nclient = TimClient(1400000000, 'key')\n"
OPENED = (
    "from tim_async import TimClient\nasync def f():\n    async with TimClient(1400000000, 'key') as client:\n        "
)


def script(code: str) -> tuple[Any, int, int]:
    """Return a script, and line and column of its end."""
    lines = code.split("\n")
    project = jedi.Project(ROOT, added_sys_path=[str(ROOT)], smart_sys_path=False)
    return jedi.Script(code, path=Path(ROOT, "user.py"), project=project), len(lines), len(lines[-1])


def signature(code: str) -> Any:
    made, line, column = script(code)
    (found,) = made.get_signatures(line, column)
    return found


def completions(code: str) -> list[str]:
    made, line, column = script(code)
    return [each.name for each in made.complete(line, column)]


@pytest.mark.parametrize("head", [MADE, OPENED], ids=["made", "opened"])
def test_message_has_its_signature_and_text(head: str) -> None:
    found = signature(f"{head}client.c2c.send(")
    shown = found.to_string()
    assert shown.startswith("send(*, to_account: str, msg_body: Sequence[Element], from_account: str | None=None, ")
    assert shown.endswith(" -> SendMsgResult")
    assert "    msg_life_time: seconds kept for offline recipients, 0 to 604800;" in found.docstring()


def test_others_have_theirs() -> None:
    shown = signature(f"{MADE}client.group.create(").to_string()
    assert shown.startswith('create(*, type: Literal["Public", "Private", "Work", ')
    assert (
        signature(f"{MADE}client.push.send(").to_string().startswith("send(*, from_account: str, offline_push_info: ")
    )


def test_calls_and_fields_of_results_are_completed() -> None:
    assert {"send", "send_batch", "send_text", "stream"} <= set(completions(f"{MADE}client.c2c."))
    assert {"msg_key", "msg_time"} <= set(
        completions(f"{OPENED}sent = await client.c2c.send(to_account='bob', msg_body=[])\n        sent.")
    )


def test_call_without_a_loop() -> None:
    made = "from tim_async.blocking import TimClient\nclient = TimClient(1400000000, 'key')\n"
    shown = signature(f"{made}client.c2c.send(").to_string()
    assert shown.startswith("send(*, to_account: str, msg_body: Sequence[Element], ")
    assert {"msg_key", "msg_time"} <= set(completions(f"{made}client.c2c.send(to_account='bob', msg_body=[])."))


def test_record_of_an_endpoint_stays_a_record() -> None:
    assert {"command", "limits", "fields"} <= set(completions("from tim_async import C2C\nC2C.send."))


def test_campaign_and_decorators_of_webhooks() -> None:
    shown = signature("from tim_async.bulk import Campaign\nCampaign(").to_string()
    assert shown.startswith("Campaign(name: str, *, ledger: str | PathLike[str] | None=None, ")
    head = "from tim_async.webhooks import AfterSendMsg, WebhookRouter\nrouter = WebhookRouter(1400000000)\n"
    assert "default: Answer | None=None" in signature(f"{head}router.before(").to_string()
    handler = f"{head}@router.on(AfterSendMsg)\nasync def f(event: AfterSendMsg):\n    event."
    assert {"from_account", "msg_key"} <= set(completions(handler))
