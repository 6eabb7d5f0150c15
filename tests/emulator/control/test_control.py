"""The control API: inspection and steering from outside."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.emulator.control.conftest import PREFIX, Remote
from tim_async import (
    ApiError,
    ConnectionLostError,
    GroupAttr,
    ReplyDecodeError,
    RetryPolicy,
    TextElem,
    encode,
    endpoints,
)
from tim_async.emulator.control import api
from tim_async.emulator.control.routes import ROUTES


async def test_messages_are_found_by_recipient_sender_group_and_text(remote: Remote) -> None:
    client = remote.client
    await client.c2c.send_text("bob", "hi Bob 🌸", from_account="alice")
    await client.c2c.send_text("alice", "hi Alice", from_account="bob")
    group = (await client.group.create(type="Public", name="team", owner_account="alice")).group_id
    await client.group_msg.send(group_id=group, from_account="alice", msg_body=[TextElem(text="hi all")])

    async def found(query: str) -> list[str]:
        return sorted(each["text"] for each in (await remote.get(f"/messages?{query}"))["messages"])

    assert await found("") == ["hi Alice", "hi Bob 🌸", "hi all"]
    assert await found("to=bob") == ["hi Bob 🌸"]
    assert await found("sender=alice") == ["hi Bob 🌸", "hi all"]
    assert await found("text=ALICE") == ["hi Alice"]
    async with remote.session.get(
        f"{remote.emulator.url}{PREFIX}/messages", params={"group": group, "limit": 1}
    ) as response:
        answer = await response.json()
    (message,) = answer["messages"]
    assert (answer["total"], message["group_id"], message["to_account"]) == (1, group, None)
    assert message["msg_body"] == [json.loads(encode(TextElem(text="hi all")))]


async def test_refused_messages_are_found_by_their_code(remote: Remote) -> None:
    client = remote.client.with_options(retry=RetryPolicy.off())
    await client.c2c.send_text("bob", "welcome")
    for to, text in (("carol", "hi Carol 🌸"), ("dave", "hi Dave")):
        with pytest.raises(ApiError):
            await client.c2c.send_text(to, text)
    await client.c2c.send_batch(to_account=["bob", "carol"], msg_body=[TextElem(text="to all")])
    with pytest.raises(ApiError):
        await client.group_msg.send(group_id="none", from_account="alice", msg_body=[TextElem(text="hi team")])
    for body in (b"no JSON", b"[]", b'{"MsgBody": 1, "To_Account": 2, "MsgSeq": "x"}'):
        remote.emulator._log.answered(arrival := remote.emulator._log.enter("openim/sendmsg", 1.0), 200, b"")
        arrival.code, arrival.body = 90001, body

    async def found(query: str) -> list[tuple[str, str | None, int]]:
        listed = (await remote.get(f"/messages?{query}"))["messages"]
        return sorted((each["text"], each["to_account"] or each["group_id"], each["code"]) for each in listed)

    assert await found("") == await found("code=0") == [("to all", "bob", 0), ("welcome", "bob", 0)]
    assert await found("code=90012") == [("hi Carol 🌸", "carol", 90012), ("hi Dave", "dave", 90012)]
    assert await found("code=90012&to=dave") == [("hi Dave", "dave", 90012)]
    assert await found("code=90012&text=carol") == [("hi Carol 🌸", "carol", 90012)]
    assert await found("code=70107") == [("to all", "carol", 70107)]
    assert await found("code=10010") == await found("code=10010&group=none") == [("hi team", "none", 10010)]
    assert await found("code=10010&group=team") == await found("code=10010&sender=bob") == []
    assert len(await found("code=90001")) == 3
    (refused,) = (await remote.get("/messages?code=90012&to=dave"))["messages"]
    assert (await remote.get(f"/calls/{refused['call']}"))["code"] == 90012


async def test_calls_have_their_bodies_their_codes_and_no_secret(remote: Remote) -> None:
    client = remote.client.with_options(retry=RetryPolicy.off())
    await client.c2c.send_text("bob", "first")
    with pytest.raises(ApiError):
        await client.c2c.send_text("carol", "second")
    listed = await remote.get("/calls")
    assert [each["code"] for each in listed["calls"]] == [90012, 0]
    failed = listed["calls"][0]
    assert (failed["command"], failed["status"], failed["identifier"]) == ("openim/sendmsg", 200, "administrator")
    whole = await remote.get(f"/calls/{failed['number']}")
    assert json.loads(whole["request"])["To_Account"] == "carol"
    assert json.loads(whole["answer"])["ErrorCode"] == 90012
    assert whole["took_s"] > 0
    assert "usersig" not in json.dumps(whole).lower()
    assert [each["number"] for each in (await remote.get("/calls?code=0&text=first"))["calls"]] == [1]
    assert (await remote.get("/calls?command=openim/nothing"))["total"] == 0
    assert (await remote.ask("GET", "/calls/77"))[0] == 404


async def test_bodies_are_kept_of_the_newest_calls_only(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote.emulator._log, "_keep_bodies", 2)
    for number in range(4):
        await remote.client.c2c.send_text("bob", f"hi {number}")
    assert [each["number"] for each in (await remote.get("/calls"))["calls"]] == [4, 3]
    assert [bool(each.answer) for each in remote.emulator.arrivals] == [False, False, True, True]
    assert [bool(each.body) for each in remote.emulator.arrivals] == [False, False, True, True]


async def test_call_that_is_never_answered_is_kept_too(remote: Remote) -> None:
    await remote.do("POST", "/faults", {"kind": "drop", "is_after": True, "times": 1})
    with pytest.raises(ConnectionLostError):
        await remote.client.with_options(retry=RetryPolicy.off()).c2c.send_text("bob", "hi")
    (call,) = (await remote.get("/calls"))["calls"]
    assert (call["status"], call["code"]) == (None, None)
    assert (await remote.get("/messages"))["total"] == 1


async def test_accounts_are_imported_and_log_in_and_out(remote: Remote) -> None:
    assert await remote.do("POST", "/accounts", {"user_ids": ["carol", "爱丽丝"]}) == {"count": 2}
    online = await remote.do("POST", "/accounts/carol/login", {"platform": "iOS"})
    assert (online["status"], online["platforms"]) == ("Online", {"iOS": "Online"})
    assert (await remote.client.account.query_online_status(to_account=["carol"])).query_result[0].status == "Online"
    assert (await remote.do("POST", "/accounts/carol/logout", {}))["status"] == "Offline"
    assert [each["user_id"] for each in (await remote.get("/accounts?text=CAR"))["accounts"]] == ["carol"]
    assert (await remote.get("/accounts/爱丽丝"))["user_id"] == "爱丽丝"
    status, problem = await remote.ask("POST", "/accounts/dave/login", {})
    assert (status, problem["field"]) == (404, "user_id")
    status, problem = await remote.ask("POST", "/accounts", {"user_ids": ["x" * 33]})
    assert (status, problem["field"]) == (400, "user_ids")


async def test_groups_are_joined_and_left(remote: Remote) -> None:
    group = (await remote.client.group.create(type="Public", name="team", owner_account="alice")).group_id
    place = f"/groups/{group.replace('#', '%23')}"
    await remote.do("POST", f"{place}/join", {"accounts": ["bob"], "is_approved": True})
    whole = await remote.get(place)
    assert [(each["account"], each["role"]) for each in whole["member_list"]] == [("alice", "Owner"), ("bob", "Member")]
    await remote.do("POST", f"{place}/leave", {"accounts": ["bob"]})
    assert (await remote.get("/groups"))["groups"][0]["members"] == 1
    assert (await remote.ask("GET", "/groups/none"))[0] == 404


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "answer", "code": 20004}, ApiError),
        ({"kind": "drop"}, ConnectionLostError),
        ({"kind": "status", "status": 503}, ReplyDecodeError),
        ({"kind": "garbage", "body": "<html>"}, ReplyDecodeError),
        ({"kind": "truncate"}, ReplyDecodeError),
        ({"kind": "endless"}, ReplyDecodeError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_faults_of_every_kind_strike(remote: Remote, fault: dict[str, Any], error: type[Exception]) -> None:
    planned = await remote.do("POST", "/faults", {**fault, "command": "openim/sendmsg", "rate": 1.0, "times": 5})
    assert {"rate": 1.0, "times": 5, **fault}.items() - {("body", "<html>")} <= planned.items()
    assert await remote.get("/faults") == [planned]
    with pytest.raises(error):
        await remote.client.with_options(retry=RetryPolicy.off()).c2c.send_text("bob", "hi")
    assert (await remote.do("DELETE", f"/faults/{planned['number']}"))["hits"] == 1
    await remote.client.c2c.send_text("bob", "hi")
    assert await remote.get("/faults") == []


async def test_stalled_answers_come_when_the_fault_is_removed(remote: Remote) -> None:
    stall = await remote.do("POST", "/faults", {"kind": "stall"})
    sending = asyncio.create_task(remote.client.c2c.send_text("bob", "hi"))
    while not (await remote.get("/faults"))[0]["hits"]:  # noqa: ASYNC110 - what is asked is another program
        await asyncio.sleep(0)
    assert not sending.done()
    await remote.do("DELETE", f"/faults/{stall['number']}")
    await sending
    assert (await remote.ask("DELETE", f"/faults/{stall['number']}"))[0] == 404


async def test_fault_that_lacks_a_field_or_names_no_command_is_refused(remote: Remote) -> None:
    for body, field in [
        ({"kind": "answer"}, "code"),
        ({"kind": "delay"}, "seconds"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "drop", "rate": 2}, "rate"),
        ({"kind": "drop", "command": "openim/nothing"}, "command"),
        ({"kind": "vanish"}, "kind"),
        ({"kind": "drop", "tims": 1}, None),
    ]:
        status, problem = await remote.ask("POST", "/faults", body)
        assert (status, problem["field"]) == (400, field), problem
    await remote.do("POST", "/faults", {"kind": "drop"})
    assert await remote.do("DELETE", "/faults") == {"count": 1}


async def test_limits_show_what_they_hold_and_can_be_set(remote: Remote) -> None:
    client = remote.client.with_options(retry=RetryPolicy.off())
    await remote.do("PUT", "/limits", {"command": "openim/sendmsg", "limit": 2})
    assert [(each["limit"], each["held"]) for each in await remote.get("/limits")] == [(2, 0)]
    codes: list[int | None] = []
    for number in range(4):
        try:
            await client.c2c.send_text("bob", f"hi {number}")
            codes.append(0)
        except ApiError as error:
            codes.append(error.code)
    assert codes == [0, 0, 60007, 60007]
    (limit,) = await remote.get("/limits")
    assert (limit["limit"], limit["worst"], limit["refused"], limit["set_as"]) == (2, 2, 2, "openim/sendmsg")
    (pace,) = await remote.get("/limits/history")
    assert (pace["command"], sum(pace["passed"]), sum(pace["refused"])) == ("openim/sendmsg", 2, 2)
    (limit,) = await remote.do("PUT", "/limits", {"command": "openim/sendmsg", "limit": None})
    assert (limit["limit"], limit["held"], limit["worst"], limit["refused"]) == (200, 0, 0, 0)
    await client.c2c.send_text("bob", "hi again")
    limit = (await remote.get("/limits"))[0]
    assert (limit["limit"], limit["capacity"], limit["set_as"]) == (200, 210, None)
    assert (await remote.ask("PUT", "/limits", {"command": "nothing", "limit": 1}))[1]["field"] == "command"


async def test_limit_that_several_commands_share_is_shown_of_each(remote: Remote) -> None:
    """The writes of a group's attributes are counted together."""
    group = (await remote.client.group.create(type="Public", name="team", owner_account="alice")).group_id
    await remote.client.group_attr.set(group_id=group, group_attr=[GroupAttr(key="a", value="1")])
    await remote.client.group_attr.clear(group_id=group)
    shown = {(each["command"], each["key"]): each["worst"] for each in await remote.get("/limits")}
    assert shown["group_open_http_svc/set_group_attr", "group_id"] == 2
    assert shown["group_open_http_svc/clear_group_attr", "group_id"] == 2


