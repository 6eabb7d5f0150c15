"""The form's conversions and its search, in JavaScript without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tim_async
from tests.emulator.golden import GOLDEN
from tim_async import RequestField, endpoints
from tim_async._explorer.catalogue import catalogue

FOLDER = Path(tim_async.__file__).parent / "_explorer" / "static"
ENCODER = msgspec.json.Encoder(enc_hook=dict)


def run_node(*args: str, stdin: bytes) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node is on PATH; tests/browser looks at the same in a browser, for fewer samples")
    done = subprocess.run([node, *args], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def minimal(fields: tuple[RequestField, ...]) -> dict[str, Any]:
    """Return a request with no more than the required fields."""
    return {each.wire_name: value_of(each) for each in fields if each.required and not each.is_filled_in}


def value_of(field: RequestField) -> Any:
    if field.items is not None:
        return [one_of(field, field.items)]
    return one_of(field, field.type)


def one_of(field: RequestField, kind: str) -> Any:
    if field.choices:
        return field.choices[0]
    if field.kinds:
        return {"MsgType": "TIMTextElem", "MsgContent": minimal(field.kinds["TIMTextElem"])}
    numbers = {"Integer": (field.range or (1,))[0] or 0, "Number": 1.5, "Boolean": True}
    return minimal(field.fields) if kind == "Object" else numbers.get(kind, '账号 "1"')


def samples() -> list[dict[str, Any]]:
    found = [(name, content["command"], content["request"]) for name, content in GOLDEN.items()]
    found += [(f"minimal {command}", command, minimal(each.fields)) for command, each in endpoints().items()]
    return [
        {"name": name, "fields": endpoints()[command].fields, "text": json.dumps(body)} for name, command, body in found
    ]


ODD = {
    "big numbers": '{"To_Account":"b","MsgSeq":123456789012345678901234567890,"MsgRandom":4294967295}',
    "wrong types": '{"To_Account":5,"MsgBody":"x","MsgLifeTime":"7","OfflinePushInfo":[],"SendMsgControl":{"a":1}}',
    "unknown": '{"Unknown":{"a":[1,null]},"MsgBody":[{"MsgType":"TIMNewElem","MsgContent":{"x":1}},5]}',
    "empty": '{"To_Account":"","MsgBody":[],"OfflinePushInfo":{},"SendMsgControl":["","a\\nb"],"CloudCustomData":" "}',
    "floats": '{"MsgBody":[{"MsgType":"TIMLocationElem","MsgContent":{"Latitude":1e-7,"Longitude":29.3406567744699}}]}',
    "names": '{"__proto__":1,"constructor":2,"toString":{"__proto__":[]}}',
    "surrogates": '{"To_Account":"\\ud83d\\ude00","CloudCustomData":"\\ud83d"}',
    "accounts": '{"To_Account":["a"," b ","c\\td"]}',
}


def test_every_sample_comes_out_of_the_form_as_it_went_in() -> None:
    """Minimal and full ones of all endpoints, and what a form cannot show in its controls."""
    everything = samples()
    assert {each["name"].partition(" ")[2] for each in everything} >= set(endpoints())
    batch = endpoints()["openim/batchsendmsg"].fields
    everything += [
        {"name": name, "fields": fields, "text": text}
        for name, text in ODD.items()
        for fields in (endpoints()["openim/sendmsg"].fields, batch)
    ]
    given = ENCODER.encode({"folder": str(FOLDER), "samples": everything})
    found = run_node(str(Path(__file__).with_name("round_trip.mjs")), stdin=given)
    assert found["changed"] == []
    assert found["counts"].keys() == {
        *("choice", "choices", "line", "text", "number", "lines", "json", "any", "object", "objects"),
    }


SEARCH = """
import { pathToFileURL } from "node:url";
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { module, catalogue, words } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const { search } = await import(pathToFileURL(module));
console.log(JSON.stringify(words.map((each) => search(catalogue, each).map((found) => found.command))));
"""


def test_endpoints_are_found_by_all_that_is_known_of_them() -> None:
    first = {
        "单发单聊消息": "openim/sendmsg",
        "sendmsg": "openim/sendmsg",
        "openim/sendmsg": "openim/sendmsg",
        "c2c.send": "openim/sendmsg",
        "send group message": "group_open_http_svc/send_group_msg",
        "创建群组": "group_open_http_svc/create_group",
        "create_group": "group_open_http_svc/create_group",
        "msglifetime": "openim/sendmsg",
        "Read a PROFILE": "profile/portrait_get",
    }
    words = [*first, *(each.title_zh for each in endpoints().values()), *endpoints(), "", "no such thing", "<b>"]
    given = ENCODER.encode({"module": str(FOLDER / "search.js"), "catalogue": catalogue(), "words": words})
    found = dict(zip(words, run_node("--input-type=module", "-e", SEARCH, stdin=given), strict=True))
    assert {word: found[word][:1] for word in first if word != "msglifetime"} == {
        word: [command] for word, command in first.items() if word != "msglifetime"
    }
    assert "openim/sendmsg" in found["msglifetime"]
    for command, endpoint in endpoints().items():
        assert found[command][0] == command
        assert command in found[str(endpoint.title_zh)][:3]
    assert len(found[""]) == 190
    assert found["no such thing"] == found["<b>"] == []
