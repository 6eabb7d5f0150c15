"""Official accounts, end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.families.conftest import Clock, client_of, sign
from tim_async import (
    ApiError,
    BodyTooLargeError,
    InvalidRequestError,
    Rate,
    RateLimitedError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    WaitTooLongError,
)
from tim_async.emulator import Emulator
from tim_async.models.account import UserIDItem
from tim_async.models.official_account import (
    InfoFilter,
    OfficialAccountInfo,
    OfficialAccountItem,
    OfficialMsg,
    SubscribedAccount,
    SubscribedFilter,
    SubscriberItem,
    Subscription,
)

NEWS = "@TOA#_news"
SEND = "official_account_open_http_svc/send_official_account_msg"
HI = [TextElem(text="早报 ☀️")]


@pytest.fixture
async def timed(emulator_clock: Clock) -> AsyncIterator[TimClient]:
    """A client of an emulator with a stopped clock, and of @TOA#_news; the client has no limit of messages."""
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits={SEND: Rate(100_000)}) as client,
    ):
        emulator.add_accounts("alice", "bob")
        await client.official_account.create(owner_account="alice", official_account_user_id=NEWS, name="新闻")
        yield client


@pytest.fixture
async def news(client: TimClient) -> str:
    await client.official_account.create(owner_account="alice", official_account_user_id=NEWS, name="新闻")
    return NEWS


async def info(client: TimClient, official_account: str = NEWS, *fields: str) -> OfficialAccountInfo:
    received = await client.official_account.get(
        official_account_id_list=[OfficialAccountItem(official_account=official_account)],
        response_filter=InfoFilter(official_account_base_info_filter=fields) if fields else None,
    )
    (one,) = received.official_account_info_list
    return one


async def test_an_official_account_comes_changes_and_goes(client: TimClient, news: str) -> None:
    family = client.official_account
    made = await family.create(owner_account="alice", name="没有自己的号", introduction="简介", max_subscriber_num=1)
    assert made.official_account_user_id.startswith("@TOA#_")
    assert (await info(client, made.official_account_user_id)).introduction == "简介"
    await family.modify(official_account=news, name="新新闻", custom_string="")
    received = await info(client)
    assert (received.name, received.owner_account, received.custom_string, received.subscriber_num) == (
        "新新闻",
        "alice",
        "",
        0,
    )
    assert await info(client, news, "Name", "SubscriberNum") == OfficialAccountInfo(
        official_account=news, name="新新闻", subscriber_num=0
    )
    await family.destroy(official_account=news)
    for call in (
        family.destroy(official_account=news),
        family.modify(official_account=news, name="x"),
        info(client),
        family.get_subscribers(official_account=news, next=""),
        family.add_subscribers(official_account=news, subscriber_list=[SubscriberItem(subscriber_account="bob")]),
        family.send(official_account=news, msg_body=HI),
    ):
        with pytest.raises(InvalidRequestError, match="official_account_not_found") as caught:
            await call
        assert caught.value.code == 130004


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"official_account_user_id": NEWS}, 130008, id="id in use"),
        pytest.param({"owner_account": "nobody"}, 70107, id="owner unknown"),
    ],
)
async def test_creating_is_refused(client: TimClient, news: str, fields: dict[str, str], code: int) -> None:
    with pytest.raises(ApiError) as caught:
        await client.official_account.create(**{"owner_account": "alice", "name": "x", **fields})  # type: ignore[arg-type]
    assert caught.value.code == code


async def test_subscribers_come_and_go(client: TimClient, emulator: Emulator, news: str) -> None:
    family = client.official_account
    emulator.add_accounts("carol")
    users = [SubscriberItem(subscriber_account=name) for name in ("alice", "bob", "nobody", "alice", "carol")]
    added = await family.add_subscribers(official_account=news, subscriber_list=users)
    assert [item.result for item in added.subscriber_list] == [1, 1, 0, 2, 1]
    assert [item.subscriber_account for item in added.failed] == ["nobody"]
    await family.modify_subscriber(official_account=news, subscriber_account="bob", custom_string="来自二维码")
    await client.account.delete(delete_item=[UserIDItem(user_id="carol")])
    page = await family.get_subscribers(official_account=news, next="")
    assert [(user.subscriber_account, user.custom_string) for user in page.subscriber_list] == [
        ("alice", ""),
        ("bob", "来自二维码"),
    ]
    assert (page.next, page.subscriber_num) == ("", 2)
    gone = await family.delete_subscribers(official_account=news, subscriber_to_del_account=["alice", "nobody"])
    assert [item.subscriber_account for item in gone.failed] == ["nobody"]
    with pytest.raises(InvalidRequestError) as caught:
        await family.modify_subscriber(official_account=news, subscriber_account="alice", custom_string="x")
    assert caught.value.code == 131003
    assert (await info(client)).subscriber_num == 1


