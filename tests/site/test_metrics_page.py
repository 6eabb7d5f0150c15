"""What the guide to metrics says is what is exported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import TimClient, otel
from tim_async.emulator import Emulator
from tim_async.otel import Telemetry

PAGE: Final[dict[str, Any]] = defined_by("how-to/metrics")


@pytest.fixture(autouse=True)
def app(tim_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tim_emulator.add_accounts("bob", "carol")
    for name, value in (
        ("TIM_SDK_APP_ID", str(tim_emulator.sdk_app_id)),
        ("TIM_SECRET_KEY", tim_emulator.secret_key),
        ("TIM_BASE_URL", tim_emulator.url),
        ("TIM_LEDGER", str(tmp_path / "spring.db")),
    ):
        monkeypatch.setenv(name, value)


def rows(text: str) -> dict[str, tuple[str, ...]]:
    """Return unit, kind of instrument and attributes, by instrument."""
    table = re.findall(r"^\| `(tim\.[\w.]+)` (\w+|计数器|直方图|仪表)[^|]*\|([^|]*)\|([^|]*)\|$", text, re.MULTILINE)
    return {name: (unit.strip(), *sorted(re.findall(r"`([\w.]+)`", attributes))) for name, _, unit, attributes in table}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_table_of_instruments_is_that_of_the_module(language: str) -> None:
    there = rows(otel.__doc__ or "")
    assert len(there) == 13
    assert rows(written(language)["how-to/metrics"]) == there


async def test_clients_are_observed(capsys: pytest.CaptureFixture[str]) -> None:
    async with PAGE["make_client"]() as client:
        assert isinstance(client.settings.observer, Telemetry)
        await client.c2c.send_text("bob", "hi")
        PAGE["report"](client)
        assert 198 < client.stats()["openim/sendmsg"].configured_rate < 199
    assert capsys.readouterr().out.startswith("openim/sendmsg 1 1 0 198.")


async def test_campaign_is_watched(tim_client: TimClient) -> None:
    seen = []

    class Watching(Telemetry):
        def progress(self, progress: Any) -> None:
            seen.append(progress.sent)
            super().progress(progress)

    await PAGE["watched"](tim_client, Watching())
    assert seen[-1] == 2


@pytest.mark.docs  # it waits for a second
async def test_observer_of_ones_own_counts(tim_emulator: Emulator) -> None:
    slow = PAGE["SlowCalls"]()
    async with PAGE["make_observed"](slow) as client:
        await client.c2c.send_text("bob", "hi")
        assert slow.slow == {"openim/sendmsg": 0}
        tim_emulator.faults.delay(1.1, command="openim/sendmsg", times=1)
        await client.c2c.send_text("bob", "hi")
    assert slow.slow == {"openim/sendmsg": 1}
