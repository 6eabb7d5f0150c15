"""Reading a source into a ledger: interruption, continuation and progress."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.conftest import accounts, each_got
from tim_async import TimClient, UsageError
from tim_async.bulk import Campaign, PlanProgress, Template
from tim_async.bulk._ledger import staging as staging_module
from tim_async.bulk._ledger.staging import Staging
from tim_async.bulk._plan import reading as reading_module
from tim_async.emulator import Emulator

Make = Callable[..., Campaign]


class Died(BaseException):
    """What ends a process here; after it, nothing of the process writes."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (staging_module, reading_module):
        monkeypatch.setattr(module, "ROWS_PER_COMMIT", 1000)


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let the process die before a step of a reading is done for the nth time."""
    originals = {name: getattr(Staging, name) for name in ("add", "end", "sort", "move", "finish")}

    def arrange(step: str, nth: int) -> None:
        left = nth
        original = originals[step]

        async def act(self: Staging, *args: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                monkeypatch.setattr(Staging, step, original)
                raise Died
            return await original(self, *args, **options)

        monkeypatch.setattr(Staging, step, act)

    return arrange


def write(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(["account", *rows]) + "\n", encoding="utf-8")
    return path


def salt(ledger: Path) -> str:
    with sqlite3.connect(ledger) as book:
        found = book.execute("SELECT salt FROM tim_bulk_campaigns").fetchone()[0]
    book.close()
    return str(found)


def staged(ledger: Path) -> int:
    with sqlite3.connect(ledger) as book:
        found = book.execute("SELECT reading ->> 'rows' FROM tim_bulk_campaigns").fetchone()[0]
    book.close()
    return int(found)


# A ledger in which nothing was read is not left.
STEPS = [("add", 2), ("add", 3), ("end", 1), ("sort", 1), ("move", 1), ("move", 3), ("finish", 1)]


@pytest.mark.parametrize(("step", "nth"), STEPS, ids=[f"{step} {nth}" for step, nth in STEPS])
async def test_file_is_read_on_where_it_was_cut_off(
    campaign: Make,
    ledger: Path,
    tmp_path: Path,
    dies: Callable[[str, int], None],
    step: str,
    nth: int,
) -> None:
    rows = [*accounts(3500), "", "x" * 40, *accounts(40), *accounts(500, first=3500)]
    path = write(tmp_path / "people.csv", rows)
    dies(step, nth)
    with pytest.raises(Died):
        await campaign(recipients=path, message=Template("Hi $account")).plan()
    begun = salt(ledger)
    report = await campaign().status()
    read = nth * 1000 - 1000 if step == "add" else 4041
    advice = "run it again to continue" if step in ("sort", "move", "finish") else "run it again with the same file"
    assert report.status == "planning"
    assert (report.reason or "").startswith(f"{read:,} rows read; the process that planned it died: {advice}")

    seen: list[PlanProgress] = []
    plan = await campaign(recipients=path, message=Template("Hi $account")).plan(on_planning=seen.append)
    assert (plan.recipients, plan.duplicates, plan.bad_rows) == (4000, 40, 1)
    assert (plan.problems[0].line, plan.largest_account) == (3503, "u1000")
    assert salt(ledger) == begun
    assert seen[0].rows == read
    outcomes = [each async for each in campaign().outcomes()]
    assert [(each.account, each.line) for each in outcomes if each.state == "planned"] == [
        *((f"u{index}", index + 2) for index in range(3500)),
        *((f"u{index}", index + 44) for index in range(3500, 4000)),
    ]


@pytest.mark.parametrize("is_same_process", [True, False])
async def test_what_was_read_to_its_end_needs_no_source(
    campaign: Make, client: TimClient, dies: Callable[[str, int], None], is_same_process: bool
) -> None:
    dies("move", 2)
    first = campaign(recipients=iter(accounts(2500)), message="Hi")
    with pytest.raises(Died):
        await first.plan()
    own = first if is_same_process else campaign()
    report = await own.run(client)
    assert (report.total, report.sent) == (2500, 2500)


async def test_iterator_that_was_cut_off_is_not_read_on(campaign: Make, dies: Callable[[str, int], None]) -> None:
    dies("add", 2)
    with pytest.raises(Died):
        await campaign(recipients=iter(accounts(2500)), message="Hi").plan()
    report = await campaign().status()
    assert report.reason == "1,000 rows read; the process that planned it died: plan it again"
    with pytest.raises(UsageError, match="the plan of 'spring' was not finished: give recipients"):
        await campaign(message="Hi").plan()
    assert (await campaign(recipients=iter(accounts(2500)), message="Hi").plan()).recipients == 2500


@pytest.mark.parametrize("change", ["file", "message"])
async def test_another_file_or_message_begins_again(
    campaign: Make, ledger: Path, tmp_path: Path, dies: Callable[[str, int], None], change: str
) -> None:
    path = write(tmp_path / "people.csv", accounts(2500))
    dies("add", 2)
    with pytest.raises(Died):
        await campaign(recipients=path, message="Hi").plan()
    begun = salt(ledger)
    if change == "file":
        write(path, accounts(2500, first=100))
    seen: list[PlanProgress] = []
    message = "Hi" if change == "file" else Template("Hi $account")
    plan = await campaign(recipients=path, message=message).plan(on_planning=seen.append)
    assert (plan.recipients, seen[0].rows) == (2500, 0)
    assert salt(ledger) != begun


async def test_other_size_of_batches_is_heeded_after_a_kill(
    campaign: Make, tmp_path: Path, dies: Callable[[str, int], None]
) -> None:
    path = write(tmp_path / "people.csv", accounts(2500))
    dies("move", 2)
    with pytest.raises(Died):
        await campaign(recipients=path, message="Hi", batch_size=10).plan()
    plan = await campaign(recipients=path, message="Hi", batch_size=500).plan()
    assert {each.lanes: each.calls for each in plan.lanes}["batch"] == 5


async def test_adding_is_carried_on(
    emulator: Emulator, client: TimClient, campaign: Make, tmp_path: Path, dies: Callable[[str, int], None]
) -> None:
    path = write(tmp_path / "people.csv", accounts(1500))
    await campaign(recipients=path, message="Hi").run(client)
    write(path, [*accounts(4000), *accounts(10, first=3000)])
    dies("move", 4)
    with pytest.raises(Died):
        await campaign(recipients=path, message="Hi", add_recipients=True).run(client)
    report = await campaign().status()
    assert (report.status, report.total) == ("interrupted", 3000)
    assert report.reason == "4,010 rows read; the process that planned it died: run it again to continue"
    report = await campaign(recipients=path, message="Hi", add_recipients=True).run(client)
    assert (report.total, report.sent, report.duplicates) == (4000, 4000, 10)
    assert each_got(emulator) == {1: 4000}


async def test_adding_that_was_cut_off_gives_way_to_another_file(
    client: TimClient, campaign: Make, tmp_path: Path, dies: Callable[[str, int], None]
) -> None:
    path = write(tmp_path / "people.csv", accounts(10))
    await campaign(recipients=path, message="Hi").run(client)
    dies("add", 3)
    with pytest.raises(Died):
        await campaign(recipients=write(path, accounts(4000)), message="Hi", add_recipients=True).run(client)
    other = write(path, accounts(20, first=5))
    report = await campaign(recipients=other, message="Hi", add_recipients=True).run(client)
    assert (report.total, report.sent) == (25, 25)


async def test_other_message_for_what_was_read_to_its_end(campaign: Make, dies: Callable[[str, int], None]) -> None:
    rows: list[dict[str, str]] = [{"account": each} for each in accounts(1500)]
    rows[3]["name"] = "Dora"
    dies("move", 2)
    with pytest.raises(Died):
        await campaign(recipients=rows, message=Template("Hi $account")).plan()
    plan = await campaign(message=Template("Hi $name")).plan()
    assert (plan.recipients, plan.not_made, plan.largest_account) == (1500, 1499, "u3")
    assert plan.why_not_made.startswith("u0: the template needs the column 'name'")


async def test_status_while_it_is_planned(campaign: Make) -> None:
    said: list[tuple[str, str | None]] = []

    async def look(progress: PlanProgress) -> None:
        report = await campaign().status()
        said.append((report.status, report.reason))

    await campaign(recipients=accounts(2000), message="Hi").plan(on_planning=look)
    assert said[0] == ("planning", "0 rows read so far")
    assert said[-1] == ("planning", "2,000 rows read so far")
    assert (await campaign().status()).status == "planned"


async def test_progress_of_a_plan(campaign: Make, client: TimClient, tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", accounts(2500))
    seen: list[PlanProgress] = []
    await campaign(recipients=path, message="Hi").run(client, on_planning=seen.append, progress_every_s=1e-9)
    assert [each.stage for each in seen] == ["reading"] * 4 + ["sorting"] + ["entering"] * 4
    assert [each.rows for each in seen] == [0, 1000, 2000, 2500, *[2500] * 5]
    assert [each.entered for each in seen if each.stage == "entering"] == [0, 1000, 2000, 2500]
    size = path.stat().st_size
    assert {each.bytes_total for each in seen} == {size}
    assert [each.bytes_read for each in seen][-1] == size
    assert seen[4].rate > 0
    again: list[PlanProgress] = []
    await campaign(recipients=path, message="Hi").run(client, on_planning=again.append)
    assert again == []


async def test_progress_of_what_is_no_file(campaign: Make) -> None:
    seen: list[PlanProgress] = []
    await campaign(recipients=accounts(10), message="Hi").plan(on_planning=seen.append)
    assert [(each.stage, each.rows, each.bytes_read, each.bytes_total) for each in seen] == [
        ("reading", 0, None, None),
        ("sorting", 10, None, None),
        ("entering", 10, None, None),
    ]
