"""State of pushes: attributes, tags, and the pushes themselves.

The older pushes to all users (all_member_push) and the push service (timpush) use the same attribute numbers and tags,
so they share one state here; whether they do so in the service is not documented.

What no document says
    - Whether users keep their values when an attribute is renamed. Here: yes, values belong to its number.
    - How several parts of a condition combine. Here: all that are given must hold.
    - Which accounts "all users" are. Here: every account, admins included.
    - When the day of the daily limit begins. Here: at midnight in China (UTC+8).
    - How a repeated push is answered. Here: with the TaskId of the first, and without any effect.
    - How long timpush/push remembers a MsgRandom. Here: 7 days, like the older command.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from ...models.all_member_push import Condition
from ...models.elements import Element
from ...models.offline_push import OfflinePushInfo
from ...models.push import WebInfo
from .codes import PushCode
from .core import CHINA_OFFSET_S, DAY_S, Part, State
from .push_record import PushRecords
from .refusal import Refusal

# The daily number of pushes to all users (I37166).
MAX_PUSHES_PER_DAY: Final = 100
# How many tags there can be (I60568; I37173 has the first).
MAX_TAGS_OF_USER: Final = 100
MAX_TAGS_OF_APP: Final = 1_000
WEB_PUSH: Final = "timpush/webbatch"
_WEB: Final = "Web"
# How long a repeated MsgRandom is recognized (I37166).
DUPLICATE_WINDOW_S: Final = 7 * DAY_S


class SentPush(msgspec.Struct, kw_only=True):
    """A push that was accepted.

    Attributes:
        task_id: its TaskId.
        command: the command that sent it.
        at: unix seconds of the emulator's clock.
        to: its recipients.
        from_account: the sender; None is the admin.
        msg_random: its MsgRandom.
        msg_body: its elements; empty for pushes that are only a notification.
        offline_push_info: title, text and settings of the notification.
        data_id: the app's own id.
        web_info: the notification of the browser, for web pushes.
        message: the message for open pages, for web pushes.
        revoked_at: when it was revoked, None if it was not.
        shown_instead: the notification that replaced it.
    """

    task_id: str
    command: str
    at: float
    to: list[str]
    from_account: str | None = None
    msg_random: int
    msg_body: Sequence[Element] = ()
    offline_push_info: OfflinePushInfo | None = None
    data_id: str | None = None
    web_info: WebInfo | None = None
    message: Mapping[str, object] | None = None
    revoked_at: float | None = None
    shown_instead: OfflinePushInfo | None = None


class PushState(Part):
    """Attributes, tags and pushes.

    Attributes:
        names: the names of the app's attributes, by number.
        types: whether an attribute belongs to a user id (0) or a RegistrationID (1), by number.
        pushes: the accepted pushes, oldest first.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.names: dict[str, str] = {}
        self.types: dict[str, int] = {}
        self.pushes: list[SentPush] = []
        self._attrs: dict[str, dict[str, str]] = {}
        self._tags: dict[str, dict[str, None]] = {}
        self._marks: dict[tuple[str, int], SentPush] = {}
        self._taken: Counter[tuple[str, int]] = Counter()  # by command and day
        self._numbers = itertools.count(1)

    def clear_messages(self) -> None:
        """Forget the pushes."""
        self.pushes.clear()
        self._marks.clear()
        self._taken.clear()

    def forget_account(self, user_id: str) -> None:
        """Remove an account's attributes and tags; pushes stay, they were sent."""
        self._attrs.pop(user_id, None)
        self._tags.pop(user_id, None)

    def number(self, name: str) -> str:
        """Return the number of an attribute; refuse an undefined name."""
        for number, known in self.names.items():
            if known == name:
                return number
        raise Refusal(PushCode.ATTRIBUTE_INVALID, f"attribute {name!r} is not defined")

    def attrs(self, user_id: str) -> dict[str, str]:
        """Return a user's attributes by name."""
        return {self.names[number]: value for number, value in self._attrs.get(user_id, {}).items()}

    def set_attrs(self, user_id: str, attrs: Mapping[str, str]) -> None:
        """Set attributes of a user."""
        self._attrs.setdefault(user_id, {}).update({self.number(name): value for name, value in attrs.items()})

    def remove_attrs(self, user_id: str, names: Sequence[str]) -> None:
        """Remove attributes of a user, where they exist."""
        for name in names:
            self._attrs.get(user_id, {}).pop(self.number(name), None)

    def tags(self, user_id: str) -> list[str]:
        """Return a user's tags in order of insertion."""
        return list(self._tags.get(user_id, ()))

    def check_tags(self, given: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Refuse new tags of users when one of them, or the app, would have too many."""
        owned: dict[str, set[str]] = {}
        for user_id, tags in given:
            owned.setdefault(user_id, set(self._tags.get(user_id, ()))).update(tags)
        if any(len(tags) > MAX_TAGS_OF_USER for tags in owned.values()):
            raise Refusal(PushCode.TOO_MANY_TAGS, f"a user would have more than {MAX_TAGS_OF_USER} tags")
        new = set().union(*owned.values()) if owned else set()
        if len(new.union(*self._tags.values())) > MAX_TAGS_OF_APP:
            raise Refusal(PushCode.TOO_MANY_TAGS, f"the app would have more than {MAX_TAGS_OF_APP} tags")

    def add_tags(self, user_id: str, tags: Sequence[str]) -> None:
        """Add tags to a user."""
        self._tags.setdefault(user_id, {}).update(dict.fromkeys(tags))

    def remove_tags(self, user_id: str, tags: Sequence[str] | None) -> None:
        """Remove tags of a user, where they exist; all of them with None."""
        own = self._tags.get(user_id, {})
        for tag in list(own) if tags is None else tags:
            own.pop(tag, None)

    def audience(self, condition: Condition | None) -> list[str]:
        """Return the accounts that match a condition; all with None."""
        return [user for user in self.state.accounts if condition is None or self._fits(user, condition)]

    def _fits(self, user_id: str, condition: Condition) -> bool:
        tags = self._tags.get(user_id, {}).keys()
        attrs = self.attrs(user_id).items()
        any_tags, all_tags = condition.tags_or, condition.tags_and
        any_attrs, all_attrs = condition.attrs_or, condition.attrs_and
        return not (
            (any_tags is not None and not tags & set(any_tags))
            or (all_tags is not None and not tags >= set(all_tags))
            or tags & set(getattr(condition, "tags_not", None) or ())
            or (any_attrs is not None and not attrs & any_attrs.items())
            or (all_attrs is not None and not attrs >= all_attrs.items())
        )

    def known(self, command: str, msg_random: int, now: float, window_s: float) -> SentPush | None:
        """Return the push with this MsgRandom from the last `window_s` seconds."""
        first = self._marks.get((command, msg_random))
        return first if first is not None and now - first.at < window_s else None

    def take(self, push: SentPush) -> SentPush:
        """Store a push and give it a TaskId."""
        push.task_id = f"{push.command.partition('/')[0]}_{int(push.at)}_{push.msg_random}_{next(self._numbers)}"
        self.pushes.append(push)
        self._taken[push.command, _day(push.at)] += 1
        is_online_only = push.offline_push_info is not None and push.offline_push_info.push_flag == 1
        self.state.part(PushRecords).add_task(
            push.task_id,
            push.to,
            push.at,
            is_online_only=is_online_only,
            platform=_WEB if push.command == WEB_PUSH else None,
        )
        self._marks[push.command, push.msg_random] = push
        if len(self.pushes) > self.state.max_pushes:
            self._make_room(push.at)
        return push

    def _make_room(self, now: float) -> None:
        """Drop the oldest pushes, except for the data that recognizes a repeat."""
        cut = 1 + self.state.max_pushes // 100
        for push in self.pushes[:cut]:
            mark = push.command, push.msg_random
            if self._marks.get(mark) is push:
                self._marks[mark] = SentPush(
                    task_id=push.task_id, command=push.command, at=push.at, to=[], msg_random=push.msg_random
                )
            self.state.part(PushRecords).tasks.pop(push.task_id, None)
        del self.pushes[:cut]
        while self._marks and now - (oldest := next(iter(self._marks.values()))).at >= DUPLICATE_WINDOW_S:
            del self._marks[oldest.command, oldest.msg_random]

    def taken_today(self, command: str, now: float) -> int:
        """Count the pushes of a command today."""
        return self._taken[command, _day(now)]

    def revoke(self, task_id: str, now: float, shown_instead: OfflinePushInfo) -> None:
        """Revoke a push; refuse an unknown, revoked or old one."""
        push = next((push for push in self.pushes if push.task_id == task_id), None)
        if push is None:
            raise Refusal(PushCode.TASK_NOT_FOUND, f"no push has the TaskId {task_id!r}")
        if push.revoked_at is not None:
            raise Refusal(PushCode.ALREADY_RECALLED, "the push was already revoked")
        if now - push.at > DAY_S:
            raise Refusal(PushCode.RECALL_TOO_LATE, "the push is more than 24 hours old")
        push.revoked_at, push.shown_instead = now, shown_instead


def _day(now: float) -> int:
    return int(now + CHINA_OFFSET_S) // DAY_S
