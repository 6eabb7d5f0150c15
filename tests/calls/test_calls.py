"""The generated classes: current, and used for the objects that are called."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import re
import sys
from typing import get_type_hints
from unittest.mock import create_autospec

import pytest

from tests.calls.modules import TARGET, files
from tests.public_names import load_calls
from tim_async import C2CCalls, Endpoint, UsageError, endpoints
from tim_async._api.wire import Request
from tim_async._calls.blocking.c2c import BlockingC2CCalls
from tim_async._codes import lookup
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg, SendMsgResult


def test_generated_files_are_current() -> None:
    made = files()
    assert set(made) == set(TARGET.rglob("*.py"))
    stale = [path.name for path, text in made.items() if path.read_text("utf-8") != text]
    assert stale == [], "run `python -m tests.calls`"


def is_coroutine_function(call: object) -> bool:
    return inspect.iscoroutinefunction(call) if sys.version_info >= (3, 12) else asyncio.iscoroutinefunction(call)


@pytest.mark.parametrize("command", sorted(endpoints()))
def test_call_shows_every_field(command: str) -> None:
    line = endpoints()[command]
    call = getattr(load_calls(line.family), line.name)
    parameters = dict(inspect.signature(call).parameters)
    del parameters["self"]
    assert set(parameters) == set(line.request.__struct_fields__)
    needed = [each.default is each.empty for each in parameters.values()]
    assert needed == sorted(needed, reverse=True)
    hints = get_type_hints(call)
    assert hints.pop("return") is line.result
    for name, hint in get_type_hints(line.request, include_extras=True).items():
        if name in hints and "Annotated" not in str(hint):  # texts to which the service may add
            assert hints[name] == hint
    assert is_coroutine_function(call)
    assert call.__name__ == line.name
    text = inspect.getdoc(call) or ""
    assert all(f"\n    {name}: " in text for name in parameters)
    assert f"`{command}`" in text
    assert str(line.title_zh) in text


def test_codes_of_pages_have_a_meaning() -> None:
    lines = endpoints().values()
    assert [(line.command, code) for line in lines for code in line.codes if lookup(line.service, code) is None] == []
    assert sum(bool(line.codes) for line in lines) > 100
    assert C2C.send.codes[:3] == (20001, 20002, 20003)
    assert "    90012: To_Account is not registered.\n" in (inspect.getdoc(C2CCalls.send) or "")


class Caller:
    def __init__(self) -> None:
        self.calls: list[tuple[Endpoint[..., object], Request]] = []

    def call(self, endpoint: Endpoint[..., object], request: Request) -> SendMsgResult:
        self.calls.append((endpoint, request))
        return SendMsgResult(msg_key="k")


def test_call_without_a_loop_hands_the_request_to_its_client() -> None:
    caller = Caller()
    family = BlockingC2CCalls(caller, C2CCalls(caller))  # type: ignore[arg-type]  # no more is needed here
    assert family.send(to_account="bob", msg_body=[]).msg_key == "k"
    ((endpoint, request),) = caller.calls
    assert endpoint is C2C.send
    assert isinstance(request, SendMsg)
    assert request.msg_random is not None
    with pytest.raises(UsageError, match="unknown field 'to_acount'; did you mean 'to_account'"):
        family.send(to_acount="bob", msg_body=[])  # type: ignore[call-arg]
    assert not is_coroutine_function(family.send)


async def test_mock_of_a_family_is_awaited_as_the_family_is() -> None:
    family = create_autospec(C2CCalls, instance=True)
    family.send.return_value = SendMsgResult(msg_key="k")
    assert (await family.send(to_account="bob", msg_body=[])).msg_key == "k"
    with pytest.raises(TypeError):
        family.send(to_acount="bob", msg_body=[])


def test_signature_is_shown_as_it_is_written() -> None:
    shown = str(inspect.signature(C2CCalls.send))
    assert shown.startswith("(self, *, to_account: str, msg_body: Sequence[Element], from_account: str | None = None, ")
    assert shown.endswith(", is_need_read_receipt: Literal[0, 1] | None = None) -> SendMsgResult")
    page = re.sub(r"[\s|]+", " ", pydoc.plain(pydoc.render_doc(C2CCalls)))  # newer Pythons break long lines
    assert "self, *, to_account: str, msg_body: Sequence[Element], " in page
    (first, *_) = str(inspect.signature(BlockingC2CCalls.send)).partition(", from_account")
    assert first == "(self, *, to_account: str, msg_body: Sequence[Element]"
