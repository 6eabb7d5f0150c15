"""Attributes and counters of groups. Source: I44187 to I44190, I59499, I53427 to I53429.

Each limit has its own code: 10045 for the length of a key, 10046 of a value, 10047 for the number of attributes, 10048
for all values together, 10063 for the number of counters. The limits apply to what the group would have afterwards.

Where the documents are silent: deleting an unknown attribute is refused with 10050, and none is deleted; an update of
counters without Mode sets them; a counter that would exceed 64 bits is refused with 10004, and none is changed; unknown
counters are left out of answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...families.group_attr import GroupAttributes as Family
from ...models.common import Empty
from ...models.group import GroupRequest
from ...models.group_attr import (
    ATTR_KEY_MAX_BYTES,
    ATTR_VALUE_MAX_BYTES,
    ATTRS_MAX_BYTES,
    COUNTER_MAX,
    COUNTER_MIN,
    MAX_ATTRS,
    MAX_COUNTERS,
    CounterKeys,
    Counters,
    DeleteAttrs,
    GroupAttrs,
    ReadAttr,
    ReadCounter,
    UpdateCounters,
    WriteAttrs,
)
from ..dispatch import Call, handles
from ..events.group import emit_attributes_changed
from ..state.codes import GroupCode
from ..state.group import Group, Groups
from ..state.group_rules import COMMUNITY
from ..state.refusal import Refusal


@handles(Family.get)
def get(call: Call) -> GroupAttrs:
    """Return the attributes."""
    group = _find(call)
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    return GroupAttrs(group_attr_ary=[ReadAttr(key=key, value=value) for key, value in group.attributes.items()])


@handles(Family.modify)
def modify(call: Call) -> Empty:
    """Add or change attributes."""
    group = _find(call)
    _write(call, group, group.attributes, "modify")
    return Empty()


@handles(Family.set)
def set_all(call: Call) -> Empty:
    """Replace all attributes."""
    _write(call, _find(call), {}, "set")
    return Empty()


def _write(call: Call, group: Group, before: Mapping[str, str], option: str) -> None:
    _check_sizes(call.raw.get("GroupAttr"))
    request = call.read(WriteAttrs, code=GroupCode.PARAMS_INVALID)
    attributes = {**before, **{attr.key: attr.value for attr in request.group_attr}}
    if len(attributes) > MAX_ATTRS:
        raise Refusal(
            GroupCode.ATTR_TOO_MANY_KEYS,
            f"the group would have {len(attributes)} attributes, at most {MAX_ATTRS} are allowed",
        )
    total = sum(len(value.encode()) for value in attributes.values())
    if total > ATTRS_MAX_BYTES:
        raise Refusal(
            GroupCode.ATTR_TOTAL_TOO_LONG, f"the values would have {total} bytes, at most {ATTRS_MAX_BYTES} are allowed"
        )
    group.attributes = attributes
    emit_attributes_changed(call, group, option, [(attr.key, attr.value) for attr in request.group_attr])


def _check_sizes(items: object) -> None:
    """Refuse values that are too long or too many, each with its own code; other checks are left to the struct."""
    if not isinstance(items, list):
        return
    total = 0
    for item in items:
        key, value = (item.get("key"), item.get("value")) if isinstance(item, dict) else (None, None)
        if isinstance(key, str) and len(key.encode()) > ATTR_KEY_MAX_BYTES:
            raise Refusal(
                GroupCode.ATTR_KEY_TOO_LONG,
                f"a key has {len(key.encode())} bytes, at most {ATTR_KEY_MAX_BYTES} are allowed",
            )
        if isinstance(value, str):
            size = len(value.encode())
            total += size
            if size > ATTR_VALUE_MAX_BYTES:
                raise Refusal(
                    GroupCode.ATTR_VALUE_TOO_LONG,
                    f"a value has {size} bytes, at most {ATTR_VALUE_MAX_BYTES} are allowed",
                )
    if len(items) > MAX_ATTRS:
        raise Refusal(
            GroupCode.ATTR_TOO_MANY_KEYS, f"GroupAttr has {len(items)} attributes, at most {MAX_ATTRS} are allowed"
        )
    if total > ATTRS_MAX_BYTES:
        raise Refusal(
            GroupCode.ATTR_TOTAL_TOO_LONG, f"the values have {total} bytes, at most {ATTRS_MAX_BYTES} are allowed"
        )


@handles(Family.clear)
def clear(call: Call) -> Empty:
    """Remove all attributes."""
    group = _find(call)
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    group.attributes = {}
    emit_attributes_changed(call, group, "clear", ())
    return Empty()


@handles(Family.delete)
def delete(call: Call) -> Empty:
    """Remove attributes by name."""
    group = _find(call)
    _check_sizes(call.raw.get("GroupAttr"))
    request = call.read(DeleteAttrs, code=GroupCode.PARAMS_INVALID)
    keys = {attr.key for attr in request.group_attr}
    if not keys <= group.attributes.keys():
        raise Refusal(GroupCode.ATTR_NOT_FOUND, f"attribute {min(keys - group.attributes.keys())!r} does not exist")
    removed = {key: group.attributes.pop(key) for key in sorted(keys)}
    emit_attributes_changed(call, group, "delete", removed.items())
    return Empty()


@handles(Family.get_counters)
def get_counters(call: Call) -> Counters:
    """Return the named counters, or all."""
    group = _find_counting(call)
    request = call.read(CounterKeys, code=GroupCode.PARAMS_INVALID)
    keys = request.group_counter_keys
    return Counters(
        group_counter=[
            ReadCounter(key=key, value=value) for key, value in group.counters.items() if keys is None or key in keys
        ]
    )


@handles(Family.update_counters)
def update_counters(call: Call) -> Counters:
    """Set, increase or decrease counters; return their new values."""
    group = _find_counting(call)
    items = call.raw.get("GroupCounter")
    if isinstance(items, list) and len(items) > MAX_COUNTERS:
        raise Refusal(
            GroupCode.COUNTER_LIMIT, f"GroupCounter has {len(items)} counters, at most {MAX_COUNTERS} are allowed"
        )
    request = call.read(UpdateCounters, code=GroupCode.PARAMS_INVALID)
    counters = dict(group.counters)
    for counter in request.group_counter:
        value = counter.value
        if request.mode in ("Increase", "Decrease"):
            value = counters.get(counter.key, 0) + (value if request.mode == "Increase" else -value)
        if not COUNTER_MIN <= value <= COUNTER_MAX:
            raise Refusal(GroupCode.PARAMS_INVALID, f"counter {counter.key!r} would exceed 64 bits")
        counters[counter.key] = value
    if len(counters) > MAX_COUNTERS:
        raise Refusal(
            GroupCode.COUNTER_LIMIT,
            f"the group would have {len(counters)} counters, at most {MAX_COUNTERS} are allowed",
        )
    group.counters = counters
    keys = dict.fromkeys(counter.key for counter in request.group_counter)
    return Counters(group_counter=[ReadCounter(key=key, value=counters[key]) for key in keys])


@handles(Family.delete_counters)
def delete_counters(call: Call) -> Empty:
    """Delete the named counters, or all."""
    group = _find_counting(call)
    request = call.read(CounterKeys, code=GroupCode.PARAMS_INVALID)
    for key in list(group.counters) if request.group_counter_keys is None else request.group_counter_keys:
        group.counters.pop(key, None)
    return Empty()


def _find(call: Call) -> Group:
    return call.state.part(Groups).find(call.raw.get("GroupId"))


def _find_counting(call: Call) -> Group:
    group = _find(call)
    if group.kind == COMMUNITY:
        raise Refusal(GroupCode.NO_PERMISSION, "communities have no counters")
    return group
