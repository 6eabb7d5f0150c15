from __future__ import annotations

import asyncio
import os
import signal
from importlib import reload

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
async def test_loop_without_signals_has_them_from_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, name: str
) -> None:
    """As on Windows: the first signal is handled in the loop, and afterwards all is as before."""
    loop = asyncio.get_running_loop()

    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(loop, "add_signal_handler", refuse)
    before = signal.getsignal(number)
    came: asyncio.Queue[str] = asyncio.Queue()
    with handled(came.put_nowait):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert [await came.get(), await came.get()] == [name, name]
    assert signal.getsignal(number) is before


def test_ctrl_break_of_windows_ends_in_order_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from tim_async.cli import _signals

    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    try:
        reload(_signals)
        assert (signal.SIGUSR1, "Ctrl-Break") in _signals._SIGNALS
    finally:
        monkeypatch.undo()
        reload(_signals)
    assert [name for _, name in _signals._SIGNALS] == ["Ctrl-C", "SIGTERM"]


@SIGNALS
async def test_handlers_are_removed_with_the_block(number: signal.Signals, name: str) -> None:
    with handled(lambda name: None):
        assert asyncio.get_running_loop().remove_signal_handler(number)
    assert not asyncio.get_running_loop().remove_signal_handler(number)
