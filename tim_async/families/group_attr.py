"""Attributes and counters of groups."""

from __future__ import annotations

from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
from ..models.common import Empty
from ..models.group import GroupRequest
from ..models.group_attr import CounterKeys, Counters, DeleteAttrs, GroupAttrs, UpdateCounters, WriteAttrs

# Adding, changing and removing attributes of one group: 5 a second, besides 200 per command (I44188, code 10049).
WRITES: Final = (Rate(5, key="group_id"), Rate(200))


class GroupAttributes(Family, name="group_attr"):
    """Attributes and counters of groups.

    A group has up to 16 named texts and 20 named numbers.
    """

    get: Final = Endpoint(
        "group_open_attr_http_svc/get_group_attr", GroupRequest, GroupAttrs, doc="I44187", repeat="always"
    )
    """Read the attributes of a group."""
    modify: Final = Endpoint(
        "group_open_http_svc/modify_group_attr", WriteAttrs, Empty, doc="I44188", repeat="always", limits=WRITES
    )
    """Add or change 1 to 16 attributes; the others stay."""
    set: Final = Endpoint(
        "group_open_http_svc/set_group_attr",
        WriteAttrs,
        Empty,
        doc="I44190",
        repeat="always",
        limits=WRITES,
        danger="deletes",
    )
    """Replace all attributes of a group with 1 to 16 others."""
    clear: Final = Endpoint(
        "group_open_http_svc/clear_group_attr",
        GroupRequest,
        Empty,
        doc="I44189",
        repeat="always",
        limits=WRITES,
        danger="deletes",
    )
    """Remove all attributes of a group."""
    delete: Final = Endpoint(
        "group_open_http_svc/delete_group_attr", DeleteAttrs, Empty, doc="I59499", limits=WRITES, danger="deletes"
    )
    """Remove attributes by name; an unknown name is refused with 10050."""
    get_counters: Final = Endpoint(
        "group_open_http_svc/get_group_counter", CounterKeys, Counters, doc="I53427", repeat="always"
    )
    """Read counters of a group: the named ones, or all."""
    update_counters: Final = Endpoint(
        "group_open_http_svc/update_group_counter", UpdateCounters, Counters, doc="I53428"
    )
    """Set, increase or decrease 1 to 20 counters; returns their values afterwards."""
    delete_counters: Final = Endpoint(
        "group_open_http_svc/delete_group_counter", CounterKeys, Empty, doc="I53429", repeat="always", danger="deletes"
    )
    """Delete counters of a group: the named ones, or all."""
