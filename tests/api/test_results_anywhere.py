"""Every result can be shown, pickled, copied, made JSON of, and returned by a route of FastAPI."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Response

import tim_async
from tim_async import Deliveries, Delivery, FailedChunk, TimError, decode, encode, endpoints
from tim_async.errors import from_reply
from tim_async.families._chunks import Chunked

WIRE = Path(__file__).parent.parent / "wire"
MOST = 1100


def golden() -> list[Any]:
    """Return a result of every endpoint, from the documents' examples."""
    found: dict[str, Any] = {}
    for path in sorted(WIRE.glob("*/*.json")):
        example = json.loads(path.read_text("utf-8"))
        if isinstance(example, dict) and "reply" in example and example.get("command") in endpoints():
            kind = endpoints()[example["command"]].result
            found.setdefault(f"{kind.__name__}-{path.stem}", decode(json.dumps(example["reply"]), kind))
    return [pytest.param(result, id=name) for name, result in found.items()]


def lost() -> TimError:
    error = tim_async.ReplyTimeoutError("no answer within 10 s", timeout=10.0)
    error.command, error.attempts, error.maybe_delivered = "openim/batchsendmsg", 2, True
    error.request = {"To_Account": ["bob"]}
    return error


def chunked() -> Chunked[str, Any]:
    ok = decode('{"ErrorList": [{"To_Account": "x", "ErrorCode": 70107}]}', tim_async.BatchSendMsgResult)
    return Chunked(
        [ok] * 100, [FailedChunk(["bob"] * 500, lost()), FailedChunk(["eve"], from_reply("openim", 90012, ""))]
    )


def deliveries() -> Deliveries:
    given = [Delivery(account=f"用户{index} 😀", state="sent", msg_key="k") for index in range(10_000)]
    given += [
        Delivery(account="bob", state="unknown", error=lost()),
        Delivery(account="eve", state="failed", code=70107),
    ]
    return Deliveries(1, 2, given)


MADE = [pytest.param(make(), id=make.__name__) for make in (chunked, deliveries)]
MADE += [pytest.param(each, id=type(each).__name__) for each in (deliveries()["bob"], chunked().failed_chunks[0])]
RESULTS = [*golden(), *MADE]


def test_every_endpoint_has_a_result_here() -> None:
    kinds = {type(each.values[0]) for each in RESULTS}
    assert {each.result for each in endpoints().values()} <= kinds


@pytest.mark.parametrize("result", RESULTS)
def test_result_can_be_shown_pickled_copied_and_made_json_of(result: object) -> None:
    text = repr(result)
    assert type(result).__name__ in text
    assert len(text) <= MOST
    assert "\n" not in text
    for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert type(again) is type(result)
        assert encode(again) == encode(result)
        assert repr(again) == text
    plain = msgspec.to_builtins(result)
    assert json.loads(json.dumps(plain)) == json.loads(encode(result)) == json.loads(msgspec.json.encode(result))


def test_error_in_a_result_is_an_object_of_its_facts() -> None:
    (failed, _) = json.loads(encode(chunked()))["failed_chunks"]
    assert failed["error"] == {
        "kind": "ReplyTimeoutError",
        "message": "no answer within 10 s",
        "code": None,
        "command": "openim/batchsendmsg",
        "attempts": 2,
        "maybe_delivered": True,
    }
    assert json.loads(encode(chunked()))["failed_chunks"][1]["error"]["code"] == 90012
    assert len(failed["items"]) == 500


def test_deliveries_have_all_outcomes() -> None:
    plain = msgspec.to_builtins(deliveries())
    assert (plain["msg_seq"], plain["msg_random"], len(plain["deliveries"])) == (1, 2, 10_002)
    assert plain["deliveries"][-2]["error"]["kind"] == "ReplyTimeoutError"
    assert plain["deliveries"][0] == {
        "account": "用户0 😀", "state": "sent", "msg_key": "k", "code": None, "error": None
    }  # fmt: skip


def test_long_lists_and_texts_are_cut() -> None:
    accounts = [{"To_Account": f"user{index}", "ErrorCode": 70107} for index in range(500)]
    text = repr(decode(json.dumps({"ErrorList": accounts}), tim_async.BatchSendMsgResult))
    assert "user0" in text
    assert ", ... 497 more]" in text
    assert "user3" not in text
    long = repr(tim_async.SendMsgResult(msg_key="x" * 10_000))
    assert len(long) < 200
    assert "..." in long


def test_repr_holds_what_is_given_of_a_short_result() -> None:
    assert repr(tim_async.SendMsgResult(msg_time=5, msg_key="a_b_c")) == "SendMsgResult(msg_time=5, msg_key='a_b_c')"


async def test_every_result_is_returned_by_a_route() -> None:
    """The two ways that the guide to web apps shows: the bytes as they are, or plain objects that FastAPI encodes."""
    results = [each.values[0] for each in RESULTS]
    app = FastAPI()

    @app.get("/bytes/{index}")
    async def as_bytes(index: int) -> Response:
        return Response(encode(results[index]), media_type="application/json")

    @app.get("/plain/{index}")
    async def as_plain_objects(index: int) -> object:
        return msgspec.to_builtins(results[index])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        for index, result in enumerate(results):
            expected = msgspec.to_builtins(result)
            for way in ("bytes", "plain"):
                response = await http.get(f"/{way}/{index}")
                assert (response.status_code, response.headers["content-type"]) == (200, "application/json"), result
                assert response.json() == expected
