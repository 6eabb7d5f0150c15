"""Stored one-to-one messages, end to end: a conversation and all that can be done to it afterwards."""

from __future__ import annotations

import pytest

from tests.families.conftest import client_of
from tim_async import ApiError, InvalidRequestError, RetryPolicy, TextElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import RoamMsg
from tim_async.models.c2c_marks import ImportMsg, ReadMsg
from tim_async.models.extension import CLEAR, DELETE, SET, Extension, ExtensionItem

HI = [TextElem(text="你好 👋")]
BUSY = {"*": 100_000}


async def history(client: TimClient, side: str, peer: str) -> list[RoamMsg]:
    return [message async for message in client.c2c.iter_roam_msgs(side, peer, max_time=2**31)]


async def test_a_conversation_and_its_afterlife(client: TimClient) -> None:
    c2c = client.c2c
    for text in "一二三":
        await c2c.send(from_account="alice", to_account="bob", msg_body=[TextElem(text=text)], is_need_read_receipt=1)
    assert (await c2c.get_unread(to_account="bob")).all_c2c_unread_msg_num == 3
    three, two, one = await history(client, "bob", "alice")
    await c2c.mark_read(report_account="bob", peer_account="alice")
    await c2c.confirm_read([one, two])
    assert (await c2c.get_unread(to_account="bob")).all_c2c_unread_msg_num == 0
    assert [message.is_peer_read for message in await history(client, "alice", "bob")] == [0, 1, 1]
    await c2c.modify(
        from_account="alice",
        to_account="bob",
        msg_key=two.msg_key,
        msg_body=[TextElem(text="2")],
        cloud_custom_data="c",
    )
    await c2c.recall_msg(three)
    await c2c.delete(operator_account="bob", peer_account="alice", msg_key_list=[one.msg_key])
    left = await history(client, "bob", "alice")
    assert [(message.is_recalled, message.msg_body[0].text) for message in left] == [(True, "三"), (False, "2")]
    assert left[1].cloud_custom_data == "c"
    assert len(await history(client, "alice", "bob")) == 3


async def test_refusals_have_class_and_code(client: TimClient) -> None:
    sent = await client.c2c.send_text("bob", "hi", from_account="alice")
    named = {"from_account": "alice", "to_account": "bob", "msg_key": sent.msg_key}
    await client.c2c.recall(**named)
    with pytest.raises(ApiError) as again:
        await client.c2c.recall(**named)
    assert again.value.code == 20023
    with pytest.raises(InvalidRequestError) as unknown:
        await client.c2c.recall(**{**named, "msg_key": "1_2_3"})
    assert unknown.value.code == 20022
    with pytest.raises(InvalidRequestError) as plain:
        await client.c2c.set_extensions(**named, operate_type=CLEAR)
    assert plain.value.code == 23002


async def test_import_whose_answer_was_lost_is_one_message(client: TimClient, emulator: Emulator) -> None:
    """The marks are fixed before the first attempt, so that the service knows the second one."""
    emulator.faults.drop(after=True, times=1)
    view = client.with_options(retry=RetryPolicy(transport="any", base=0.001))
    await view.c2c.import_msg(
        sync_from_old_system=5, from_account="alice", to_account="bob", msg_time_stamp=1_700_000_000, msg_body=HI
    )
    assert emulator.count("openim/importmsg") == 2
    assert emulator.arrivals[0].body == emulator.arrivals[1].body
    assert b'"MsgSeq":' in emulator.arrivals[0].body


async def test_imported_history_is_read_in_its_own_order(client: TimClient, emulator: Emulator) -> None:
    now = int((await client.c2c.send_text("bob", "now", from_account="alice")).msg_time)
    for age in (30, 20, 10):
        request = ImportMsg(
            sync_from_old_system=2,
            from_account="bob",
            to_account="alice",
            msg_time_stamp=now - age,
            msg_body=[TextElem(text=str(age))],
        )
        await client.call(C2C.import_msg, request)
    texts = [message.msg_body[0].text for message in await history(client, "bob", "alice")]
    assert texts == ["now", "10", "20", "30"]
    assert (await client.c2c.get_unread(to_account="alice")).all_c2c_unread_msg_num == 0


