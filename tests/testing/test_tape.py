"""Which request gets which answer of a recording."""

from __future__ import annotations

import pytest

from tim_async import (
    RetryPolicy,
    UsageError,
)
from tim_async.testing import FakePool, Recorder


async def record_two(path, **options):
    """Record a message to bob that is accepted at the second attempt, and one to carol."""
    pool = FakePool(20004, {"MsgKey": "key B"}, {"MsgKey": "key C"})
    async with pool.client(retry=RetryPolicy(base=0.001)) as client:
        with Recorder(path, **options) as recorder:
            recorder.attach(client)
            for account in ("bob", "carol"):
                await client.c2c.send_text(account, "hi")
    return FakePool.replay(path)


async def test_replayed_request_gets_the_answer_that_it_had(tmp_path):
    async with (await record_two(tmp_path / "r")).client(retry=RetryPolicy(base=0.001)) as client:
        assert (await client.c2c.send_text("carol", "hi")).msg_key == "key C"
        assert (await client.c2c.send_text("bob", "hi")).msg_key == "key B"
        with pytest.raises(UsageError, match="no further answer"):
            await client.c2c.send_text("bob", "hi")


@pytest.mark.parametrize("hide_accounts", [True, False])
async def test_replayed_request_that_was_not_recorded_gets_the_first_answer_left(tmp_path, hide_accounts):
    pool = await record_two(tmp_path / "r", hide_accounts=hide_accounts)
    async with pool.client(retry=RetryPolicy(base=0.001)) as client:
        texts = ("hi", "hi") if hide_accounts else ("other", "words")
        assert (await client.c2c.send_text("carol", texts[0])).msg_key == "key B"
        assert (await client.c2c.send_text("bob", texts[1])).msg_key == "key C"
    assert len(pool.sent) == 3, "with the attempt that failed"


async def test_replayed_request_gets_no_answer_that_another_one_got(tmp_path):
    pool = FakePool({"MsgKey": "first"}, {"MsgKey": "second"})
    async with pool.client() as client:
        with Recorder(tmp_path / "r") as recorder:
            recorder.attach(client)
            for _ in range(2):
                await client.c2c.send_text("bob", "hi")
    async with FakePool.replay(tmp_path / "r").client() as client:
        assert (await client.c2c.send_text("dave", "hi")).msg_key == "first"
        assert (await client.c2c.send_text("bob", "hi")).msg_key == "second"


async def test_replay_mixes_both(tmp_path):
    async with (await record_two(tmp_path / "r")).client(retry=RetryPolicy(base=0.001)) as client:
        assert (await client.c2c.send_text("carol", "hi")).msg_key == "key C"
        assert (await client.c2c.send_text("dave", "hi")).msg_key == "key B"