async def test_commands_are_listed_with_what_they_do(remote: Remote) -> None:
    commands = {each["command"]: each for each in await remote.get("/commands")}
    assert commands["openim/sendmsg"]["name"] == "c2c.send"
    assert set(commands) == set(endpoints())


async def test_clock_is_moved_stopped_and_set_free(remote: Remote) -> None:
    before = (await remote.get("/clock"))["now"]
    ahead = await remote.do("POST", "/clock/forward", {"seconds": 3600})
    assert ahead["now"] >= before + 3600
    stopped = await remote.do("PUT", "/clock", {"now": 1_900_000_000, "is_stopped": True})
    assert (await remote.get("/clock"))["now"] == stopped["now"] == 1_900_000_000
    assert (await remote.do("PUT", "/clock", {}))["ahead_s"] == 0.0
    assert abs((await remote.get("/clock"))["now"] - before) < 600
    assert (await remote.ask("PUT", "/clock", {"now": -1}))[1]["field"] == "now"


async def test_reset_forgets_messages_or_everything(remote: Remote) -> None:
    client = remote.client
    group = (await client.group.create(type="Public", name="team", owner_account="alice")).group_id
    await client.c2c.send(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="hi")])
    await client.group_msg.send(group_id=group, from_account="alice", msg_body=[TextElem(text="hi all")])
    await remote.do("POST", "/faults", {"kind": "delay", "seconds": 0})
    await remote.do("POST", "/reset", {"what": "messages"})
    for what in ("messages", "calls", "webhooks"):
        assert (await remote.get(f"/{what}"))["total"] == 0, what
    assert set(remote.emulator.accounts) == {"administrator", "alice", "bob"}
    assert set(remote.emulator.groups) == {group}
    assert len(await remote.get("/faults")) == 1
    await client.c2c.send(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="hi")])
    assert (await remote.get("/messages"))["total"] == 1, "what was forgotten is no repeat"
    await remote.do("POST", "/clock/forward", {"seconds": 100})
    await remote.do("PUT", "/limits", {"command": "*", "limit": 1})
    await remote.do("POST", "/reset", {})
    assert set(remote.emulator.accounts) == {"administrator"}
    assert not remote.emulator.groups
    assert await remote.get("/faults") == await remote.get("/limits") == await remote.get("/limits/history") == []
    assert (await remote.get("/clock"))["ahead_s"] == 0.0