async def test_any_number_subscribes_and_is_read_page_by_page(client: TimClient, emulator: Emulator, news: str) -> None:
    users = [f"user{number}" for number in range(250)]
    emulator.add_accounts(*users[:-1])
    received = await client.official_account.add_subscribers_all(news, users)
    assert [outcome.subscriber_account for outcome in received.failed] == [users[-1]]  # type: ignore[attr-defined]
    assert [len(result.subscriber_list) for result in received.results] == [100, 100, 50]
    read = [user.subscriber_account async for user in client.official_account.iter_subscribers(news, page_size=100)]
    assert sorted(read) == sorted(users[:-1])
    assert emulator.count("official_account_open_http_svc/get_subscriber_info") == 3


async def test_a_single_text_is_no_list_of_users(client: TimClient, emulator: Emulator) -> None:
    with pytest.raises(UsageError) as caught:
        await client.official_account.add_subscribers_all(NEWS, "bob")
    assert (caught.value.field, emulator.count()) == ("accounts", 0)


async def test_an_account_has_no_more_subscribers_than_it_may(client: TimClient) -> None:
    made = await client.official_account.create(owner_account="alice", name="x", max_subscriber_num=1)
    official_account = made.official_account_user_id
    received = await client.official_account.add_subscribers_all(official_account, ["alice", "bob"])
    assert [item.subscriber_account for item in received.failed] == ["bob"]  # type: ignore[attr-defined]
    await client.official_account.modify(official_account=official_account, max_subscriber_num=2)
    assert (await client.official_account.add_subscribers_all(official_account, ["bob"])).failed == []


async def test_a_message_is_sent_and_recalled_once(timed: TimClient, emulator_clock: Clock) -> None:
    family = timed.official_account
    await family.add_subscribers_all(NEWS, ["alice", "bob"])
    emulator_clock.now += 60
    sent = await family.send(official_account=NEWS, msg_body=HI)
    assert sent.msg_time == emulator_clock.now
    assert (await info(timed)).last_msg_time == sent.msg_time
    assert {user.last_send_msg_time async for user in family.iter_subscribers(NEWS)} == {sent.msg_time}
    received = await family.recall(
        official_account=NEWS, msg_key_list=[sent.msg_key, "nobody knows this", sent.msg_key]
    )
    assert [(outcome.msg_key, outcome.ret_code) for outcome in received.recall_ret_list] == [
        (sent.msg_key, 0),
        ("nobody knows this", 20022),
        (sent.msg_key, 20023),
    ]
    assert len(received.failed) == 2


async def test_a_repeat_is_the_same_message_for_five_minutes(timed: TimClient, emulator_clock: Clock) -> None:
    family = timed.official_account
    first = await family.send(official_account=NEWS, msg_body=HI, random=7)
    emulator_clock.now += 299
    assert await family.send(official_account=NEWS, msg_body=HI, random=7) == first
    emulator_clock.now += 1
    assert await family.send(official_account=NEWS, msg_body=HI, random=7) != first


async def test_a_message_whose_answer_was_lost_is_repeated_without_harm() -> None:
    policy = RetryPolicy(transport="any", base=0.001)
    async with (
        Emulator(tolerance=1.0) as emulator,  # two in a second
        client_of(emulator, retry=policy, rate_limits={SEND: Rate(100_000)}) as client,
    ):
        emulator.add_accounts("alice")
        await client.official_account.create(owner_account="alice", official_account_user_id=NEWS, name="新闻")
        emulator.faults.drop(after=True, command=SEND, times=1)
        sent = await client.official_account.send(official_account=NEWS, msg_body=HI)
        assert emulator.count(SEND) == 2
        received = await client.official_account.recall(official_account=NEWS, msg_key_list=[sent.msg_key])
    assert received.failed == []


