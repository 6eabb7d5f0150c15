"""The quick look never lets through what the thorough check refuses, and knows what requests look like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from tim_async import RawElem, TextElem, decode, endpoints
from tim_async._api.plain_look import plain_look
from tim_async._api.wire import Request, request_validator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg


class Text(str):
    __slots__ = ()


GOLDEN = sorted(Path(__file__).parents[1].glob("wire/*/*.json"))
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**70, 1.5, float("nan"), "", "text", Text("text"), b"text", [], (), {}, [1], ["a"],
    [None], ("a",), {"a": 1}, [TextElem("a")], [RawElem("TIMOdd", {"A": 1})], [{"MsgType": "TIMTextElem"}], object(),
]  # fmt: skip


def golden_requests() -> list[tuple[str, Request]]:
    found = []
    for path in GOLDEN:
        golden = msgspec.json.decode(path.read_bytes())
        endpoint = endpoints()[golden["command"]]
        found.append((golden["command"], decode(msgspec.json.encode(golden["request"]), endpoint.request)))
    return found


REQUESTS = golden_requests()
every_request = pytest.mark.parametrize("request_", [each for _, each in REQUESTS], ids=[name for name, _ in REQUESTS])


def passes(check: Callable[[object], object], value: object) -> bool:
    try:
        check(value)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return False
    return True


@every_request
def test_what_it_takes_for_right_passes_the_thorough_check(request_: Request) -> None:
    look, check = plain_look(type(request_)), request_validator(type(request_))
    for field in request_.__struct_fields__:
        for odd in ODD:
            changed = msgspec.structs.replace(request_)
            msgspec.structs.force_setattr(changed, field, odd)
            if look(changed):
                assert passes(check, changed), f"{field} = {odd!r}"


def test_it_knows_nearly_all_documented_requests() -> None:
    unknown = [name for name, request in REQUESTS if not plain_look(type(request))(request)]
    assert len(unknown) <= len(REQUESTS) / 20, unknown


@pytest.mark.parametrize(
    ("changes", "is_plain"),
    [
        pytest.param({}, True, id="plain"),
        pytest.param({"to_account": Text("bob")}, False, id="subclass of str"),
        pytest.param({"msg_body": (TextElem("hi"),)}, False, id="tuple"),
        pytest.param({"msg_body": [RawElem("TIMOdd", {})]}, False, id="element of an unknown kind"),
        pytest.param({"msg_random": True}, False, id="bool for a number"),
        pytest.param({"support_message_extension": True}, False, id="bool for a choice"),
        pytest.param({"support_message_extension": 1}, True, id="choice"),
        pytest.param({"support_message_extension": 2}, False, id="no choice"),
        pytest.param({"forbid_callback_control": ["ForbidBeforeSendMsgCallback"]}, True, id="list of texts"),
        pytest.param({"forbid_callback_control": ["a", 1]}, False, id="list with a number"),
    ],
)
def test_it_looks_at_every_field(changes: dict[str, Any], is_plain: bool) -> None:
    fields: dict[str, Any] = {"to_account": "bob", "msg_body": [TextElem("hi")], **changes}
    assert plain_look(SendMsg)(SendMsg(**fields)) is is_plain


def test_subclass_of_a_request_takes_the_thorough_way() -> None:
    class Mine(SendMsg, kw_only=True):
        more: Any = None

    assert b"bob" in C2C.send.encode(Mine(to_account="bob", msg_body=[TextElem("hi")], more="x"))


def test_what_it_cannot_judge_is_plain_only_where_it_is_empty_or_absent() -> None:
    class Odd(msgspec.Struct, kw_only=True):
        rows: list[dict[str, int]] | None = None
        short: str | None = None

    class Bounded(msgspec.Struct, kw_only=True):
        few: Annotated[list[int], msgspec.Meta(max_length=2)] = []
        name: Annotated[str, msgspec.Meta(max_length=2)] | None = None

    assert [plain_look(Odd)(Odd(rows=rows)) for rows in (None, [], [{}])] == [True, True, False]
    assert [plain_look(Bounded)(Bounded(few=few)) for few in ([], [1])] == [True, False]
    assert [plain_look(Bounded)(Bounded(name=name)) for name in (None, "a")] == [True, False]


def test_struct_with_a_field_that_it_does_not_know_is_never_plain() -> None:
    class Odd(msgspec.Struct):
        rows: dict[str, int]

    assert not plain_look(Odd)(Odd({}))
