"""The devices that pushes reached, and how many accounts had none. Figures, losses and traces are made from it.

Words. A *device* is a platform on which an account is logged in (`Emulator.set_online`). It is reached online, or, if
the account is `PushOnline` and nowhere `Online`, through a vendor's push.

Pushes of chat messages go to accounts that are not online. One message may go to many accounts, and most accounts of a
test are not logged in anywhere: for those only the number is kept, by the second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from .core import DAY_S, Part, State
from .login import OFFLINE, ONLINE, LoginState

# Apple's platforms; the vendors of all others are unknown here.
APPLE: Final = frozenset({"iPhone", "iPad", "iOS", "IOS", "Mac", "macOS"})
APPLE_CHANNEL: Final = 1
UNKNOWN_CHANNEL: Final = 0
# The longest range of a query (I71894, I71897).
KEPT_S: Final = 30 * DAY_S


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device that a push went to.

    Attributes:
        to_account: the account that owns it.
        platform: its platform.
        is_online: whether it was reached online, and not through a vendor.
    """

    to_account: str
    platform: str
    is_online: bool

    @property
    def channel(self) -> int:
        """The number of the channel; 0 for online pushes, which have none, and for vendors that are not known."""
        return APPLE_CHANNEL if not self.is_online and self.platform in APPLE else UNKNOWN_CHANNEL


class PushRecord(msgspec.Struct, kw_only=True):
    """The results of a push.

    Attributes:
        at: unix seconds.
        devices: the devices it went to.
        lost: how many accounts have no device.
    """

    at: float
    devices: list[Device]
    lost: int = 0


class PushRecords(Part):
    """The results of pushes.

    Attributes:
        tasks: pushes to all users, to an audience or to listed users, by TaskId.
        messages: pushes of chat messages that reached a device, by the message's MsgId.
    """

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.tasks: dict[str, PushRecord] = {}
        self.messages: dict[str, PushRecord] = {}
        self._lost_messages: Counter[int] = Counter()

    def devices(self, account: str) -> list[Device]:
        """Return the devices that a push to an account reaches now."""
        logins = self.state.part(LoginState)
        status = logins.status(account)
        return [
            Device(to_account=account, platform=platform, is_online=status == ONLINE)
            for platform, state in logins.platforms(account).items()
            if state == status
        ]

    def add_task(
        self, task_id: str, accounts: Iterable[str], now: float, *, is_online_only: bool, platform: str | None
    ) -> None:
        """Record a push of a task.

        Args:
            task_id: the task.
            accounts: its recipients.
            now: unix seconds.
            is_online_only: whether it goes to no vendor.
            platform: the platform it is for; None for all.
        """
        record = PushRecord(at=now, devices=[])
        for account in accounts:
            found = [device for device in self.devices(account) if platform in (None, device.platform)]
            record.devices += [device for device in found if device.is_online or not is_online_only]
            record.lost += not found
        self.tasks[task_id] = record

    def add_message(self, push_id: str, accounts: Iterable[str], now: float) -> None:
        """Record the push of a chat message to those accounts that are not online."""
        logins = self.state.part(LoginState)
        devices: list[Device] = []
        for account in accounts:
            status = logins.status(account)
            if status == OFFLINE:
                self._lost_messages[int(now)] += 1
            elif status != ONLINE:
                devices += self.devices(account)
        if devices:
            self._forget(now)
            self.messages[push_id] = PushRecord(at=now, devices=devices)

    def _forget(self, now: float) -> None:
        while self.messages and (
            len(self.messages) >= self.state.max_messages or now - next(iter(self.messages.values())).at > KEPT_S
        ):
            del self.messages[next(iter(self.messages))]

    def tasks_between(self, start: float, end: float, task_ids: Iterable[str]) -> Iterator[tuple[str, PushRecord]]:
        """Yield the tasks of a range of time: the named ones, or all when none is named."""
        wanted = set(task_ids)
        for task_id, record in self.tasks.items():
            if start <= record.at < end + 1 and (not wanted or task_id in wanted):
                yield task_id, record

    def messages_between(self, start: float, end: float) -> PushRecord:
        """Return the pushes of chat messages of a range of time, merged into one."""
        devices = [
            device for record in self.messages.values() if start <= record.at < end + 1 for device in record.devices
        ]
        lost = sum(count for second, count in self._lost_messages.items() if start <= second <= end)
        return PushRecord(at=start, devices=devices, lost=lost)
