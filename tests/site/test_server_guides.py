"""The guides to servers: web apps, code without a loop, webhooks, archives. What they show runs."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession, web
from fastapi import FastAPI

from tests.site.blocks import LANGUAGES, blocks, written
from tim_async import HTTP_STATUS, FaceElem, TextElem, errors
from tim_async import TimClient as AsyncClient
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.testing import deliver
from tim_async.webhooks import (
    EVENTS,
    AfterSendMsg,
    BeforeSendMsg,
    Event,
    GroupBeforeInviteJoinGroup,
    MemberRef,
    RequestOverLimit,
    WebhookRouter,
    decode_event,
)

HOST_LIMITER = pytest.mark.docs  # a limiter of this machine waits for a second when it begins
BOTH = pytest.mark.parametrize("language", LANGUAGES)


def names_of(page: str, text: str) -> dict[str, Any]:
    """Run the one block of a page that has a text in it; return its names."""
    (block,) = [
        each for each in blocks("en") if each.page == page and each.language == "python" and text in each.source
    ]
    names: dict[str, Any] = {"__name__": "shown"}
    exec(compile(block.source, page, "exec"), names)
    return names


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An app in the environment, as the pages have it; the accounts bob and carol are there."""
    with Emulator() as emulator:
        emulator.add_accounts("bob", "carol")
        monkeypatch.setenv("TIM_SDK_APP_ID", str(emulator.sdk_app_id))
        monkeypatch.setenv("TIM_SECRET_KEY", DEFAULT_SECRET_KEY)
        monkeypatch.setenv("TIM_BASE_URL", emulator.url)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("limits")))
        yield emulator


# Web apps


@BOTH
def test_statuses_of_the_guide_are_the_table(language: str) -> None:
    rows = re.findall(r"^\| ([45]\d\d) \| (.*) \|$", written(language)["how-to/web-apps"], re.MULTILINE)
    shown = {name: int(status) for status, text in rows for name in re.findall(r"`(\w+Error)`", text)}
    assert shown == {
        kind.__name__: status for kind, status in HTTP_STATUS.items() if not issubclass(kind, errors.WebhookError)
    }


async def test_fastapi_app_answers_with_the_statuses(app: Emulator) -> None:
    fastapi: FastAPI = names_of("how-to/web-apps", "Depends(client_of)")["app"]
    transport = httpx.ASGITransport(fastapi)
    async with (
        fastapi.router.lifespan_context(fastapi),
        httpx.AsyncClient(transport=transport, base_url="http://a") as http,
    ):
        answers = [await http.post(f"/notify/{who}", params={"text": "hi"}) for who in ("bob", "nobody")]
        app.faults.answer(60007, times=1)
        answers.append(await http.post("/notify/bob", params={"text": "hi"}))
    assert [answer.status_code for answer in answers] == [200, 400, 503]
    assert answers[0].json()["MsgKey"] == app.history("administrator", "bob")[0].msg_key
    assert answers[1].json()["code"] == 90012
    assert int(answers[2].headers["Retry-After"]) >= 1
    assert answers[2].json().keys() == {"error", "detail", "code", "maybe_delivered"}


@pytest.mark.parametrize(("given", "deadline"), [("", 2.0), ("100", 0.1), ("5000", 2.0), ("0", 2.0), ("soon", 2.0)])
def test_deadline_of_a_proxy_is_used_where_it_is_shorter(given: str, deadline: float) -> None:
    client = SimpleNamespace(with_options=lambda deadline: deadline)
    state = SimpleNamespace(state=SimpleNamespace(client=client))
    request = SimpleNamespace(app=state, headers={"x-envoy-expected-rq-timeout-ms": given})
    assert names_of("how-to/web-apps", "x-envoy")["client_of"](request) == deadline


