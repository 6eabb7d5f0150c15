"""What editors and checkers know of the client for code without an event loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from tim_async import (
    Chunked,
    ClientStats,
    Deliveries,
    ImportAccountsResult,
    RoamMsg,
    SendMsg,
    SendMsgResult,
    SendStreamMsgResult,
    TextElem,
)
from tim_async.blocking import Campaign, TimClient
from tim_async.bulk import Plan, RecipientOutcome, Report
from tim_async.families._blocking import BlockingStream
from tim_async.families.c2c import C2C
from tim_async.models.account import AccountItem

HI = [TextElem(text="hi")]


def calls(client: TimClient, rows: Iterator[str]) -> None:
    assert_type(client.c2c.send(to_account="bob", msg_body=HI), SendMsgResult)
    client.c2c.send(to_acount="bob", msg_body=HI)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.c2c.send(to_account=7, msg_body=HI)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(client.call(C2C.send, SendMsg(to_account="bob", msg_body=HI)), SendMsgResult)
    assert_type(client.request("openim/sendmsg", {}), dict[str, Any])
    assert_type(client.c2c.send_to_all(rows, HI), Deliveries)
    assert_type(client.c2c.iter_roam_msgs("alice", "bob"), Iterator[RoamMsg])
    assert_type(client.account.import_all(rows), Chunked[str | AccountItem, ImportAccountsResult])
    assert_type(client.robot.send_stream("@RBT#1", "bob", rows), str)
    assert_type(client.stats(), ClientStats)
    assert_type(client.warm_up(3), int)
    view = client.with_options(timeout=1, deadline=None)
    assert_type(view, TimClient)
    with client.c2c.stream("bob") as stream:
        assert_type(stream, BlockingStream[SendStreamMsgResult])
        stream.write("hi")
    with TimClient(1400000000, "key", pool_size=3) as own:
        assert_type(own, TimClient)
    TimClient(1400000000, "key", pol_size=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def campaigns(client: TimClient) -> None:
    campaign = Campaign("spring", recipients="people.csv", message="hi", lanes="batch")
    Campaign("spring", lanes="fast")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(campaign.plan(client=client), Plan)
    assert_type(campaign.run(client), Report)
    assert_type(campaign.outcomes(), Iterator[RecipientOutcome])
