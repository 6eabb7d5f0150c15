"""The guide's campaign from a database, at nine in the morning, with a look first: it does what the text says."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.conftest import FAST, each_got
from tests.families.conftest import client_of
from tests.site.blocks import blocks
from tim_async import LedgerError
from tim_async.bulk._engine import runner, steered
from tim_async.emulator import Emulator


@pytest.fixture
def put_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the time of day be another, for the client, the campaign and the emulator."""
    real, ahead = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + ahead)

    def put(text: str) -> None:
        nonlocal ahead
        ahead = datetime.fromisoformat(text).timestamp() - real()

    return put


async def test_how_to_does_what_it_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    put_to: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TIM_LEDGER", str(tmp_path / "news.db"))
    for module in (runner, steered):
        monkeypatch.setattr(module, "LOOK_INTERVAL_S", 0.01)
    (block,) = [block for block in blocks("zh") if "def morning_news(" in block.source]
    how_to: dict[str, Any] = {}
    exec(compile(block.source, block.page, "exec"), how_to)
    database = str(tmp_path / "readers.db")
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE readers (account, name, wants_news)")
        rows = [(f"reader{index}", f"Name {index}", index % 4 > 0) for index in range(200)]
        connection.executemany("INSERT INTO readers VALUES (?, ?, ?)", rows)

    put_to("2026-11-30 22:00+08:00")
    async with (
        Emulator(auto_import=True, rate_limits={"*": 100_000}) as emulator,
        client_of(emulator, rate_limits=FAST) as client,
    ):
        campaign = how_to["morning_news"](database)

        async def is_so(condition: Callable[[Any], bool]) -> None:
            async with asyncio.timeout(30):
                while True:
                    with contextlib.suppress(LedgerError):  # it is not there yet
                        if condition(await campaign.status()):
                            return
                    await asyncio.sleep(0.01)

        async def start() -> asyncio.Task[None]:
            return asyncio.create_task(how_to["send_news"](client, database))

        async def killed(task: asyncio.Task[None]) -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        # In the evening it waits, and so does a process that is started after it was killed.
        sending = await start()
        await is_so(lambda report: report.rests_until is not None)
        await killed(sending)
        sending = await start()
        await is_so(lambda report: report.rests_until is not None)
        assert not emulator.messages()
        # At nine it sends to a hundred, and waits for the look.
        put_to("2026-12-01 09:00+08:00")
        await is_so(lambda report: report.status == "paused")
        assert each_got(emulator) == {1: 100}
        await how_to["go_on"]()
        await sending
        assert each_got(emulator) == {1: 150}
        assert (await campaign.status()).is_complete
    printed = capsys.readouterr().out
    assert "not before 2026-12-01 09:00:00+08:00 (Asia/Shanghai), between 09:00 and 21:00 (Asia/Shanghai)" in printed
    assert "done at about 2026-12-01 09:00:0" in printed
    assert "the first 100 are sent to first, then the campaign pauses" in printed
    assert "150 of 150 recipients sent" in printed