async def test_unread_of_many_accounts_by_tens() -> None:
    async with Emulator(rate_limits=BUSY) as emulator, client_of(emulator) as client:
        crowd = [f"u{number}" for number in range(25)]
        emulator.add_accounts("bob", *crowd)
        await client.c2c.send_text("bob", "hi", from_account="u24")
        received = await client.c2c.get_unread_from("bob", [*crowd, "nobody"])
    numbers = [item for result in received.results for item in result.c2c_unread_msg_num_list]
    assert [item.peer_account for item in numbers] == crowd
    assert [item.c2c_unread_msg_num for item in numbers] == [0] * 24 + [1]
    assert [(each.peer_account, each.error_code) for each in received.failed] == [("nobody", 70107)]  # type: ignore[attr-defined]
    assert emulator.count("openim/get_c2c_unread_msg_num") == 3


async def test_any_number_of_messages_is_deleted_by_thirties() -> None:
    async with Emulator(rate_limits=BUSY) as emulator, client_of(emulator) as client:
        emulator.add_accounts("bob")
        keys = [(await client.c2c.send_text("bob", f"{number}")).msg_key for number in range(31)]
        received = await client.c2c.delete_all("bob", "administrator", iter(keys))
        received.raise_for_failed()
        assert emulator.history("bob", "administrator") == []
        assert emulator.count("openim/delete_c2c_msg_ramble") == 2


async def test_extensions_of_a_message(client: TimClient) -> None:
    sent = await client.c2c.send(to_account="bob", msg_body=HI, support_message_extension=1)
    to = {"to_account": "bob", "msg_key": sent.msg_key}
    pairs = [ExtensionItem(key="投票", value="赞成 👍"), ExtensionItem(key="b", value="")]
    done = await client.c2c.set_extensions(**to, operate_type=SET, extension_list=pairs)
    assert done.failed == []
    assert [each.extension for each in done.extension_list] == [
        Extension(key="投票", value="赞成 👍", seq=1),
        Extension(key="b", value="", seq=2),
    ]
    page = await client.c2c.get_extensions(**to)
    assert (page.is_complete, page.latest_seq, page.clear_seq) == (True, 2, 0)
    await client.c2c.set_extensions(**to, operate_type=DELETE, extension_list=[ExtensionItem(key="b")])
    assert [pair.key async for pair in client.c2c.iter_extensions("bob", sent.msg_key)] == ["投票"]
    await client.c2c.set_extensions(**to, operate_type=CLEAR)
    page = await client.c2c.get_extensions(**to)
    assert (page.extension_list, page.latest_seq, page.clear_seq) == ([], 3, 3)


async def test_lock_of_members_shows_as_a_failed_pair(client: TimClient, emulator: Emulator) -> None:
    sent = await client.c2c.send(to_account="bob", msg_body=HI, support_message_extension=1)
    to = {"to_account": "bob", "msg_key": sent.msg_key}
    emulator.checks_extension_seq = True
    both = [ExtensionItem(key="a", value="1", seq=9), ExtensionItem(key="b", value="1", seq=0)]
    done = await client.c2c.set_extensions(**to, operate_type=SET, extension_list=both)
    assert [each.error_code for each in done.failed] == [23001]
    assert [each.error_code for each in done.extension_list] == [23001, 0]
    assert emulator.checks_extension_seq


async def test_300_extensions_are_read_page_by_page_without_gap_or_repeat() -> None:
    async with Emulator(rate_limits=BUSY) as emulator, client_of(emulator) as client:
        emulator.add_accounts("bob")
        sent = await client.c2c.send(to_account="bob", msg_body=HI, support_message_extension=1)
        keys = [f"k{number}" for number in range(300)]
        for start in range(0, 300, 20):
            pairs = [ExtensionItem(key=key, value="v") for key in keys[start : start + 20]]
            await client.c2c.set_extensions(
                to_account="bob", msg_key=sent.msg_key, operate_type=SET, extension_list=pairs
            )
        read = [pair.key async for pair in client.c2c.iter_extensions("bob", sent.msg_key)]
        assert read == keys
        assert emulator.count("openim_msg_ext_http_svc/get_key_values") == 2
        assert [pair.seq async for pair in client.c2c.iter_extensions("bob", sent.msg_key, start_seq=299)] == [299, 300]


