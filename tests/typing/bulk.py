"""What type checkers know of campaigns."""

from pathlib import Path
from typing import assert_type

from tim_async import TextElem, TimClient
from tim_async.bulk import AccountListFile, Campaign, CsvFile, Message, Plan, Progress, Recipient, Report, Template


async def make(recipient: Recipient) -> Message:
    return Message(msg_body=[TextElem(text=f"Hi {recipient.account}")])


def greet(recipient: Recipient) -> str:
    return f"Hi {recipient.account}"


def show(progress: Progress) -> None:
    assert_type(progress.rate, float)


async def campaigns(client: TimClient) -> None:
    campaign = Campaign("spring", ledger="spring.db", recipients=["bob"], message="Hi")
    assert_type(await campaign.plan(), Plan)
    report = await campaign.run(client, on_progress=show)
    assert_type(report, Report)
    assert_type(report.is_complete, bool)
    async for outcome in campaign.outcomes():
        assert_type(outcome.account, str)
    Campaign("a", ledger=Path("a.db"), recipients=CsvFile(path=Path("a.csv")), message=Template("Hi $name"))
    Campaign("b", ledger="b.db", recipients=[{"account": "bob", "name": "Bob"}], message=make)
    Campaign("c", ledger="c.db", message=greet)
    Campaign("d", ledger="d.db", recipients=AccountListFile(path=Path("d.txt"), encoding="gb18030"), message="Hi")


async def mistakes(client: TimClient) -> None:
    Campaign(ledger="a.db")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Campaign("a", ledger="a.db", lanes="fast")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Campaign("a", ledger="a.db", message=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await Campaign("a", ledger="a.db").run()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
