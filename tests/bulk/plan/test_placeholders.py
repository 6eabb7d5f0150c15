"""A misspelt placeholder is refused before a recipient is planned: it would fail all of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import pytest

from tests.bulk.plan.files import Folder
from tim_async import LedgerError, TimClient, UsageError
from tim_async.bulk import AccountListFile, Campaign, CsvFile, JsonLinesFile, Recipients, Template
from tim_async.bulk._plan.rows import BATCH

MakeCampaign = Callable[..., Campaign]
WITH_NAMES = [{"account": "alice", "name": "A"}, {"account": "bob", "name": "B"}]


async def slowly() -> AsyncIterator[dict[str, object]]:
    for each in WITH_NAMES:
        yield dict(each)


def files(folder: Folder) -> dict[str, Recipients]:
    rows = "".join(f"{json.dumps(each)}\n" for each in WITH_NAMES).encode()
    return {
        "csv": CsvFile(path=folder.write("people.csv", b"account,name\nalice,A\n")),
        "uid": CsvFile(path=folder.write("people.tsv", b"uid,name\nalice,A\n"), account_column="uid"),
        "jsonl": JsonLinesFile(path=folder.write("people.jsonl", rows)),
        "txt": AccountListFile(path=folder.write("people.txt", b"alice\n")),
        "list": WITH_NAMES,
        "accounts": ["alice", "bob"],
        "iterator": iter(WITH_NAMES),
        "async iterator": slowly(),
    }


@pytest.mark.parametrize(
    ("kind", "whose"),
    [
        ("csv", "people.csv has 'account', 'name'; did you mean $name?"),
        ("uid", "people.tsv has 'account', 'uid', 'name'; did you mean $name?"),
        ("jsonl", "none of the first 2 rows of people.jsonl has it; they have 'account', 'name'; did you mean $name?"),
        ("txt", "people.txt has 'account'"),
        ("list", "none of the first 2 rows has it; they have 'account', 'name'; did you mean $name?"),
        ("accounts", "none of the first 2 rows has it; they have 'account'"),
        ("iterator", "none of the first 2 rows has it; they have 'account', 'name'; did you mean $name?"),
        ("async iterator", "none of the first 2 rows has it; they have 'account', 'name'; did you mean $name?"),
    ],
)
async def test_placeholder_without_a_column(
    client: TimClient, campaign: MakeCampaign, folder: Folder, kind: str, whose: str
) -> None:
    recipients = files(folder)[kind]
    refused = campaign(recipients=recipients, message=Template("Hi $nme ($account)"))
    for attempt in (refused.plan, lambda: refused.run(client), refused.plan):
        with pytest.raises(UsageError) as caught:
            await attempt()
        assert caught.value.field == "message"
        assert folder.shown(caught.value) == (
            f"message has a placeholder without a column: $nme; {whose} ($$ is a dollar sign)"
        )
    with pytest.raises(LedgerError, match="does not exist"):
        await campaign().status()


async def test_every_placeholder_without_a_column_is_named(campaign: MakeCampaign) -> None:
    message = Template("${first name} $nme $name $account $$5")
    with pytest.raises(UsageError, match=r"without a column: \$\{first name\}, \$nme; none"):
        await campaign(recipients=WITH_NAMES, message=message).plan()


@pytest.mark.parametrize(
    "rows",
    [
        [{"account": "alice"}, {"account": "bob", "nme": "B"}],
        [{"account": "x" * 33}],
        [],
    ],
    ids=["some have it", "bad rows", "no rows"],
)
async def test_what_is_not_refused(campaign: MakeCampaign, rows: list[dict[str, str]]) -> None:
    plan = await campaign(recipients=rows, message=Template("Hi $nme")).plan()
    assert plan.recipients == len([row for row in rows if len(row["account"]) < 33])


async def test_column_whose_value_has_no_text_is_none(campaign: MakeCampaign) -> None:
    rows = [{"account": "alice", "nme": None}, {"account": "bob", "nme": True}]
    with pytest.raises(UsageError, match="none of the first 2 rows has it"):
        await campaign(recipients=rows, message=Template("Hi $nme")).plan()


async def test_first_rows_of_an_iterator_are_looked_at_and_sent_to(client: TimClient, campaign: MakeCampaign) -> None:
    rows = ({"account": f"u{index}", "name": "N"} for index in range(BATCH + 1))
    report = await campaign(recipients=rows, message=Template("Hi $name")).run(client)
    assert (report.total, report.is_complete) == (BATCH + 1, True)


# A campaign that is in the ledger


async def test_first_recipients_are_enough(campaign: MakeCampaign) -> None:
    rows = [{"account": f"u{index}", "name": "N"} for index in range(BATCH)]
    await campaign(recipients=[*rows, {"account": "last", "nme": "N"}], message="Hi").plan()
    with pytest.raises(UsageError, match="none of the first 1,000 recipients has it"):
        await campaign(message=Template("Hi $nme")).plan()
    assert (await campaign(message=Template("Hi $name")).plan()).not_made == 1
    assert (await campaign(message="Hello").plan()).not_made == 0


async def test_no_recipients_have_no_columns(campaign: MakeCampaign) -> None:
    await campaign(recipients=[], message="Hi").plan()
    assert (await campaign(message=Template("Hi $nme")).plan()).recipients == 0


async def test_another_message_is_looked_at_before_it_replaces_the_first(
    client: TimClient, campaign: MakeCampaign
) -> None:
    await campaign(recipients=WITH_NAMES, message=Template("Hi $name")).run(client)
    other = campaign(message=Template("Hi $nme"), change_message=True)
    with pytest.raises(
        UsageError, match="none of the first 2 recipients has it; they have 'account', 'name'; did you mean"
    ):
        await other.run(client)
    # The first one is still there.
    assert (await campaign(message=Template("Hi $name")).run(client)).is_complete


@pytest.mark.parametrize("is_named", [True, False], ids=["message given", "message of the ledger"])
async def test_more_recipients_are_looked_at_before_they_are_added(
    client: TimClient, campaign: MakeCampaign, folder: Folder, is_named: bool
) -> None:
    path = folder.write("people.csv", b"account,name\nalice,A\n")
    message = {"message": Template("Hi $name")}
    await campaign(recipients=path, **message).run(client)
    more = folder.write("more.csv", b"account,city\nbob,B\n")
    with pytest.raises(UsageError, match=r"\$name; .*more\.csv has 'account', 'city'"):
        await campaign(recipients=more, add_recipients=True, **(message if is_named else {})).run(client)
    report = await campaign(recipients=path, **message).run(client)  # it is still the file that it was started with
    assert (report.total, report.is_complete) == (1, True)