async def test_an_account_has_a_message_a_second_and_two_an_hour(timed: TimClient, emulator_clock: Clock) -> None:
    family = timed.with_options(retry=RetryPolicy.off()).official_account
    other = (await family.create(owner_account="alice", name="x")).official_account_user_id
    started = emulator_clock.now
    await family.send(official_account=NEWS, msg_body=HI)
    await family.send(official_account=other, msg_body=HI)
    emulator_clock.now += 1
    await family.send(official_account=NEWS, msg_body=HI)
    emulator_clock.now = started + 3599
    with pytest.raises(RateLimitedError, match="2 messages an hour") as caught:
        await family.send(official_account=NEWS, msg_body=HI)
    assert caught.value.code == 60007


async def test_second_message_of_a_second_is_refused(timed: TimClient) -> None:
    family = timed.with_options(retry=RetryPolicy.off()).official_account
    await family.send(official_account=NEWS, msg_body=HI)
    with pytest.raises(RateLimitedError, match="too many calls") as caught:
        await family.send(official_account=NEWS, msg_body=HI)
    assert caught.value.code == 60007


async def test_client_keeps_a_second_between_messages_of_one_account(
    client: TimClient, emulator: Emulator, news: str
) -> None:
    other = (await client.official_account.create(owner_account="alice", name="x")).official_account_user_id
    hasty = client.with_options(deadline=0.5)
    await hasty.official_account.send(official_account=news, msg_body=HI)
    await hasty.official_account.send(official_account=other, msg_body=HI)
    with pytest.raises(WaitTooLongError):
        await hasty.official_account.send(official_account=news, msg_body=HI)
    assert emulator.count(SEND) == 2


async def test_what_is_not_documented_is_asked_for_all_the_same(client: TimClient, news: str) -> None:
    await client.official_account.get_subscribed(subscriber_account="bob", limit=200, offset=0)
    await client.official_account.get_messages(official_account=news, req_msg_number=20, with_recalled_msg=1)
    with pytest.raises(ApiError) as caught:
        await client.request("official_account_open_http_svc/get_subscribed_official_account_list", {"Limit": 1})
    assert caught.value.code == 60003


@pytest.mark.parametrize(
    ("command", "body", "code"),
    [
        pytest.param("create_official_account", {"OfficialAccountUserID": "x"}, 130007, id="id without prefix"),
        pytest.param("create_official_account", {"Owner_Account": "alice"}, 60003, id="no name"),
        pytest.param("get_subscriber_info", {"Official_Account": NEWS, "Next": "x"}, 60003, id="a place of no answer"),
        pytest.param("get_subscriber_info", {"Official_Account": NEWS, "Next": "²"}, 60003, id="a raised digit"),
        pytest.param("send_official_account_msg", {"Official_Account": NEWS, "Random": 1}, 90007, id="no body"),
        pytest.param(
            "official_account_msg_get_simple", {"Official_Account": NEWS, "LastMsgKey": "x"}, 60003, id="an unknown key"
        ),
        pytest.param("official_account_msg_get_simple", {"Official_Account": "x"}, 130004, id="history of no account"),
    ],
)
async def test_code(client: TimClient, news: str, command: str, body: dict[str, object], code: int) -> None:
    with pytest.raises(ApiError) as caught:
        await client.request(f"official_account_open_http_svc/{command}", body)
    assert caught.value.code == code


async def test_history_is_read_page_by_page(timed: TimClient, emulator_clock: Clock) -> None:
    family = timed.official_account
    sent = []
    for number in range(4):
        sent.append(await family.send(official_account=NEWS, msg_body=[TextElem(text=f"第 {number} 期")]))
        emulator_clock.now += 3600
    await family.send(official_account=NEWS, msg_body=HI, online_only_flag=1)
    await family.recall(official_account=NEWS, msg_key_list=[sent[1].msg_key])

    page = await family.get_messages(official_account=NEWS, req_msg_number=2)
    assert (page.official_account, page.is_complete, page.last_msg_key) == (NEWS, False, sent[3].msg_key)
    online, newest = page.rsp_msg_list
    assert (online.is_place_msg, online.msg_body) == (1, None)
    assert newest == OfficialMsg(
        from_account=NEWS,
        msg_body=[TextElem(text="第 3 期")],
        msg_seq=newest.msg_seq,
        msg_key=sent[3].msg_key,
        msg_time_stamp=sent[3].msg_time,
    )
    keys = [each.msg_key async for each in family.iter_messages(NEWS, page_size=2)]
    assert keys[1:] == [sent[place].msg_key for place in (3, 2, 0)]
    whole = await family.get_messages(official_account=NEWS, with_recalled_msg=1)
    assert (len(whole.rsp_msg_list), whole.is_complete) == (5, True)

    emulator_clock.now += 8 * 86_400
    whole = await family.get_messages(official_account=NEWS)
    assert [each.is_place_msg for each in whole.rsp_msg_list] == [1] * 4


