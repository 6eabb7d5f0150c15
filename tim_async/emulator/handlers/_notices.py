"""The notices that the service writes into a group. Source: I33529, "Differences in message capabilities".

A notice is a message of the service: it takes a MsgSeq and is stored, and clients show it. In a live group it is not
stored and takes no MsgSeq. Changes of custom fields, of the mute of all members and of the join option have no notice.

What no document says
    - What a notice holds in the history that admins read. Here: who made the change as its sender, and no elements.
    - Whether creating a group, importing members or a mute in a topic gives a notice. Here: no.
    - Whether a notice puts the group on conversation lists. Here: no.
"""

from __future__ import annotations

from ..state.core import State
from ..state.group import Group, Groups


def note_profile(group: Group, operator: str, state: State, now: float) -> None:
    """Add a notice of a new name, notice, introduction, avatar or owner."""
    if group.rules.notes_profile:
        seq = group.thread.add_notice(operator, now, state.oldest(now))
        state.part(Groups).note_stored(group.thread, seq)


def note_members(group: Group, operator: str, state: State, now: float) -> None:
    """Add a notice of members who joined, left, were muted or became admins."""
    if group.rules.notes_members:
        seq = group.thread.add_notice(operator, now, state.oldest(now))
        state.part(Groups).note_stored(group.thread, seq)
