"""The examples under servers with four worker processes: the app's limit is one for all of them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.clock import worst_window
from tests.services import free_port
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

pytestmark = pytest.mark.docs

EXAMPLES = Path(__file__).parent.parent / "examples"
WORKERS = "4"
NOTES = 350  # the last of them has its turn within the second that the app's deadline leaves beyond a burst


def uvicorn(port: int) -> list[str]:
    return ["-m", "uvicorn", "--app-dir", str(EXAMPLES), "--port", str(port), "--workers", WORKERS, "fastapi_app:app"]


def gunicorn(port: int) -> list[str]:
    where = ["--chdir", str(EXAMPLES), "-b", f"127.0.0.1:{port}", "-w", WORKERS]
    return ["-m", "gunicorn", *where, "-k", "aiohttp.GunicornWebWorker", "aiohttp_app:create_app()"]


async def ready(http: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                await http.get("/")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.skipif(sys.platform == "win32", reason="there is no prefork server on Windows")
@pytest.mark.parametrize("server", [uvicorn, gunicorn], ids=lambda server: server.__name__)
async def test_four_workers_share_the_limit(server: type, tmp_path: Path) -> None:
    pytest.importorskip(server.__name__)
    port = free_port()
    async with Emulator(auto_import=True) as emulator:
        environment = {
            **os.environ,
            "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
            "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
            "TIM_BASE_URL": emulator.url,
            "XDG_RUNTIME_DIR": str(tmp_path),
            "PYTHONPATH": str(EXAMPLES.parent),
        }
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, *server(port)), env=environment, cwd=tmp_path, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            limits = httpx.Limits(max_connections=NOTES)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60) as http:
                await ready(http)
                # Each worker makes its client, and the state of the limits is no longer new.
                await asyncio.gather(*(http.post("/notify", json={"to": "bob", "text": "hi"}) for _ in range(20)))
                await asyncio.sleep(1.2)
                answers = await asyncio.gather(
                    *(http.post("/notify", json={"to": f"u{index}", "text": "hi"}) for index in range(NOTES))
                )
        finally:
            running.terminate()
            await running.wait()
        found = Counter(answer.status_code for answer in answers)
        assert set(found) <= {200, 503}, found  # 503: its turn would have come after the deadline
        assert found[200] >= 200
        assert all("WaitTooLong" in answer.text for answer in answers if answer.status_code == 503)
        assert worst_window(sorted(each.monotonic for each in emulator.arrivals)) <= 210, "200, and 5 % for the way"
        assert list((tmp_path / "tim-async").iterdir())