async def test_what_a_user_has_subscribed_to(client: TimClient, news: str) -> None:
    family = client.official_account
    assert [each async for each in family.iter_subscribed("bob")] == []
    made = await family.create(owner_account="alice", name="二", max_subscriber_num=7)
    for account in (news, made.official_account_user_id):
        await family.add_subscribers(
            official_account=account, subscriber_list=[SubscriberItem(subscriber_account="bob")]
        )
    await family.modify_subscriber(official_account=news, subscriber_account="bob", custom_string="早")
    first, second = [each async for each in family.iter_subscribed("bob", page_size=1)]
    assert (first.official_account, first.name, first.subscriber_num) == (news, "新闻", 1)
    assert first.self_info is not None
    assert first.self_info.custom_string == "早"
    assert (second.name, second.max_subscriber_num) == ("二", 7)
    page = await family.get_subscribed(
        subscriber_account="bob",
        limit=1,
        response_filter=SubscribedFilter(official_account_base_info_filter=["Name"], self_info_filter=["CustomString"]),
    )
    assert page.total_count == 2
    assert page.official_account_info_list == [
        SubscribedAccount(official_account=news, name="新闻", self_info=Subscription(custom_string="早"))
    ]


async def test_a_message_over_8_kb_is_not_sent(client: TimClient, emulator: Emulator) -> None:
    with pytest.raises(BodyTooLargeError):
        await client.official_account.send(official_account=NEWS, msg_body=[TextElem(text="长" * 2731)])
    assert emulator.count() == 0


MADE = {"owner_account": "alice", "name": "x"}
BAD = {
    "id without prefix": ("create", {**MADE, "official_account_user_id": "news"}, "official_account_user_id"),
    "no name": ("create", {**MADE, "name": ""}, "name"),
    "name of 151 bytes": ("create", {**MADE, "name": "长" * 50 + "x"}, "name"),
    "401 bytes": ("create", {**MADE, "introduction": "x" * 401}, "introduction"),
    "501 bytes": ("modify", {"official_account": NEWS, "organization": "x" * 501}, "organization"),
    "3001 bytes": ("modify", {"official_account": NEWS, "custom_string": "x" * 3001}, "custom_string"),
    "room for nobody": ("modify", {"official_account": NEWS, "max_subscriber_num": 0}, "max_subscriber_num"),
    "no account": ("destroy", {"official_account": ""}, "official_account"),
    "no accounts": ("get", {"official_account_id_list": []}, "official_account_id_list"),
    "51 accounts": (
        "get",
        {"official_account_id_list": [OfficialAccountItem(official_account="x")] * 51},
        "official_account_id_list",
    ),
    "page of 201": ("get_subscribers", {"official_account": NEWS, "limit": 201, "next": ""}, "limit"),
    "101 subscribers": (
        "add_subscribers",
        {"official_account": NEWS, "subscriber_list": [SubscriberItem(subscriber_account="x")] * 101},
        "subscriber_list",
    ),
    "no subscribers": (
        "delete_subscribers",
        {"official_account": NEWS, "subscriber_to_del_account": []},
        "subscriber_to_del_account",
    ),
    "offset -1": ("get_subscribed", {"subscriber_account": "bob", "offset": -1}, "offset"),
    "no elements": ("send", {"official_account": NEWS, "msg_body": []}, "msg_body"),
    "random too large": ("send", {"official_account": NEWS, "msg_body": HI, "random": 2**32}, "random"),
    "11 to recall": ("recall", {"official_account": NEWS, "msg_key_list": ["x"] * 11}, "msg_key_list"),
    "one to recall as text": ("recall", {"official_account": NEWS, "msg_key_list": "x"}, "msg_key_list"),
    "long reason": ("recall", {"official_account": NEWS, "msg_key_list": ["x"], "reason": "x" * 101}, "reason"),
    "no messages": ("get_messages", {"official_account": NEWS, "req_msg_number": 0}, "req_msg_number"),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.official_account, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
