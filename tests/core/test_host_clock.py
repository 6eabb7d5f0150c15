"""A UserSig that is expired for the service but not for this host: which clock is off, and by how much."""

from __future__ import annotations

import pickle
import time

import pytest

from tests.scripted import SECRET_KEY, refusal, scripted
from tests.servers import Exchange, Server, http, use_session
from tim_async import AuthError, TimClient
from tim_async._core.host_clock import blame_clock, with_date
from tim_async.emulator import Emulator
from tim_async.errors import from_reply
from tim_async.usersig import generate_user_sig

APP = 1400000000
DAY = 86_400
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


async def expired(client: TimClient) -> AuthError:
    with pytest.raises(AuthError) as caught:
        await client.c2c.send_text("bob", "hi")
    assert caught.value.code == 70001
    return caught.value


@pytest.mark.parametrize("by_session", [False, True], ids=["pool", "session"])
async def test_clock_that_is_behind_is_named_with_how_far(*, by_session: bool) -> None:
    async with (
        Emulator(APP, SECRET_KEY, clock=lambda: time.time() + 3 * DAY) as emulator,
        TimClient(APP, SECRET_KEY, base_url=emulator.url, user_sig_lifetime_s=DAY) as client,
    ):
        if by_session:
            use_session(client)
        error = await expired(client)
    assert error.clock_off_s == pytest.approx(-3 * DAY, abs=5)
    assert error.advice == "set this host's clock: it is 3.0 days behind the service's"
    assert error.message.endswith(f" [{error.advice}]")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


async def test_clock_is_named_without_a_figure_where_no_answer_has_a_date() -> None:
    client, _ = scripted(refusal(70001))
    async with client:
        error = await expired(client)
    assert error.clock_off_s is None
    assert error.advice == "check this host's clock: the UserSig is still valid by it"


async def test_date_that_cannot_be_read_is_none() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(http(refusal(70001), headers="Date: soon\r\n"))

    async with Server(answer).running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        error = await expired(client)
    assert error.clock_off_s is None
    assert error.advice.startswith("check this host's clock")


@pytest.mark.parametrize(
    ("offset_s", "text"),
    [
        (7_200, "2.0 hours ahead of"),
        (-150, "2.5 minutes behind"),
        (-59, "59 s behind"),
        (4, None),
        (-4, None),
    ],
)
def test_offset_is_in_the_unit_that_shows_it(monkeypatch: pytest.MonkeyPatch, offset_s: int, text: str | None) -> None:
    now = 784_111_777 + offset_s  # of DATE
    monkeypatch.setattr("tim_async._core.host_clock.wall_time", lambda: now)
    user_sig = generate_user_sig(APP, SECRET_KEY, "administrator", DAY, now=now)
    error = from_reply("openim", 70001, "")
    assert isinstance(error, AuthError)
    blame_clock(error, with_date(refusal(70001), {"Date": DATE}), user_sig)
    if text is None:
        assert error.clock_off_s is None
        assert "clock" not in error.message
    else:
        assert error.clock_off_s == offset_s
        assert f"set this host's clock: it is {text} the service's" in error.message


@pytest.mark.parametrize("user_sig", ["", generate_user_sig(APP, SECRET_KEY, "administrator", 9, now=1_600_000_000)])
def test_clock_is_not_named_for_a_user_sig_that_has_expired_by_it_too(user_sig: str) -> None:
    error = from_reply("openim", 70001, "")
    assert isinstance(error, AuthError)
    blame_clock(error, with_date(refusal(70001), {"Date": DATE}), user_sig)
    assert "clock" not in error.message


def test_only_an_answer_that_may_be_about_it_is_given_a_date() -> None:
    data = refusal(60007)
    assert with_date(data, {"Date": DATE}) is data
