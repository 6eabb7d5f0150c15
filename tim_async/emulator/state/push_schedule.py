"""State of scheduled pushes. Source: I78839 to I78843."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import msgspec

from ...models.push_schedule import PushContent
from .core import Part, State

PENDING: Final = "pending"
DISPATCHED: Final = "dispatched"
_FIRST_ID: Final = 1_000_000_001


class Schedule(msgspec.Struct, kw_only=True):
    """A scheduled push.

    Attributes:
        task_id: its TaskID.
        kind: All, Tag or User.
        made_at: unix seconds.
        due_at: unix seconds.
        content: the push.
        push_task_id: the TaskId of the push; "" before it is sent.
    """

    task_id: int
    kind: str
    made_at: float
    due_at: float
    content: PushContent
    push_task_id: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether it was not pushed yet."""
        return not self.push_task_id

    @property
    def title(self) -> str:
        """The title of the notification."""
        info = self.content.offline_push_info
        return (info.title if info is not None else None) or ""

    @property
    def desc(self) -> str:
        """The text of the notification."""
        info = self.content.offline_push_info
        return (info.desc if info is not None else None) or ""


class Schedules(Part):
    """The scheduled pushes.

    Attributes:
        schedules: by TaskID, those that were pushed included.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.schedules: dict[int, Schedule] = {}
        self._pending: dict[int, Schedule] = {}
        self._ids = itertools.count(_FIRST_ID)

    def add(self, kind: str, content: PushContent, due_at: float, now: float) -> Schedule:
        """Add a scheduled push."""
        task_id = next(self._ids)
        made = Schedule(task_id=task_id, kind=kind, made_at=now, due_at=due_at, content=content)
        self.schedules[task_id] = self._pending[task_id] = made
        return made

    def remove(self, schedule: Schedule) -> None:
        """Remove a scheduled push."""
        del self.schedules[schedule.task_id]
        self._pending.pop(schedule.task_id, None)

    def due(self, now: float) -> Iterator[Schedule]:
        """Yield the pushes that are due, earliest first; they are no longer pending then."""
        for schedule in sorted(self._pending.values(), key=lambda each: (each.due_at, each.task_id)):
            if schedule.due_at > now:
                return
            del self._pending[schedule.task_id]
            yield schedule

    def next_due(self) -> float | None:
        """Return when the next push is due; None without one."""
        return min((schedule.due_at for schedule in self._pending.values()), default=None)