async def test_results_are_returned_by_the_routes(app: Emulator) -> None:
    names = names_of("how-to/web-apps", "async def states")
    first = names_of("how-to/web-apps", "Depends(client_of)")
    fastapi: FastAPI = names["app"]
    transport = httpx.ASGITransport(fastapi)
    async with first["lifespan"](fastapi), httpx.AsyncClient(transport=transport, base_url="http://a") as http:
        states = (await http.get("/states", params={"account": "bob"})).json()
        news = (await http.post("/news", json=["bob", "nobody"])).json()
    assert states["QueryResult"][0]["To_Account"] == "bob"
    assert {each["account"]: each["state"] for each in news["deliveries"]} == {"bob": "sent", "nobody": "failed"}


async def test_aiohttp_app_answers_with_the_statuses(app: Emulator) -> None:
    runner = web.AppRunner(names_of("how-to/web-apps", "web.AppKey")["create_app"]())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
            statuses = []
            for who in ("bob", "nobody"):
                async with http.post(f"/notify/{who}", params={"text": "hi"}) as answer:
                    statuses.append(answer.status)
    finally:
        await runner.cleanup()
    assert statuses == [200, 400]


@HOST_LIMITER
async def test_workers_share_a_limiter(app: Emulator) -> None:
    fastapi = FastAPI()
    async with names_of("how-to/web-apps", "HostRateLimiter() as limiter")["lifespan"](fastapi):
        assert (await fastapi.state.client.c2c.send_text("bob", "hi")).msg_key


# Without a loop


@HOST_LIMITER
def test_flask_app_answers_with_the_statuses(app: Emulator) -> None:
    pytest.importorskip("flask", reason="Flask is in the group `web`")
    names, made = names_of("how-to/without-a-loop", "from flask"), []

    def from_env(**options: Any) -> TimClient:
        made.append(TimClient.from_env(**options))
        return made[-1]

    names["TimClient"] = SimpleNamespace(from_env=from_env)
    browser = names["create_app"]().test_client()
    answers = [browser.post("/messages", json={"to": who, "text": "hi"}) for who in ("bob", "nobody")]
    [client] = made
    client.close()  # Flask would keep it, and its thread, to the end of the process
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[0].json == {"msg_key": app.history("administrator", "bob")[0].msg_key}


@HOST_LIMITER
def test_django_view_answers_with_the_statuses(app: Emulator) -> None:
    conf = pytest.importorskip("django.conf", reason="Django is in the group `web`")
    if not conf.settings.configured:
        conf.settings.configure()
    factory = pytest.importorskip("django.test").RequestFactory()
    names = names_of("how-to/without-a-loop", "from django")
    middleware, statuses = names["TimErrors"](names["send"]), []
    for who in ("bob", "nobody"):
        request = factory.post("/", {"to": who, "text": "hi"}, content_type="application/json")
        try:
            statuses.append(middleware(request).status_code)
        except errors.TimError as error:
            statuses.append(middleware.process_exception(request, error).status_code)
    assert statuses == [200, 400]
    assert middleware.process_exception(request, ValueError()) is None
    names["tim"]().close()


@HOST_LIMITER
def test_celery_task_repeats_the_same_message(app: Emulator) -> None:
    pytest.importorskip("celery", reason="Celery is in the group `web`")
    names = names_of("how-to/without-a-loop", "from celery")
    names["open_client"]()
    try:
        app.faults.answer(91000, times=4)  # more than the client itself repeats
        assert names["notify"].apply(args=("bob", "hi")).get()
    finally:
        names["close_client"]()
    assert len(app.arrivals) == 5
    assert len({each.body for each in app.arrivals}) == 1
    assert len(app.sent(to="bob")) == 1


def test_emulator_without_a_loop_is_shown() -> None:
    names_of("how-to/without-a-loop", "auto_import=True")


def test_first_example_without_a_loop_reads_and_sends(app: Emulator) -> None:
    names = names_of("how-to/without-a-loop", "def read(")
    with TimClient.from_env() as client:
        names["client"] = client
        assert [names["notify"]("bob")] == names["read"]("bob")


# Webhooks


