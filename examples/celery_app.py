"""A Celery task that sends messages, with one client per worker process.

Celery forks its workers: the client is created when a worker starts (`worker_process_init`), and closed when it ends.
The processes of one machine share the limit through a `HostRateLimiter`, machines through `tim_async.cluster`. A
retried task sends the same message: `error.request` has the marks by which the service recognises it for 120 seconds.

`python examples/celery_app.py` runs it with Celery's in-memory broker and the embedded emulator. For the real service,
set TIM_SDK_APP_ID and TIM_SECRET_KEY and run `celery --workdir examples -A celery_app worker`.
"""

from celery import Celery, Task
from celery.contrib.testing.worker import start_worker
from celery.signals import worker_process_init, worker_process_shutdown

from tim_async import HostRateLimiter, ServiceBusyError, TextElem, WaitTooLongError, decode, encode
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg

app = Celery("messages", broker="memory://", backend="cache+memory://")
app.conf.broker_connection_retry_on_startup = True


class Messages:
    """The client of a worker process."""

    client: TimClient


@worker_process_init.connect
def open_client(**_: object) -> None:
    Messages.client = TimClient.from_env(limiter=HostRateLimiter(), deadline=30.0)


@worker_process_shutdown.connect
def close_client(**_: object) -> None:
    Messages.client.close()


@app.task(bind=True, max_retries=3)
def notify(self: Task, account: str, text: str, again: str | None = None) -> str:
    """Send a text; if the service is busy, retry it as the same message."""
    message = SendMsg(to_account=account, msg_body=[TextElem(text=text)])
    try:
        message = decode(again.encode(), SendMsg) if again else message
        return Messages.client.call(C2C.send, message).msg_key
    except (ServiceBusyError, WaitTooLongError) as error:
        again = encode(error.request).decode() if isinstance(error.request, SendMsg) else None
        raise self.retry(args=(account, text, again), countdown=0.1, exc=error) from None


def main() -> None:
    with Emulator() as emulator:
        emulator.add_accounts("alice", "bob")
        emulator.faults.answer(91000, times=4)  # more than the client itself retries, to show Celery's retry
        with TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as Messages.client:
            with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL"):
                results = [notify.delay(account, "您有一条新通知 🔔") for account in ("alice", "bob")]
                keys = [result.get(timeout=30) for result in results]
            print("sent:", *keys)
        print("bob got:", *(message.msg_body[0] for message in emulator.history("administrator", "bob")))
        print("attempts:", len(emulator.arrivals))


if __name__ == "__main__":
    main()
