"""What IPython's `?` and `??` show of an existing client."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tim_async import TimClient, blocking

core = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is in the group `editor`")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        shell = core.InteractiveShell(colors="nocolor")
        shell.user_ns["client"] = TimClient(1400000000, "0" * 64)
        shell.user_ns["waiting"] = blocking.TimClient(1400000000, "0" * 64)
        yield shell
        shell.atexit_operations()
        atexit.unregister(shell.atexit_operations)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("client.c2c.send", ["to_account: str,", "msg_body: Sequence[Element],", "-> SendMsgResult", "单发单聊消息"]),
        ("client.group.create", ["type: Literal[", "CreatedGroup", "name: 1 to 100 bytes."]),
        ("waiting.c2c.send", ["to_account: str,", "msg_body: Sequence[Element],", "-> SendMsgResult"]),
        ("client.push.send", ["offline_push_info: OfflinePushInfo,", "PushTask", "Limits: 1/s, 10/day."]),
    ],
)
def test_question_mark_shows_signature_and_text(shell: Any, name: str, expected: list[str]) -> None:
    shown = shell.object_inspect_text(name)
    assert shown.startswith("Signature:")
    for each in expected:
        assert each in shown
    assert "P.args" not in shown


def test_two_question_marks_show_the_generated_source(shell: Any) -> None:
    shown = shell.object_inspect_text("client.c2c.send", detail_level=1)
    assert "async def send(" in shown
    assert Path("tim_async", "_calls", "c2c.py").as_posix() in shown.replace("\\", "/")