async def test_receiver_decides_as_it_says() -> None:
    router = names_of("how-to/webhooks", "def moderate(")["router"]
    decisions = []
    for text in ("hi", "see http://x", "damn"):
        answer = await deliver(router, BeforeSendMsg(msg_body=[TextElem(text), FaceElem(index=1)]))
        decisions.append((answer.error_code, answer.msg_body))
    assert decisions == [(0, None), (120_001, None), (0, [TextElem("****"), FaceElem(index=1)])]


async def test_receiver_archives_an_event_once(capsys: pytest.CaptureFixture[str]) -> None:
    async with names_of("how-to/webhooks", "def moderate(")["router"] as router:
        for _ in range(2):
            await deliver(router, AfterSendMsg(from_account="alice", to_account="bob", msg_key="key-1"))
    assert capsys.readouterr().out == "alice bob key-1 127.0.0.1\n"


async def test_banned_accounts_are_not_invited() -> None:
    router = names_of("how-to/webhooks", "RefuseSome")["router"]
    invited = [MemberRef(member_account=account) for account in ("bob", "mallory")]
    answer = await deliver(router, GroupBeforeInviteJoinGroup(destination_members=invited))
    assert answer.refused_members_account == ["mallory"]
    assert (await deliver(router, BeforeSendMsg(from_account="mallory"))).error_code == 1
    assert (await deliver(router, BeforeSendMsg(from_account="bob"))).error_code == 0


async def test_event_that_was_not_stored_is_handled_when_it_comes_again() -> None:
    names, stored = names_of("how-to/webhooks", "seen.forget"), []

    async def store(command: str, body: str) -> None:
        stored.append(command)
        if len(stored) == 1:
            raise OSError

    names["store"] = store
    async with names["router"] as router:
        for _ in range(3):
            await deliver(router, AfterSendMsg(msg_key="key-1"))
    assert stored == ["C2C.CallbackAfterSendMsg"] * 2


async def test_recorded_events_are_replayed(tmp_path: Path) -> None:
    names = names_of("how-to/webhooks", "def replay_to")
    names["EVENTS_FILE"] = tmp_path / "events.jsonl"
    async with WebhookRouter(1400000000, token="one") as recording:
        names["record_with"](recording)
        await deliver(recording, AfterSendMsg(from_account="用户", msg_key="key-1"))
        unknown = decode_event("C2C.New", {"CallbackCommand": "C2C.New", "Field": 1})
        await deliver(recording, unknown)
    replaying = WebhookRouter(1400000000, token="another")
    got: list[Event] = []
    replaying.on(Event)(got.append)
    await names["replay_to"](replaying)
    assert [(event.callback_command, event.mark) for event in got] == [
        ("C2C.CallbackAfterSendMsg", AfterSendMsg(msg_key="key-1", from_account="用户").mark),
        ("C2C.New", unknown.mark),
    ]


async def test_alert_slows_the_client_down(app: Emulator) -> None:
    names = names_of("how-to/webhooks", "slow_down(limiter)")
    alert = RequestOverLimit(service_name="openim", command="sendmsg", request=170, limit=200)
    async with names["make_client"]() as client:
        await client.c2c.send_text("bob", "hi")
        async with names["router"] as router:
            await deliver(router, alert)
        assert client.stats()["openim/sendmsg"].rate == 150


async def test_receiver_runs_where_the_guide_says(app: Emulator) -> None:
    names = names_of("how-to/webhooks", "router.lifespan(app):")
    fastapi = FastAPI()
    async with names["lifespan"](fastapi):
        assert (await fastapi.state.client.c2c.send_text("bob", "hi")).msg_key
    runner = web.AppRunner(names_of("how-to/webhooks", "router.add_to")["create_app"](names["router"]))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession() as http, http.get(f"http://127.0.0.1:{runner.addresses[0][1]}/tim/") as answer:
            assert answer.status == 405
    finally:
        await runner.cleanup()


