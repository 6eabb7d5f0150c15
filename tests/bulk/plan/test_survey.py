"""The survey of a plan's messages, without making them or reading the recipients again."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bulk.conftest import accounts
from tests.families.conftest import client_of
from tim_async import CustomElem, OfflinePushInfo, TextElem, TimClient, UsageError
from tim_async.bulk import Campaign, Message, Template
from tim_async.bulk._ledger.queries import Queries
from tim_async.bulk._message.messages import size_to_one
from tim_async.bulk._message.rendering import MessageSource, Recipient
from tim_async.bulk._plan.survey import Weigher
from tim_async.emulator import Emulator

Make = Callable[..., Campaign]

TEMPLATE = Template(
    Message(
        msg_body=[TextElem(text="Hi $name, $name: ${年龄}"), CustomElem(data='{"to":"$account"}', desc="$x$$")],
        cloud_custom_data="$x",
        offline_push_info=OfflinePushInfo(title="$name", desc="$x"),
    )
)


def ext_of(ext: str) -> Message:
    return Message(msg_body=[TextElem(text="Hi")], offline_push_info=OfflinePushInfo(title="t", ext=ext))


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=2),
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "年龄", "x", "account", "other"), VALUES)))
def test_message_is_weighed_as_if_it_was_made(values: dict[str, object]) -> None:
    source = MessageSource(TEMPLATE)
    measure = Weigher(source).measure
    assert measure is not None
    columns = msgspec.json.encode(values).decode() if values else None
    shown = {} if columns is None else msgspec.json.decode(columns)
    try:
        size = size_to_one(source.render(Recipient(account="bob", columns=shown)))
    except UsageError:
        size = -1
    assert measure("bob", columns) == size


async def test_rows_that_make_no_recipient_do_not_count(campaign: Make) -> None:
    rows = [
        {"account": "a", "name": "x"},
        {"account": "a", "name": "x" * 20_000},
        {"account": "y" * 40, "name": "x" * 30_000},
        {"account": "b"},
        {"account": "b"},
        {"account": "c", "name": "x" * 9000},
        {"account": "d", "name": "longer"},
    ]
    plan = await campaign(recipients=rows, message=Template("Hi $name")).plan()
    assert (plan.recipients, plan.duplicates, plan.bad_rows) == (4, 2, 1)
    assert (plan.largest_account, plan.too_large, plan.not_made) == ("c", 1, 1)
    assert plan.why_not_made == "b: the template needs the column 'name', which the row does not have"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The campaigns whose recipients were read."""
    calls: list[int] = []
    original = Queries.recipients

    def counted(self: Queries, campaign_id: int, *, page: int = 1000) -> object:
        calls.append(campaign_id)
        return original(self, campaign_id, page=page)

    monkeypatch.setattr(Queries, "recipients", counted)
    return calls


async def test_recipients_are_not_read_once_more(campaign: Make, reads: list[int], client: TimClient) -> None:
    rows = [{"account": each, "name": each} for each in accounts(30)]
    template = Template("Hi $name, it costs $$7")
    first = await campaign(recipients=rows, message=template).plan()
    assert await campaign().plan() == msgspec.structs.replace(first, is_new=False)
    assert (first.largest_account, first.lints) == ("u10", [])
    await campaign().run(client)
    more = [*rows, {"account": "new"}, {"account": "newer", "name": "x" * 9000}]
    added = campaign(recipients=more, message=template, add_recipients=True)
    await added.run(client)
    plan = await campaign().plan()
    assert (plan.recipients, plan.largest_account, plan.too_large, plan.not_made) == (32, "newer", 1, 1)
    assert reads == []


async def test_recipients_are_read_once_more_for_another_message(campaign: Make, reads: list[int]) -> None:
    rows = [{"account": each, "name": each * (index + 1)} for index, each in enumerate(accounts(30))]
    rows[0]["age"] = "7"
    await campaign(recipients=rows, message=Template("Hi $account")).plan()
    for _ in range(2):
        plan = await campaign(message=Template("Hello $name, $age")).plan()
        assert (plan.not_made, plan.largest_account) == (29, "u0")
    assert len(reads) == 2  # once to see what columns there are, of which the first rows are enough
    plan = await campaign(message=Template("Hello $name")).plan()
    assert (plan.largest_account, plan.not_made, len(reads)) == ("u29", 0, 4)


async def test_survey_of_another_limit_is_not_shown(
    emulator: Emulator, campaign: Make, client: TimClient, reads: list[int]
) -> None:
    rows = [{"account": "a", "name": "x" * 5000}]
    assert (await campaign(recipients=rows, message=Template("Hi $name")).plan(client=client)).too_large == 0
    async with client_of(emulator, body_limit=4000) as less:
        for _ in range(2):
            assert (await campaign().plan(client=less)).too_large == 1
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(Template(ext_of('{"id": "$name"}')), ["2 messages: "], id="by-row"),
        pytest.param(Template(ext_of("plain")), ["3 messages: "], id="for-all"),
        pytest.param(ext_of("plain"), ["3 messages: "], id="fixed"),
        pytest.param(ext_of("{}"), [], id="json"),
        pytest.param(lambda recipient: ext_of("plain"), [""], id="function"),
    ],
)
async def test_pushes_that_a_vendor_may_not_take_are_counted(campaign: Make, message: object, said: list[str]) -> None:
    rows = [{"account": "a", "name": "x"}, {"account": "b", "name": '"'}, {"account": "c", "name": 'y"'}]
    plan = await campaign(recipients=rows, message=message).plan()
    lint = "the push's ext is not JSON: some Android vendors drop such a push"
    assert plan.lints == [f"{head}{lint}" for head in said]
