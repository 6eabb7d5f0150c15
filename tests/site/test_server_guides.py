"""The guides to servers: web apps, code without a loop, webhooks, archives. What they show runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession, web
from fastapi import FastAPI

from tests.site.blocks import LANGUAGES, blocks, written
from tim_async import HTTP_STATUS, errors
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

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
    flask = names_of("how-to/without-a-loop", "from flask")["create_app"]()
    browser = flask.test_client()
    answers = [browser.post("/messages", json={"to": who, "text": "hi"}) for who in ("bob", "nobody")]
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