LONG = "x" * 51
NAMED = {"from_account": "alice", "to_account": "bob"}
SIDES = {"operator_account": "bob", "peer_account": "alice"}
READ = [ReadMsg(from_account="alice", to_account="bob", msg_key="k")]


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        pytest.param("recall", {**NAMED, "msg_key": ""}, "msg_key", id="recall-no-key"),
        pytest.param("recall", {**NAMED, "msg_key": LONG}, "msg_key", id="recall-long-key"),
        pytest.param("recall", {**NAMED, "from_account": "", "msg_key": "k"}, "from_account", id="recall-no-sender"),
        pytest.param("modify", {**NAMED, "msg_key": "k"}, "msg_body", id="modify-nothing"),
        pytest.param("modify", {**NAMED, "msg_key": "k", "msg_body": []}, "msg_body", id="modify-empty"),
        pytest.param("delete", {**SIDES, "msg_key_list": []}, "msg_key_list", id="delete-none"),
        pytest.param("delete", {**SIDES, "msg_key_list": ["k"] * 31}, "msg_key_list", id="delete-31"),
        pytest.param("delete", {**SIDES, "msg_key_list": "k"}, "msg_key_list", id="delete-text"),
        pytest.param("delete", {**SIDES, "msg_key_list": ["k", LONG]}, "msg_key_list[1]", id="delete-long-key"),
        pytest.param(
            "mark_read",
            {"report_account": "bob", "peer_account": "alice", "msg_read_time": -1},
            "msg_read_time",
            id="read-negative",
        ),
        pytest.param(
            "mark_read",
            {"report_account": "bob", "peer_account": "alice", "msg_read_time": "１２"},
            "msg_read_time",
            id="read-no-digits",
        ),
        pytest.param("get_unread", {"to_account": "bob", "peer_account": []}, "peer_account", id="unread-none"),
        pytest.param("get_unread", {"to_account": "bob", "peer_account": ["a"] * 11}, "peer_account", id="unread-11"),
        pytest.param("send_read_receipts", {**SIDES, "c2c_msg_info": []}, "c2c_msg_info", id="receipt-none"),
        pytest.param(
            "send_read_receipts",
            {"operator_account": "bob", "peer_account": "carol", "c2c_msg_info": READ},
            "c2c_msg_info[0].from_account",
            id="receipt-other-sender",
        ),
        pytest.param(
            "send_read_receipts",
            {"operator_account": "carol", "peer_account": "alice", "c2c_msg_info": READ},
            "c2c_msg_info[0].to_account",
            id="receipt-other-recipient",
        ),
        pytest.param("get_extensions", {"to_account": "bob", "msg_key": LONG}, "msg_key", id="pairs-long-key"),
        pytest.param(
            "set_extensions",
            {"to_account": "bob", "msg_key": "k", "operate_type": 1},
            "extension_list",
            id="pairs-none",
        ),
        pytest.param(
            "import_msg",
            {**NAMED, "sync_from_old_system": 3, "msg_time_stamp": 0, "msg_body": HI},
            "sync_from_old_system",
            id="import-3",
        ),
        pytest.param(
            "import_msg",
            {**NAMED, "sync_from_old_system": 5, "msg_time_stamp": -1, "msg_body": HI},
            "msg_time_stamp",
            id="import-before-time",
        ),
    ],
)
async def test_wrong_fields_are_named_before_anything_is_sent(
    client: TimClient, emulator: Emulator, name: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.c2c, name)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


async def test_nothing_read_is_nothing_to_confirm(client: TimClient) -> None:
    with pytest.raises(UsageError) as caught:
        await client.c2c.confirm_read([])
    assert caught.value.field == "messages"
