"""Sent messages in a form that suits tests: `emulator.sent(to="bob")[0].text`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..models.elements import Element, TextElem
from .handlers.group_msg_history import history as group_history
from .state.core import State
from .state.group import Groups


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was sent, to an account or to a group.

    Attributes:
        from_account: the sender.
        to_account: the recipient, None for a group message.
        group_id: the group, None for a one-to-one message.
        msg_body: its elements.
        cloud_custom_data: the app's own data.
        sent_at: unix seconds of the emulator's clock.
        is_recalled: whether it was recalled.
    """

    from_account: str
    to_account: str | None = None
    group_id: str | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None
    sent_at: int
    is_recalled: bool = False

    @property
    def text(self) -> str:
        """The texts of its text elements, joined by newlines; "" without any."""
        return "\n".join(element.text for element in self.msg_body if isinstance(element, TextElem))


def sent_messages(
    state: State, now: float, *, to: str | None, from_: str | None, group: str | None
) -> list[SentMessage]:
    """Return the stored messages that match, oldest first; `to` excludes group messages, `group` all others."""
    found: list[SentMessage] = []
    if group is None:
        found += _to_accounts(state, now)
    if to is None:
        for group_id in state.part(Groups).groups if group is None else (group,):
            found += _to_group(state, group_id, now)
    fitting = (
        message for message in found if to in (None, message.to_account) and from_ in (None, message.from_account)
    )
    return sorted(fitting, key=lambda message: message.sent_at)


def _to_accounts(state: State, now: float) -> Iterator[SentMessage]:
    for message in state.messages(now):
        yield SentMessage(
            from_account=message.from_account,
            to_account=message.to_account,
            msg_body=message.msg_body,
            cloud_custom_data=message.cloud_custom_data,
            sent_at=message.msg_time_stamp,
            is_recalled=message.is_recalled,
        )


def _to_group(state: State, group_id: str, now: float) -> Iterator[SentMessage]:
    for message in group_history(state, group_id, None, now):
        yield SentMessage(
            from_account=message.from_account,
            group_id=group_id,
            msg_body=message.msg_body,
            cloud_custom_data=message.cloud_custom_data,
            sent_at=message.msg_time_stamp,
            is_recalled=message.is_recalled,
        )
