"""Attributes and counters of groups: requests and results. Source: I44187 to I44190, I59499, I53427 to I53429.

The fields of an attribute are lower case on the wire, `key` and `value`; those of a counter are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import check_group_id, check_items, check_list, check_range, check_text
from .._api.wire import Request, Result, WireStruct, always
from ..errors import UsageError

MAX_ATTRS: Final = 16
ATTR_KEY_MAX_BYTES: Final = 32
ATTR_VALUE_MAX_BYTES: Final = 4_000
ATTRS_MAX_BYTES: Final = 16_000

MAX_COUNTERS: Final = 20
COUNTER_KEY_MAX_BYTES: Final = 128
COUNTER_MIN: Final = -(2**63)
COUNTER_MAX: Final = 2**63 - 1


class GroupAttr(WireStruct, kw_only=True):
    """An attribute.

    Attributes:
        key: 1 to 32 bytes.
        value: up to 4000 bytes.
    """

    key: str = msgspec.field(name="key")
    value: str = msgspec.field(name="value")


class GroupAttrKey(WireStruct, kw_only=True):
    """The name of an attribute.

    Attributes:
        key: 1 to 32 bytes.
    """

    key: str = msgspec.field(name="key")


class WriteAttrs(Request, kw_only=True):
    """Write 1 to 16 attributes. Source: I44188, I44190.

    Attributes:
        group_id: the group.
        group_attr: the attributes, with values of up to 16000 bytes together.
    """

    group_id: str
    group_attr: Sequence[GroupAttr]

    def check(self) -> None:
        """Check number and sizes of the attributes."""
        check_group_id("group_id", self.group_id)
        check_items("group_attr", self.group_attr, 1, MAX_ATTRS)
        total = 0
        for index, attr in enumerate(self.group_attr):
            check_text(f"group_attr[{index}].key", attr.key, ATTR_KEY_MAX_BYTES, low=1)
            check_text(f"group_attr[{index}].value", attr.value, ATTR_VALUE_MAX_BYTES)
            total += len(attr.value.encode())
        if total > ATTRS_MAX_BYTES:
            raise UsageError(
                f"the values of group_attr have {total} bytes; together they may have {ATTRS_MAX_BYTES}",
                field="group_attr",
            )


class DeleteAttrs(Request, kw_only=True):
    """Delete 1 to 16 attributes. Source: I59499.

    Attributes:
        group_id: the group.
        group_attr: their names.
    """

    group_id: str
    group_attr: Sequence[GroupAttrKey]

    def check(self) -> None:
        """Check the names."""
        check_group_id("group_id", self.group_id)
        check_items("group_attr", self.group_attr, 1, MAX_ATTRS)
        for index, attr in enumerate(self.group_attr):
            check_text(f"group_attr[{index}].key", attr.key, ATTR_KEY_MAX_BYTES, low=1)


class ReadAttr(WireStruct, kw_only=True):
    """An attribute in an answer.

    Attributes:
        key: its name.
        value: its value.
    """

    key: str = msgspec.field(name="key", default_factory=str)
    value: str = msgspec.field(name="value", default_factory=str)


class GroupAttrs(Result, kw_only=True):
    """The attributes of a group. Source: I44187.

    Attributes:
        group_attr_ary: the attributes.
    """

    group_attr_ary: list[ReadAttr] = msgspec.field(default_factory=list)

    def as_dict(self) -> dict[str, str]:
        """Return the values by key."""
        return {attr.key: attr.value for attr in self.group_attr_ary}


class Counter(WireStruct, kw_only=True):
    """A counter.

    Attributes:
        key: 1 to 128 bytes.
        value: a signed 64-bit number: the new value, or the change.
    """

    key: str
    value: int


class UpdateCounters(Request, kw_only=True):
    """Set or change 1 to 20 counters; a new one starts at 0. Source: I53428.

    Attributes:
        group_id: the group; not a community.
        group_counter: the counters.
        mode: `Set`, `Increase` or `Decrease`; the default is not documented.
    """

    group_id: str
    group_counter: Sequence[Counter]
    mode: Literal["Set", "Increase", "Decrease"] | None = None

    def check(self) -> None:
        """Check number, names and ranges."""
        check_group_id("group_id", self.group_id)
        check_items("group_counter", self.group_counter, 1, MAX_COUNTERS)
        _check_keys("group_counter[{}].key", (counter.key for counter in self.group_counter))
        for index, counter in enumerate(self.group_counter):
            check_range(f"group_counter[{index}].value", counter.value, COUNTER_MIN, COUNTER_MAX)


class CounterKeys(Request, kw_only=True):
    """Counters to read, or to delete. Source: I53427, I53429.

    Attributes:
        group_id: the group; not a community.
        group_counter_keys: up to 20 names; absent is all.
    """

    group_id: str
    group_counter_keys: Sequence[str] | None = None

    def check(self) -> None:
        """Check the names."""
        check_group_id("group_id", self.group_id)
        check_list("group_counter_keys", self.group_counter_keys)
        check_items("group_counter_keys", self.group_counter_keys, 0, MAX_COUNTERS)
        _check_keys("group_counter_keys[{}]", self.group_counter_keys or ())


class ReadCounter(WireStruct, kw_only=True):
    """A counter in an answer.

    Attributes:
        key: its name.
        value: its value.
    """

    key: str = always("")
    value: int = always(0)


class Counters(Result, kw_only=True):
    """Counters of a group. Source: I53427, I53428.

    Attributes:
        group_counter: the counters; after a change, the changed ones.
    """

    group_counter: list[ReadCounter] = msgspec.field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """Return the values by key."""
        return {counter.key: counter.value for counter in self.group_counter}


def _check_keys(field: str, keys: Iterable[str]) -> None:
    for index, key in enumerate(keys):
        check_text(field.format(index), key, COUNTER_KEY_MAX_BYTES, low=1)
