"""The explorer's API in the emulator: what the views read, check and send."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from tim_async import endpoints
from tim_async._explorer.catalogue import catalogue
from tim_async.emulator import Emulator, Faults

PREFIX = "/_explorer/v1/"
MESSAGE = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "你好"}}]}


class Page:
    """What a page of the emulator can do."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        url = self.emulator.url + PREFIX + path
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = {"Content-Type": "application/json"} | headers
        async with self.session.request(method, url, data=data, headers=headers) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, await response.json()

    async def get(self, path: str) -> Any:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    async def post(self, path: str, body: object) -> Any:
        status, answer = await self.ask("POST", path, {"text": json.dumps(body)})
        assert status == 200, answer
        return answer


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        emulator.add_accounts("alice", "bob")
        yield Page(emulator, session)


async def test_catalogue_has_every_endpoint(page: Page) -> None:
    found = await page.get("catalogue")
    assert [each["command"] for each in found["endpoints"]] == list(endpoints())
    families = {each["name"] for each in found["families"]}
    for each in found["endpoints"]:
        assert each["title"]
        assert each["title_zh"]
        assert each["family"] in families
        assert each["danger"] == endpoints()[each["command"]].danger
    assert all(each["title"] and each["title_zh"] for each in found["families"])


@pytest.mark.parametrize(
    ("command", "word"), [("openim/sendmsg", "msglifetime"), ("group_open_http_svc/create_group", "applyjoinoption")]
)
def test_words_of_fields_find_an_endpoint(command: str, word: str) -> None:
    found = [each.command for each in catalogue().endpoints if word in each.words.split()]
    assert command in found
    assert len(found) < 30


async def test_page_of_every_endpoint_has_its_fields(page: Page) -> None:
    for command, endpoint in endpoints().items():
        found = await page.get(f"endpoints/{command}")
        assert [each["wire_name"] for each in found["fields"]] == list(endpoint.request.__struct_encode_fields__)
        assert [each["wire_name"] for each in found["answer"]] == list(endpoint.result.__struct_encode_fields__)
        assert found["purpose"]
        assert found["limits"] == [str(rate) for rate in endpoint.limits]
    (body,) = [each for each in (await page.get("endpoints/openim/sendmsg"))["fields"] if each["name"] == "msg_body"]
    assert "TIMTextElem" in body["kinds"]


async def test_codes_and_limits(page: Page) -> None:
    codes = await page.get("codes")
    assert [each["code"] for each in codes] == sorted(each["code"] for each in codes)
    (busy,) = [each for each in codes if each["code"] == 20004]
    assert (busy["hint"], busy["raised_as"]) == ("retry", "ServiceBusyError")
    assert all(
        each["meaning"] and each["meaning_zh"] and bool(each["advice"]) == bool(each["advice_zh"]) for each in codes
    )
    limits = await page.get("limits")
    rows = {each["command"]: each for each in limits["endpoints"]}
    assert rows.keys() == endpoints().keys()
    batch = rows["openim/batchsendmsg"]
    assert {"field": "To_Account", "most": 500} in batch["lists"]
    assert "12,000 to_account/60 s" in [each["text"] for each in batch["rates"]]
    assert limits["body_limit_bytes"] == 8192


async def test_request_is_checked_and_not_sent(page: Page) -> None:
    found = await page.post("check/openim/sendmsg", {**MESSAGE, "MsgLifeTime": -1})
    assert [each["path"] for each in found["problems"]] == [["MsgLifeTime"]]
    assert page.emulator.messages() == []
    assert page.emulator.count("openim/sendmsg") == 0


async def test_request_is_sent_as_the_admin_with_the_identity_of_a_message(page: Page) -> None:
    outcome = await page.post("send/openim/sendmsg", {**MESSAGE, "From_Account": "alice"})
    assert outcome["is_ok"], outcome
    assert json.loads(outcome["answer"])["MsgKey"]
    assert json.loads(outcome["request"]).keys() == {"From_Account", "To_Account", "MsgBody", "MsgSeq", "MsgRandom"}
    (sent,) = page.emulator.messages()
    assert sent.from_account == "alice"
    assert page.emulator.count("openim/sendmsg") == 1


