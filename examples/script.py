"""A script without an event loop: threads that share one client, a history, and sending to a generator's accounts.

`python examples/script.py` runs it with the embedded emulator. For the real service omit the emulator and `base_url`,
and pass your own app id and key.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tim_async import TextElem, TimError, WaitTooLongError
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

CUSTOMERS = [f"customer-{number}" for number in range(400)]


def customers() -> Iterator[str]:
    """Like rows of a database: they are read in the thread that makes the call."""
    yield from CUSTOMERS


def main() -> None:
    emulator = Emulator()
    emulator.add_accounts("shop", *CUSTOMERS)
    with emulator, TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client:

        def confirm(customer: str) -> str:
            return client.c2c.send_text(customer, "您的订单已发货 📦", from_account="shop").msg_key

        # Whatever the number of threads, no second has more than 200 messages.
        with ThreadPoolExecutor(32) as threads:
            keys = set(threads.map(confirm, CUSTOMERS))
        stats = client.stats()["openim/sendmsg"]
        print(f"{len(keys)} messages, {stats.attempts} attempts, refused: {sum(stats.errors.values())}")

        sent = client.c2c.send_to_all(customers(), [TextElem(text="Thank you!")], from_account="shop")
        print(f"to all: {len(sent.sent)} sent, {len(sent.failed)} failed")

        for message in client.c2c.iter_roam_msgs("shop", CUSTOMERS[0]):
            print("in the history:", message.msg_body[0])

        try:
            client.with_options(deadline=2).c2c.send_text("stranger", "hi")
        except WaitTooLongError as error:
            print("busy:", error)
        except TimError as error:
            print("refused:", error.message)


if __name__ == "__main__":
    main()
