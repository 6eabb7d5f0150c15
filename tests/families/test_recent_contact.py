"""Conversation lists, conversation groups and marks, end to end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from tim_async import InvalidRequestError, RateLimitedError, TextElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.recent_contact import (
    FOLD,
    HIDE,
    STAR,
    UNREAD,
    Contact,
    ContactItem,
    ContactUpdateItem,
    CreateContactGroup,
    DeleteContact,
    GroupContactItem,
    MarkItem,
    UpdateGroup,
)

from .conftest import Clock, client_of

BOB = ContactItem.account("bob")
ALICE = {"from_account": "alice"}


@pytest.fixture
async def emulator(emulator_clock: Clock) -> AsyncIterator[Emulator]:
    emulator_clock.now = time.time()  # the client's UserSig has the current time
    async with Emulator(clock=emulator_clock, rate_limits={"*": 100_000}) as emulator:
        emulator.add_accounts("alice", "bob", "carol")
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[TimClient]:
    async with client_of(emulator) as client:
        yield client


async def listed(client: TimClient, account: str) -> list[Contact]:
    return [contact async for contact in client.recent_contact.iter_list(account)]


async def peers(client: TimClient, account: str) -> list[str | None]:
    return [contact.to_account or contact.group_id for contact in await listed(client, account)]


async def test_messages_make_the_list(client: TimClient, emulator_clock: Clock) -> None:
    start = int(emulator_clock.now)
    await client.c2c.send_text("alice", "1", from_account="bob")
    await client.c2c.send_text("alice", "2", from_account="carol")
    assert await peers(client, "alice") == ["carol", "bob"]
    emulator_clock.now += 10
    await client.c2c.send_text("bob", "3", from_account="alice")
    (bob, carol) = await listed(client, "alice")
    assert [(each.type, each.to_account, each.msg_time) for each in (bob, carol)] == [
        (1, "bob", start + 10),
        (1, "carol", start),
    ]
    assert await peers(client, "bob") == ["alice"]
    assert await peers(client, "administrator") == []

    body = [TextElem("4")]
    await client.c2c.send(to_account="carol", from_account="bob", msg_body=body, send_msg_control=["NoLastMsg"])
    await client.c2c.send(to_account="carol", from_account="bob", msg_body=body, online_only_flag=1)
    assert await peers(client, "bob") == ["alice"]
    await client.c2c.send(to_account="carol", from_account="bob", msg_body=body, sync_other_machine=2)
    assert await peers(client, "bob") == ["alice"]
    assert await peers(client, "carol") == ["bob", "alice"]
    await client.c2c.send_batch(to_account=["alice", "bob"], from_account="carol", msg_body=body)
    assert await peers(client, "carol") == ["bob", "alice"]
    assert await peers(client, "alice") == ["carol", "bob"]


async def test_old_message_does_not_bring_a_conversation_up(client: TimClient, emulator_clock: Clock) -> None:
    start = int(emulator_clock.now)
    for second, sender in [(start - 5, "bob"), (start - 9, "carol"), (start - 7, "bob")]:
        await client.c2c.import_msg(
            sync_from_old_system=2,
            from_account=sender,
            to_account="alice",
            msg_random=second,
            msg_time_stamp=second,
            msg_body=[TextElem("old")],
        )
    assert [(each.to_account, each.msg_time) for each in await listed(client, "alice")] == [
        ("bob", start - 5),
        ("carol", start - 9),
    ]


async def test_group_messages_are_on_the_lists_of_members(client: TimClient) -> None:
    made = await client.group.create(type="Public", name="g", owner_account="alice", member_list=[])
    await client.c2c.send_text("alice", "1", from_account="bob")
    sent = await client.group_msg.send(
        group_id=made.group_id, random=1, from_account="alice", msg_body=[TextElem("hi")]
    )
    assert sent.msg_seq
    first, second = await listed(client, "alice")
    assert (first.type, first.group_id, first.to_account) == (2, made.group_id, None)
    assert second.to_account == "bob"
    assert await peers(client, "bob") == ["alice"]
    await client.recent_contact.delete(**ALICE, type=2, to_groupid=made.group_id)
    await client.group_msg.send(
        group_id=made.group_id,
        random=2,
        from_account="alice",
        msg_body=[TextElem("hi")],
        send_msg_control=["NoLastMsg"],
    )
    assert await peers(client, "alice") == ["bob"]

    received = await client.recent_contact.mark(
        **ALICE,
        mark_item=[
            MarkItem(opt_type=1, contact_item=ContactItem.group(group), set_mark=[STAR])
            for group in (made.group_id, "@TGS#none")
        ],
    )
    assert [item.result_code for item in received.result_item] == [0, 51007]
    other = await client.recent_contact.mark(
        from_account="bob",
        mark_item=[MarkItem(opt_type=1, contact_item=ContactItem.group(made.group_id), set_mark=[STAR])],
    )
    assert [(item.contact_item.to_group_id, item.result_code) for item in other.failed] == [(made.group_id, 51007)]


async def test_conversation_is_deleted_with_or_without_its_history(client: TimClient, emulator: Emulator) -> None:
    await client.c2c.send_text("alice", "1", from_account="bob")
    await client.recent_contact.delete(**ALICE, type=1, to_account="bob")
    await client.recent_contact.delete(**ALICE, type=1, to_account="carol")
    assert await peers(client, "alice") == []
    assert len(emulator.history("alice", "bob")) == 1
    await client.c2c.send_text("alice", "2", from_account="bob")
    assert await peers(client, "alice") == ["bob"]
    await client.recent_contact.delete(**ALICE, type=1, to_account="bob", clear_ramble=1)
    assert emulator.history("alice", "bob") == []
    assert len(emulator.history("bob", "alice")) == 2
    assert await peers(client, "bob") == ["alice"]


@pytest.mark.parametrize("flags", [7, 3, 2, 63], ids=["pages of pins", "pins at once", "no pins", "all"])
async def test_pages_report_every_conversation_once(
    client: TimClient, emulator: Emulator, emulator_clock: Clock, flags: int
) -> None:
    names = [f"u{number}" for number in range(100)]
    emulator.add_accounts(*names)
    for start in range(0, len(names), 7):
        emulator_clock.now += 1
        some = names[start : start + 7]
        await client.c2c.send_batch(to_account=some, from_account="alice", msg_body=[TextElem("x")])
    pinned = names[:50]
    for name in pinned:
        emulator.pin_contact("alice", ContactItem.account(name))
    received = [each async for each in client.recent_contact.iter_list("alice", assist_flags=flags)]
    assert sorted(each.to_account or "" for each in received) == sorted(names)
    ordinary = [each.to_account for each in received if not each.is_pinned]
    assert [each.to_account for each in received if each.is_pinned] == ([] if flags == 2 else pinned[::-1])
    assert ordinary == (names if flags == 2 else names[50:])[::-1]
    assert emulator.count("recentcontact/get_list") == (4 if flags == 3 else 5)


async def test_conversations_are_grouped(client: TimClient) -> None:
    contacts = [BOB, ContactItem.account("nobody")]
    made = await client.recent_contact.create_contact_group(
        **ALICE, group_contact_item=[GroupContactItem(group_name="同事 😀", contact_item=contacts)]
    )
    (group,) = made.group_result_item
    assert (group.group_item.group_name, group.group_item.group_id) == ("同事 😀", 1)
    assert [(item.contact_item.to_account, item.result_code) for item in made.failed] == [("nobody", 50001)]
    for name in ("empty", "同事 😀"):
        item = GroupContactItem(group_name=name, contact_item=[])
        call = client.recent_contact.create_contact_group(**ALICE, group_contact_item=[item])
        if name == "empty":
            assert (await call).group_result_item[0].group_item.group_id == 2
        else:
            with pytest.raises(InvalidRequestError) as caught:
                await call
            assert caught.value.code == 50002

    change = UpdateGroup(
        update_group_type=2,
        old_group_name="同事 😀",
        contact_update_item=[
            ContactUpdateItem(contact_opt_type=1, contact_item=ContactItem.account("carol")),
            ContactUpdateItem(contact_opt_type=2, contact_item=BOB),
            ContactUpdateItem(contact_opt_type=2, contact_item=ContactItem.account("nobody")),
            ContactUpdateItem(contact_opt_type=1, contact_item=ContactItem.account("nobody")),
        ],
    )
    received = await client.recent_contact.update_contact_group(**ALICE, update_type=1, update_group=change)
    assert [(item.contact_opt_type, item.result_code) for item in received.failed] == [(1, 50001)]
    assert [item.to_account async for item in client.recent_contact.iter_marked("alice")] == ["carol"]

    renamed = await client.recent_contact.update_contact_group(
        **ALICE,
        update_type=1,
        update_group=UpdateGroup(update_group_type=1, old_group_name="同事 😀", new_group_name="work"),
    )
    result = renamed.update_group_result
    assert (result.group_name, result.old_group_name, result.group_id) == ("work", "同事 😀", 1)
    page = await client.recent_contact.get_contact_groups(**ALICE, start_index=0)
    assert [(each.group_name, each.group_id) for each in page.group_item] == [("work", 1), ("empty", 2)]
    assert [each.contact_group_id for each in page.contact_item] == [[1]]

    for old, new in [("gone", "x"), ("work", "empty")]:
        with pytest.raises(InvalidRequestError) as caught:
            await client.recent_contact.update_contact_group(
                **ALICE,
                update_type=1,
                update_group=UpdateGroup(update_group_type=1, old_group_name=old, new_group_name=new),
            )
        assert caught.value.code == (51009 if old == "gone" else 50002)

    deleted = await client.recent_contact.delete_contact_group(**ALICE, group_name=["work"])
    assert [(each.group_name, each.group_id) for each in deleted.group_item] == [("work", 1)]
    page = await client.recent_contact.get_contact_groups(**ALICE, start_index=0)
    assert ([each.group_name for each in page.group_item], page.contact_item) == (["empty"], [])
    with pytest.raises(InvalidRequestError) as caught:
        await client.recent_contact.delete_contact_group(**ALICE, group_name=["work"])
    assert caught.value.code == 51009


async def test_conversations_are_marked(client: TimClient, emulator_clock: Clock) -> None:
    await client.c2c.send_text("alice", "1", from_account="bob")

    async def mark(**fields: object) -> None:
        item = MarkItem(contact_item=BOB, **fields)  # type: ignore[arg-type]
        (await client.recent_contact.mark(**ALICE, mark_item=[item])).raise_for_failed()

    await mark(opt_type=3, set_mark=[STAR, HIDE, FOLD], custom_mark="自定 😀")
    emulator_clock.now += 5
    await mark(opt_type=1, clear_mark=[HIDE, UNREAD], custom_mark="not now")
    found = await client.recent_contact.search_contact_groups(
        **ALICE, contact_item=[BOB, ContactItem.account("carol"), ContactItem.group("@TGS#1")]
    )
    (received,) = found.contact_result_item
    assert (received.to_account, received.standard_mark, received.custom_mark, received.timestamp) == (
        "bob",
        "101",
        "自定 😀",
        int(emulator_clock.now),
    )
    (contact,) = await listed(client, "alice")
    assert (contact.standard_mark, contact.custom_mark, contact.contact_group_id) == ("101", "自定 😀", [])
    (older,) = [each async for each in client.recent_contact.iter_list("alice", assist_flags=7)]
    assert older.standard_mark is None
    await mark(opt_type=2, set_mark=[64], custom_mark="")
    await mark(opt_type=1, clear_mark=[STAR, FOLD])
    assert [item async for item in client.recent_contact.iter_marked("alice")] == []


async def test_groups_and_marks_have_limits(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1001)]
    emulator.add_accounts(*names)
    items = [MarkItem(opt_type=1, contact_item=ContactItem.account(name), set_mark=[33]) for name in names]
    received = await client.recent_contact.mark_all("alice", items)
    assert [item.result_code for item in received.results[-1].failed] == [51008]
    assert [len(result.result_item) for result in received.results] == [100] * 10 + [1]
    marked = [item async for item in client.recent_contact.iter_marked("alice")]
    assert [item.to_account for item in marked] == names[:1000]
    found = await client.recent_contact.search_contact_groups_all("alice", map(ContactItem.account, names))
    assert [len(result.contact_result_item) for result in found.results] == [300, 300, 300, 100]
    for number in range(20):
        item = GroupContactItem(group_name=str(number), contact_item=[])
        await client.recent_contact.create_contact_group(**ALICE, group_contact_item=[item])
    item = GroupContactItem(group_name="20", contact_item=[])
    with pytest.raises(RateLimitedError) as caught:
        await client.recent_contact.create_contact_group(**ALICE, group_contact_item=[item])
    assert caught.value.code == 51010


async def test_lists_go_with_their_accounts(client: TimClient, emulator: Emulator) -> None:
    await client.c2c.send_text("alice", "1", from_account="bob")
    await client.recent_contact.mark(**ALICE, mark_item=[MarkItem(opt_type=1, contact_item=BOB, set_mark=[STAR])])
    await client.recent_contact.create_contact_group(
        from_account="bob", group_contact_item=[GroupContactItem(group_name="g", contact_item=[])]
    )
    await client.account.delete_all(["bob"])
    await client.account.import_account(user_id="bob")
    assert await peers(client, "alice") == []
    assert [item async for item in client.recent_contact.iter_marked("alice")] == []
    page = await client.recent_contact.get_contact_groups(from_account="bob", start_index=0)
    assert page.group_item == []
    with pytest.raises(UsageError) as caught:
        emulator.pin_contact("alice", BOB)
    assert caught.value.field == "contact"


async def test_accounts_no_one_knows_have_no_list(client: TimClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await listed(client, "nobody")
    assert (caught.value.code, caught.value.command) == (50001, "recentcontact/get_list")


PAGE = {**ALICE, "time_stamp": 0, "start_index": 0, "top_time_stamp": 0, "top_start_index": 0, "assist_flags": 7}
GROUPS = {**ALICE, "update_type": 1}


def update(**fields: object) -> dict[str, object]:
    return {**GROUPS, "update_group": UpdateGroup(**{"old_group_name": "g", **fields})}  # type: ignore[arg-type]


def marks(**fields: object) -> dict[str, object]:
    item = MarkItem(**{"opt_type": 1, "contact_item": BOB, **fields})  # type: ignore[arg-type]
    return {**ALICE, "mark_item": [item]}


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("get_list", {**PAGE, "from_account": ""}, "from_account"),
        ("get_list", {**PAGE, "top_start_index": -1}, "top_start_index"),
        ("delete", {**ALICE, "type": 3, "to_account": "bob"}, "type"),
        ("delete", {**ALICE, "type": 1, "to_groupid": "g"}, "to_account"),
        ("delete", {**ALICE, "type": 2, "to_account": "bob"}, "to_groupid"),
        ("delete", {**ALICE, "type": 1, "to_account": "bob", "clear_ramble": 2}, "clear_ramble"),
        ("create_contact_group", {**ALICE, "group_contact_item": []}, "group_contact_item"),
        (
            "create_contact_group",
            {**ALICE, "group_contact_item": [GroupContactItem(group_name="你" * 11, contact_item=[])]},
            "group_contact_item[0].group_name",
        ),
        (
            "create_contact_group",
            {**ALICE, "group_contact_item": [GroupContactItem(group_name="g", contact_item=[ContactItem(type=2)])]},
            "group_contact_item[0].contact_item[0].to_group_id",
        ),
        ("update_contact_group", update(update_group_type=1), "update_group.new_group_name"),
        ("update_contact_group", update(update_group_type=2), "update_group.contact_update_item"),
        ("update_contact_group", update(update_group_type=3), "update_group.update_group_type"),
        ("update_contact_group", update(update_group_type=1, new_group_name=""), "update_group.new_group_name"),
        ("mark", {**ALICE, "mark_item": []}, "mark_item"),
        ("mark", {**ALICE, "mark_item": [MarkItem(opt_type=1, contact_item=BOB)] * 101}, "mark_item"),
        ("mark", marks(opt_type=4), "mark_item[0].opt_type"),
        ("mark", marks(set_mark=[1, 65]), "mark_item[0].set_mark[1]"),
        ("mark", marks(clear_mark=[0]), "mark_item[0].clear_mark[0]"),
        ("mark", marks(custom_mark="x" * 257), "mark_item[0].custom_mark"),
        ("mark", marks(contact_item=ContactItem(type=1)), "mark_item[0].contact_item.to_account"),
        ("search_contact_groups", {**ALICE, "contact_item": [BOB] * 301}, "contact_item"),
        ("get_contact_groups", {**ALICE, "start_index": -1}, "start_index"),
        ("delete_contact_group", {**ALICE, "group_name": ["a", "b"]}, "group_name"),
        ("delete_contact_group", {**ALICE, "group_name": "a"}, "group_name"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.recent_contact, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


TOPIC = f"@TGS#_{'g' * 48}@TOPIC#_{'t' * 48}"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(DeleteContact(from_account="alice", type=2, to_groupid=TOPIC), id="a topic of the longest id"),
        pytest.param(
            CreateContactGroup(
                from_account="alice", group_contact_item=[GroupContactItem(group_name="g", contact_item=[BOB] * 1001)]
            ),
            id="more conversations than the table of 2023 has",
        ),
    ],
)
def test_what_no_document_forbids_is_sent(request_: DeleteContact | CreateContactGroup) -> None:
    request_.check()