async def test_app_is_filled_in_where_a_request_repeats_it(page: Page) -> None:
    outcome = await page.post("send/timpush/list_sched_task", {})
    endpoint = endpoints()["timpush/list_sched_task"]
    assert endpoint.app_field is not None
    assert json.loads(outcome["request"])[endpoint.raw_field(endpoint.app_field)] == page.emulator.sdk_app_id


async def test_request_is_copied_as_a_program_and_as_commands(page: Page) -> None:
    copies = await page.post("copies/openim/sendmsg", MESSAGE)
    assert "client.c2c.send(" in copies["python"]
    assert copies["command"].startswith("tim-async call c2c.send --json '")
    assert copies["curl"].startswith("curl -X POST ")
    assert page.emulator.secret_key not in str(copies)


async def test_refusal_is_explained_with_its_answer(page: Page) -> None:
    outcome = await page.post("send/openim/sendmsg", {**MESSAGE, "To_Account": "stranger"})
    assert not outcome["is_ok"]
    assert outcome["code"]["code"] == 90012
    assert "import" in outcome["advice"]
    assert json.loads(outcome["answer"])["ErrorCode"] == 90012


async def test_request_that_the_check_refuses_can_be_sent_all_the_same(page: Page) -> None:
    outcome = await page.post("send/openim/sendmsg", {"To_Account": 5})
    assert json.loads(outcome["answer"])["ErrorCode"] == outcome["code"]["code"] != 0


async def test_failed_items_are_counted(page: Page) -> None:
    outcome = await page.post("send/openim/batchsendmsg", {**MESSAGE, "To_Account": ["bob", "stranger"]})
    assert (outcome["is_ok"], outcome["failed_items"]) == (True, 1), outcome


async def test_call_goes_by_the_emulators_clock(page: Page) -> None:
    await page.session.put(page.emulator.url + "/_emulator/v1/clock", json={"now": 4_000_000_000})
    outcome = await page.post("send/openim/sendmsg", MESSAGE)
    assert outcome["is_ok"], outcome


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        pytest.param(Faults.drop, "ConnectionLostError", id="lost"),
        pytest.param(lambda faults: faults.status(502), "TimError", id="gateway"),
        pytest.param(Faults.garbage, "TimError", id="garbage"),
        pytest.param(Faults.truncate, "ConnectionLostError", id="cut-off"),
    ],
)
async def test_what_is_no_answer_is_shown_as_it_came(page: Page, plan: Callable[[Faults], Any], error: str) -> None:
    plan(page.emulator.faults)
    outcome = await page.post("send/openim/sendmsg", MESSAGE)
    assert (outcome["is_ok"], outcome["error"], outcome["code"]) == (False, error, None)
    assert "usersig" not in json.dumps(outcome).lower()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("GET", "endpoints/openim/nothing", None, 404),
        ("GET", "endpoints/", None, 404),
        ("GET", "about/x", None, 404),
        ("POST", "check/openim/nothing", {"text": "{}"}, 404),
        ("POST", "delete/openim/sendmsg", {"text": "{}"}, 404),
        ("POST", "check/openim/sendmsg", {"text": "[]"}, 400),
        ("POST", "check/openim/sendmsg", {"txt": "{}"}, 400),
        ("POST", "check/openim/sendmsg", None, 400),
        ("POST", "check/openim/sendmsg", {"text": "x" * 2_000_000}, 413),
        ("DELETE", "catalogue", None, 405),
    ],
)
async def test_wrong_requests_are_refused(page: Page, method: str, path: str, body: object, status: int) -> None:
    answered, problem = await page.ask(method, path, body)
    assert answered == status
    assert problem["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
    ids=lambda headers: " ".join(*headers.items()),
)
async def test_other_sites_can_read_and_send_nothing(page: Page, headers: dict[str, str]) -> None:
    data = json.dumps({"text": json.dumps(MESSAGE)})
    url = page.emulator.url + PREFIX + "send/openim/sendmsg"
    async with page.session.post(url, data=data, headers={"Content-Type": "application/json"} | headers) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers
    async with page.session.options(url, headers=headers) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
    assert page.emulator.messages() == []
