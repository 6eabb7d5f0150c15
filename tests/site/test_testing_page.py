"""The examples of the guide to tests are tests that pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.site.blocks import blocks
from tests.testing.test_plugin import run
from tim_async import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import BeforeSendMsg, WebhookRouter

SOURCES = [block.source for block in blocks("en") if (block.page, block.language) == ("how-to/testing", "python")]


def names_of(function: str) -> dict[str, Any]:
    """Return what the example defines that has a function of this name."""
    (source,) = [source for source in SOURCES if f"async def {function}(" in source]
    names: dict[str, Any] = {}
    exec(source, names)
    return names


@pytest.mark.parametrize("function", ["test_the_gateway_is_busy", "test_the_greeting_survives_trouble"])
async def test_example_that_is_a_test_passes(function: str) -> None:
    await names_of(function)[function]()


async def test_example_without_a_socket_runs() -> None:
    await names_of("without_a_socket")["without_a_socket"]()


async def test_example_of_webhooks_runs() -> None:
    router = WebhookRouter(1400000000, token="t")
    seen = []

    @router.on(BeforeSendMsg)
    async def see(event: BeforeSendMsg) -> None:
        seen.append(event.from_account)

    async with router:  # what runs after the answer has run at its end
        await names_of("webhooks_by_hand")["webhooks_by_hand"](router)
    assert seen == ["alice"]


async def test_what_is_recorded_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = names_of("recorded")
    async with (
        Emulator(auto_import=True) as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        await names["record"](client)
    assert '"bob"' not in (tmp_path / "traffic.jsonl").read_text("utf-8")
    await names["recorded"]()


@pytest.mark.docs
def test_examples_with_fixtures_pass(tmp_path: Path) -> None:
    with_fixtures = [source for source in SOURCES if "tim_emulator: Emulator" in source]
    for number, source in enumerate(with_fixtures):
        (tmp_path / f"test_example_{number}.py").write_text(source, encoding="utf-8")
    done = run(tmp_path, "", "-o", "asyncio_mode=auto", str(tmp_path))
    assert len(with_fixtures) == 3
    assert "3 passed" in done.stdout, done.stdout + done.stderr