async def test_event_is_sent_again_by_the_address_of_the_guide(app: Emulator) -> None:
    (block,) = [each.source for each in blocks("en") if each.page == "how-to/webhooks" and "curl" in each.source]
    listing, again = re.findall(r"http://127\.0\.0\.1:8088(/[^\s\"]*)", block)
    router = WebhookRouter(app.sdk_app_id)
    got: list[AfterSendMsg] = []
    router.on(AfterSendMsg)(got.append)
    receiver = web.Application()
    router.add_to(receiver, "/tim")
    runner = web.AppRunner(receiver)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/tim"
    async with ClientSession() as http, AsyncClient.from_env() as client:
        await client.c2c.send_text("bob", "hi")
        while not app.webhooks[-1].sends:  # noqa: ASYNC110 - it runs in a thread of its own
            await asyncio.sleep(0.01)
        async with http.get(f"{app.url}{listing}") as answer:
            assert [each["number"] for each in (await answer.json())["webhooks"]] == [2]
        async with http.post(f"{app.url}{again}") as answer:
            assert (await answer.json())["sends"] == 2
    await runner.cleanup()
    assert [event.msg_body for event in got] == [[TextElem("hi")]] * 2


@BOTH
def test_events_are_counted(language: str) -> None:
    assert re.search(rf"\b{len(EVENTS)}( commands| 个)", written(language)["how-to/webhooks"])


@BOTH
def test_statuses_of_refused_webhooks_are_those_of_the_classes(language: str) -> None:
    rows = re.findall(r"^\| ([45]\d\d) \| (.*) \|$", written(language)["how-to/webhooks"], re.MULTILINE)
    shown = {name: int(status) for status, text in rows for name in re.findall(r"`(\w+Error)`", text)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.WebhookError)]
    assert shown == {kind.__name__: kind.status for kind in kinds if kind.status >= 400}


@BOTH
def test_timeouts_of_the_guide_are_the_defaults(language: str) -> None:
    rows = re.findall(r"^\| ([\d.]+) \| `([a-z_]+)`[:：]", written(language)["how-to/webhooks"], re.MULTILINE)
    parameters = inspect.signature(WebhookRouter).parameters
    assert rows
    assert {name: float(seconds) for seconds, name in rows} == {name: parameters[name].default for _, name in rows}


# Archives of messages


class Clock:
    """A clock that is set by hand: noon in China on 29 November 2026."""

    def __init__(self) -> None:
        self.now = 1_795_924_800.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def an_hour_with_a_message() -> AsyncIterator[AsyncClient]:
    clock = Clock()
    async with (
        Emulator(auto_import=True, clock=clock) as emulator,
        AsyncClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        await client.c2c.send_text("bob", "hi")
        clock.now += 7200
        yield client


async def test_archive_is_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with an_hour_with_a_message() as client:
        assert await names_of("how-to/archives", "def print_hour")["print_hour"](client, "2026112912") == 1
        assert await names_of("how-to/archives", "def back_up")["back_up"](client, "2026112912", tmp_path) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == "administrator bob 1795924800 [TextElem(text='hi')]"
    assert second == f"{tmp_path / 'c2c-2026112912-0.gz'} 2026112912 1 0"


async def test_archive_that_is_not_ready_is_none() -> None:
    archive_of = names_of("how-to/archives", "def archive_of")["archive_of"]
    async with an_hour_with_a_message() as client:
        assert await archive_of(client, "2026112912") is None
        assert client.stats()["open_msg_svc/get_history"].errors == {"1004": 1}


def test_hours_of_a_day_are_those_of_china() -> None:
    names = names_of("how-to/archives", "def hours_of")
    hours = names["hours_of"](datetime(2026, 11, 28, 17, 30, tzinfo=UTC))
    assert (hours[0], hours[-1], len(hours)) == ("2026112900", "2026112923", 24)


def test_archive_is_read_without_a_loop(
    app: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = names_of("how-to/archives", "tim_async.blocking")
    with names["client"] as client:
        client.c2c.send_text("bob", "hi")
        hour = datetime.now(timezone(timedelta(hours=8)))
        app.set_clock(hour.timestamp() + 7200)
        assert names["archived"](f"{hour:%Y%m%d%H}") == 1
    assert capsys.readouterr().out == "administrator [TextElem(text='hi')]\n"
