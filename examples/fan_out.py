"""Send 1,000 personal messages with bounded concurrency.

A few workers share one iterator over the recipients: that bounds memory for any number of recipients, and the client's
limiter sets the pace (200 a second for `openim/sendmsg`). Background priority lets interactive calls of the same client
go first. Failures are collected by recipient, and the other sends continue.

Runs against the embedded emulator, because the thousand accounts are invented.
"""

import asyncio
import time
from collections.abc import Iterator

from tim_async import TimClient, TimError
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

MESSAGES = 1_000
WORKERS = 20  # more than rate x answer time: 200/s with answers of 50 ms keep 10 busy
BATCH = 100  # maximum accounts per import call


async def fan_out(client: TimClient, recipients: Iterator[str]) -> tuple[int, dict[str, TimError]]:
    """Send a message to every recipient; return the number sent, and the errors by recipient."""
    background = client.with_options(priority="background")
    failed: dict[str, TimError] = {}
    sent = 0

    async def work() -> None:
        nonlocal sent
        for recipient in recipients:  # one iterator for all workers: each takes the next recipient from it
            try:
                await background.c2c.send_text(recipient, f"Good morning, {recipient}!")
            except TimError as error:
                failed[recipient] = error
            else:
                sent += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(work())
    return sent, failed


async def main() -> None:
    recipients = [f"user-{number:04}" for number in range(MESSAGES)]
    imported = [name for name in recipients if not name.endswith("99")]  # the others cannot be written to
    async with (
        Emulator() as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        for first in range(0, len(imported), BATCH):
            await client.account.import_accounts(accounts=imported[first : first + BATCH])

        started = time.perf_counter()
        sent, failed = await fan_out(client, iter(recipients))
        seconds = time.perf_counter() - started

        print(f"{sent} sent, {len(failed)} failed, in {seconds:.2f} s: {MESSAGES / seconds:.1f} a second")
        for recipient, error in list(failed.items())[:3]:
            unsure = "perhaps delivered" if error.maybe_delivered else "not delivered"
            print(f"  {recipient}: {unsure}: {error}")
        print(f"busiest second at the emulator: {emulator.worst_window('openim/sendmsg')} calls, 200 are allowed")


if __name__ == "__main__":
    asyncio.run(main())
