from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.cli.helpers import posix
from tim_async.cli._signals import handled, stopped_in_order

pytestmark = posix
SIGNALS = pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")], ids=["SIGINT", "SIGTERM"]
)


@SIGNALS
async def test_first_signal_stops_in_order_and_the_second_at_once(
    capsys: pytest.CaptureFixture[str], number: signal.Signals, name: str
) -> None:
    stopping, names = asyncio.Event(), []

    def stop(name: str) -> bool:
        names.append(name)
        stopping.set()
        return True

    async def work() -> None:
        with stopped_in_order(stop):
            os.kill(os.getpid(), number)
            await stopping.wait()
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())
    assert names == [name]
    assert capsys.readouterr().err == f"{name}: finishing what is in flight; a second signal stops at once\n"


async def test_first_signal_stops_at_once_when_nothing_is_in_flight(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        with stopped_in_order(lambda name: False):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())
    assert capsys.readouterr().err == ""


@SIGNALS
async def test_handlers_are_removed_with_the_block(number: signal.Signals, name: str) -> None:
    with handled(lambda name: None):
        assert asyncio.get_running_loop().remove_signal_handler(number)
    assert not asyncio.get_running_loop().remove_signal_handler(number)