async def test_state_is_taken_along_and_put_back(remote: Remote) -> None:
    await remote.client.c2c.send_text("bob", "hi Bob 🌸")
    await remote.do("POST", "/faults", {"kind": "delay", "seconds": 0})
    exported = await remote.get("/state")
    assert (exported["format"], exported["sdk_app_id"]) == ("tim-async emulator state", remote.emulator.sdk_app_id)
    await remote.do("POST", "/reset", {})
    status, problem = await remote.ask("PUT", "/state", {**exported, "version": 0})
    assert (status, problem["field"]) == (400, "version")
    status, problem = await remote.ask("PUT", "/state", {**exported, "state": {"accounts": []}})
    assert (status, problem["field"]) == (400, "state")
    assert set(remote.emulator.accounts) == {"administrator"}
    exported["state"]["accounts"] += [
        {**exported["state"]["accounts"][0], "#": 1000 + number, "user_id": f"user{number}"} for number in range(20_000)
    ]
    assert await remote.do("PUT", "/state", exported) == {"count": 1}, "it may be larger than other bodies"
    assert [each["text"] for each in (await remote.get("/messages"))["messages"]] == ["hi Bob 🌸"]
    assert await remote.get("/faults") == []
    assert len(remote.emulator.accounts) == 20_003


async def test_state_that_is_too_large_is_refused(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "ROUTES", [msgspec.structs.replace(each, max_mib=each.max_mib // 400) for each in ROUTES])
    status, problem = await remote.ask("PUT", "/state", {"format": "x" * 1024 * 1024})
    assert (status, problem["message"]) == (413, "the body exceeds 1 MiB")


async def test_webhooks_go_where_they_are_sent_and_can_be_sent_again(remote: Remote) -> None:
    seen: list[dict[str, str]] = []

    async def receive(request: web.BaseRequest) -> web.Response:
        seen.append(dict(request.rel_url.query))
        return web.json_response({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""})

    server = web.Server(receive)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/tim"
    try:
        answer = await remote.do("PUT", "/webhooks/receiver", {"url": url, "token": "secret-token"})
        assert answer == await remote.get("/webhooks/receiver") == {"url": url, "is_signed": True}
        await remote.client.c2c.send_text("bob", "hi")
        await remote.emulator.webhooks_settled()
        listed = (await remote.get("/webhooks?command=C2C.CallbackAfterSendMsg"))["webhooks"]
        assert [(each["sends"], each["problem"], each["answer"]["ErrorCode"]) for each in listed] == [(1, "", 0)]
        assert (await remote.get("/webhooks?text=HI&trouble=false"))["total"] == 2
        assert (await remote.get("/webhooks?text=nothing"))["total"] == (await remote.get("/webhooks?trouble=1"))[
            "total"
        ]
        assert abs(listed[0]["at"] - (await remote.get("/clock"))["now"]) < 60
        again = await remote.do("POST", f"/webhooks/{listed[0]['number']}/send")
        assert (again["sends"], again["event"]["CallbackCommand"]) == (2, "C2C.CallbackAfterSendMsg")
        assert all("Sign" in query for query in seen)
        assert len(seen) == 3
        await remote.do("PUT", "/webhooks/receiver", {"url": None})
        assert (await remote.ask("POST", f"/webhooks/{listed[0]['number']}/send"))[0] == 400
        assert (await remote.ask("POST", "/webhooks/99/send"))[0] == 404
    finally:
        listener.close()
        await server.shutdown(0.1)


@pytest.mark.parametrize(
    "url", ["nonsense", "", "ftp://127.0.0.1/", "http://", "http://a b/", " http://a/", "http://a/\n"]
)
async def test_receiver_that_is_no_address_is_refused(remote: Remote, url: str) -> None:
    before = await remote.get("/webhooks/receiver")
    status, problem = await remote.ask("PUT", "/webhooks/receiver", {"url": url, "token": "another"})
    assert status == 400
    assert problem == {
        "message": "url must be an http or https URL such as http://127.0.0.1:8080/tim", "field": "url"
    }  # fmt: skip
    assert await remote.get("/webhooks/receiver") == before


async def test_requests_of_other_sites_change_and_read_nothing(remote: Remote) -> None:
    url = f"{remote.emulator.url}{PREFIX}"
    assert (await remote.ask("GET", "/messages", Host="evil.example:80"))[0] == 403
    assert (await remote.ask("POST", "/reset", {}, Origin="https://evil.example"))[0] == 403
    async with remote.session.post(f"{url}/reset", data={"what": "all"}) as response:  # as a form does
        assert response.status == 403
    assert set(remote.emulator.accounts) == {"administrator", "alice", "bob"}
    assert (await remote.ask("POST", "/reset", {}, Origin=remote.emulator.url))[0] == 200


async def test_what_is_not_there_is_said(remote: Remote) -> None:
    assert (await remote.ask("GET", "/nothing"))[0] == 404
    status, problem = await remote.ask("DELETE", "/clock")
    assert (status, problem["message"]) == (400, f"{PREFIX}/clock takes GET and PUT, not DELETE")
    status, problem = await remote.ask("GET", "/calls?limit=0")
    assert (status, problem["field"]) == (400, "limit")
    for path in ("accounts", "calls", "groups", "inboxes", "messages", "pushes", "webhooks"):
        assert (await remote.ask("GET", f"/{path}?offset={2**53 - 1}&limit=1000"))[0] == 200
        status, problem = await remote.ask("GET", f"/{path}?offset={10**20}")
        assert (status, problem["field"]) == (400, "offset"), path
    async with remote.session.put(
        f"{remote.emulator.url}{PREFIX}/clock", data=b"{", headers={"Content-Type": "application/json"}
    ) as response:
        assert response.status == 400
        assert "not JSON" in (await response.json())["message"]
    large = io.BytesIO(b" " * (1024 * 1024 + 1))
    async with remote.session.post(
        f"{remote.emulator.url}{PREFIX}/accounts", data=large, headers={"Content-Type": "application/json"}
    ) as response:
        assert (response.status, (await response.json())["message"]) == (413, "the body exceeds 1 MiB")
