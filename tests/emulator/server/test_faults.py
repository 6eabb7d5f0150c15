"""Planned faults, each kind and when it strikes."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import msgspec
import pytest

from tests.emulator.conftest import ROAM, SEND, message, until
from tim_async.emulator.server import fault_kinds
from tim_async.errors import UsageError

CHECK = "im_open_login_svc/account_check"
ALICE = {"CheckItem": [{"UserID": "alice"}]}


def stored(api):
    return len(api.emulator.messages())


async def codes(api, number, command=SEND):
    return [await api.code(command, message(MsgSeq=n) if command == SEND else ALICE) for n in range(number)]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_answer(api, after):
    fault = api.emulator.faults.answer(20004, "as planned", after=after, times=1)
    answer = await api.call(SEND, message())
    assert (answer["ErrorCode"], answer["ErrorInfo"], answer["ActionStatus"]) == (20004, "as planned", "FAIL")
    assert stored(api) == after
    assert fault.hits == 1
    assert api.emulator.arrivals[-1].code == 20004


async def test_answer_without_info_has_the_catalogues_words(api):
    api.emulator.faults.answer(91000)
    assert "Internal error" in (await api.call(SEND, message()))["ErrorInfo"]
    api.emulator.faults.clear()
    api.emulator.faults.answer(12345678)
    assert (await api.call(SEND, message()))["ErrorInfo"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_delay(api, after):
    fault = api.emulator.faults.delay(0.1, after=after, times=1)
    begin = time.monotonic()
    call = asyncio.create_task(api.code(SEND, message()))
    await until(lambda: fault.hits)
    assert stored(api) == after
    assert api.emulator.arrivals[-1].code is None
    assert await call == 0
    assert time.monotonic() - begin >= 0.1
    assert stored(api) == 1


async def test_delayed_request_is_carried_out_when_the_client_has_gone(api):
    fault = api.emulator.faults.delay(0.2)
    call = asyncio.create_task(api.code(SEND, message()))
    await until(lambda: fault.hits)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert stored(api) == 0
    await until(lambda: stored(api) == 1)


async def test_delays_add_up_and_combine_with_the_next(api):
    first = api.emulator.faults.delay(0.05)
    second = api.emulator.faults.delay(0.05)
    third = api.emulator.faults.answer(20005)
    begin = time.monotonic()
    assert await api.code(SEND, message()) == 20005
    assert time.monotonic() - begin >= 0.1
    assert (first.hits, second.hits, third.hits) == (1, 1, 1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_drop(api, after):
    fault = api.emulator.faults.drop(after=after, times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.call(SEND, message())
    assert (fault.hits, stored(api)) == (1, after)
    assert api.emulator.arrivals[-1].code is None
    assert await api.code(SEND, message()) == 0
    assert stored(api) == 1, "the repeat of one that was carried out is a duplicate"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_status(api, after):
    api.emulator.faults.status(after=after)
    async with api.post(SEND, message()) as response:
        assert (response.status, response.content_type) == (502, "text/html")
        assert b"Bad Gateway" in await response.read()
    assert stored(api) == after


async def test_status_of_ones_own(api):
    api.emulator.faults.status(503, body=b"{}", content_type="application/json")
    async with api.post(SEND, message()) as response:
        assert (response.status, response.content_type, await response.read()) == (503, "application/json", b"{}")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_garbage(api, after):
    api.emulator.faults.garbage(b"[1, 2]", after=after, times=1)
    async with api.post(SEND, message()) as response:
        assert (response.status, await response.read()) == (200, b"[1, 2]")
    assert stored(api) == after
    api.emulator.faults.garbage()
    async with api.post(SEND, message(MsgSeq=2)) as response:
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            msgspec.json.decode(await response.read())


async def test_truncate(api):
    api.emulator.faults.truncate(times=1)
    async with api.post(SEND, message()) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
        promised = response.content_length
    assert stored(api) == 1
    api.emulator.faults.clear()
    async with api.post(SEND, message()) as response:
        assert len(await response.read()) == promised, "half of the true answer was sent"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_endless(api, after):
    api.emulator.faults.endless(after=after, times=1)
    async with api.post(SEND, message()) as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > 2_000_000:
                break
        response.close()
    assert stored(api) == after
    assert await api.code(SEND, message()) == 0


async def test_endless_has_an_end(api, monkeypatch):
    monkeypatch.setattr(fault_kinds, "ENDLESS_MAX_BYTES", 1_000_000)
    api.emulator.faults.endless()
    size = 0
    async with api.post(SEND, message()) as response:
        with pytest.raises(aiohttp.ClientPayloadError):  # noqa: PT012 - the loop is what raises
            async for chunk in response.content.iter_any():
                size += len(chunk)
    assert size <= 1_000_100


async def test_stall(api):
    stall = api.emulator.faults.stall(command=SEND)
    calls = [asyncio.create_task(api.code(SEND, message(MsgSeq=n))) for n in range(5)]
    await until(lambda: stall.hits == 5)
    assert stored(api) == 5
    assert api.emulator.count(SEND) == 5
    assert await api.code(CHECK, ALICE) == 0
    assert not any(call.done() for call in calls)
    stall.release()
    assert await asyncio.gather(*calls) == [0] * 5
    assert [arrival.code for arrival in api.emulator.arrivals] == [0] * 6
    assert await api.code(SEND, message(MsgSeq=9)) == 0
    assert stall.hits == 5


async def test_removed_stall_keeps_what_it_has(api):
    stall = api.emulator.faults.stall()
    call = asyncio.create_task(api.code(SEND, message()))
    await until(lambda: stall.hits)
    stall.remove()
    assert await api.code(SEND, message(MsgSeq=2)) == 0
    assert not call.done()
    stall.release()
    assert await call == 0


async def test_clear_removes_and_releases(api):
    stall = api.emulator.faults.stall(times=1)
    api.emulator.faults.answer(20004)
    call = asyncio.create_task(api.code(SEND, message()))
    await until(lambda: stall.hits)
    api.emulator.faults.clear()
    assert await call == 0
    assert await codes(api, 2) == [0, 0]


async def test_a_fault_after_keeps_the_codes_own_effect(api):
    """A refusal stays a refusal: an after-fault changes the answer, not the outcome."""
    api.emulator.faults.garbage(after=True)
    async with api.post(SEND, message(To_Account="carol")) as response:
        await response.read()
    assert stored(api) == 0


# When


async def test_first_match_wins(api):
    first = api.emulator.faults.answer(20004, command=SEND, times=2)
    second = api.emulator.faults.answer(20005)
    assert await codes(api, 3) == [20004, 20004, 20005]
    assert await codes(api, 1, CHECK) == [20005]
    assert (first.hits, second.hits) == (2, 2)


async def test_times_and_after_calls(api):
    fault = api.emulator.faults.answer(20004, command=SEND, times=2, after_calls=3)
    assert await codes(api, 2, CHECK) == [0, 0], "other commands are not counted"
    assert await codes(api, 7) == [0, 0, 0, 20004, 20004, 0, 0]
    assert fault.hits == 2


async def test_remove(api):
    fault = api.emulator.faults.answer(20004)
    assert await codes(api, 1) == [20004]
    fault.remove()
    fault.remove()
    assert await codes(api, 1) == [0]
    assert fault.hits == 1


async def test_rate_with_a_seed_is_repeatable(api):
    drawn = []
    for _ in range(2):
        fault = api.emulator.faults.answer(20004, rate=0.3, seed=5)
        drawn.append(await codes(api, 100))
        assert fault.hits == drawn[-1].count(20004)
        fault.remove()
    assert drawn[0] == drawn[1]
    assert 15 <= drawn[0].count(20004) <= 45


@pytest.mark.parametrize(("rate", "hits"), [(0.0, 0), (1.0, 20)])
async def test_rate_at_its_ends(api, rate, hits):
    fault = api.emulator.faults.answer(20004, rate=rate)
    await codes(api, 20)
    assert fault.hits == hits


async def test_faults_do_not_strike_at_the_door(api):
    fault = api.emulator.faults.answer(20004)
    assert await api.code(SEND, message(), usersig="x") == 70003
    assert await api.code("no/such", {}) == 60009
    assert fault.hits == 0


async def test_faults_before_acceptance_do_not_count_against_the_limit(start):
    async with start(tolerance=0, rate_limits={SEND: 1}) as api:
        api.emulator.faults.answer(20004, times=3)
        assert await codes(api, 5) == [20004, 20004, 20004, 0, 60007]
        api.clock.now += 1
        api.emulator.faults.garbage(b"{}", after=True, times=1)
        async with api.post(SEND, message()):
            pass
        assert await codes(api, 1) == [60007]


WRONG = {
    "command": ("command", {"command": "openim/sendmgs"}),
    "times": ("times", {"times": 0}),
    "times, a bool": ("times", {"times": True}),
    "rate": ("rate", {"rate": 1.5}),
    "after_calls": ("after_calls", {"after_calls": -1}),
}


async def test_wrong_delay(api):
    with pytest.raises(UsageError) as caught:
        api.emulator.faults.delay(-1)
    assert caught.value.field == "seconds"
    assert await codes(api, 1) == [0]


@pytest.mark.parametrize("code", [0, "60007", None])
async def test_wrong_code(api, code):
    with pytest.raises(UsageError, match=r"^code must be a whole number that is not 0, not ") as caught:
        api.emulator.faults.answer(code)
    assert caught.value.field == "code"
    assert await codes(api, 1) == [0]


@pytest.mark.parametrize(("field", "when"), WRONG.values(), ids=WRONG)
async def test_wrong_argument(api, field, when):
    with pytest.raises(UsageError) as caught:
        api.emulator.faults.drop(**when)
    assert caught.value.field == field
    assert await codes(api, 1) == [0]


async def test_every_command_can_be_struck(api):
    api.emulator.faults.answer(91000, command=ROAM)
    assert (await api.page("alice", "bob"))["ErrorCode"] == 91000
