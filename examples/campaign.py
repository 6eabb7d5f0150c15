"""Send a message to ten thousand people from a CSV file, and report the outcome for each of them.

The campaign is stored in a ledger, a file next to the CSV. If it is killed and run again, it continues where it was and
sends to no one twice. `campaign.plan` describes it beforehand; the export lists who got the message afterwards.

Runs against the embedded emulator, with limits above the service's own: at 12,000 deliveries a minute this would take
50 seconds.
"""

import asyncio
import csv
import tempfile
from collections import Counter
from pathlib import Path

from tim_async import Rate, TimClient
from tim_async.bulk import Campaign, Progress
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

PEOPLE = 10_000
LIMITS = {"openim/batchsendmsg": Rate(600_000, 60, cost="to_account", max_cost=500)}


def write_people(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account", "name"])
        writer.writerows([f"user-{number:05}", f"Name {number}"] for number in range(PEOPLE))
        writer.writerow(["user-00007", "named twice"])
        writer.writerow(["", "nobody"])


def show(progress: Progress) -> None:
    print(f"  {progress.settled:,} of {progress.total:,}, {progress.rate:,.0f} a second")


async def main(folder: Path) -> None:
    people = folder / "people.csv"
    write_people(people)
    campaign = Campaign("spring", ledger=folder / "spring.db", recipients=people, message="Spring has come 🌸")
    async with (
        Emulator(rate_limits=LIMITS) as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, rate_limits=LIMITS) as client,
    ):
        imported = (f"user-{number:05}" for number in range(PEOPLE) if number % 100)
        await client.account.import_all(imported)  # one in a hundred is unknown to the service

        print(await campaign.plan(client=client))
        report = await campaign.run(client, on_progress=show)
        print(report)

    await campaign.export(folder / "outcomes.csv")
    with (folder / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        states = Counter(row["state"] for row in csv.DictReader(file))
    print(f"in the export: {states['sent']} sent, {states['failed']} failed, {states['bad_row']} bad row")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(Path(place)))
