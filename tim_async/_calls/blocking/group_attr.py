"""Attributes and counters of groups.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families.group_attr import GroupAttributes
from ...models.common import Empty
from ...models.group_attr import Counter, Counters, GroupAttr, GroupAttrKey, GroupAttrs


class BlockingGroupAttributesCalls(BlockingFamily[GroupAttributes], table=GroupAttributes):
    """Attributes and counters of groups."""

    def get(
        self,
        *,
        group_id: str,
    ) -> GroupAttrs:
        """Read the attributes of a group.

        Read custom attributes of a group, 获取群自定义属性: `group_open_attr_http_svc/get_group_attr`.

        Args:
            group_id: the group.

        Returns:
            GroupAttrs: the attributes of a group.
                group_attr_ary: the attributes.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/44187
        Page: https://cloud.tencent.com/document/product/269/67012
        """

    def modify(
        self,
        *,
        group_id: str,
        group_attr: Sequence[GroupAttr],
    ) -> Empty:
        """Add or change 1 to 16 attributes; the others stay.

        Add or change custom attributes of a group, 修改群自定义属性: `group_open_http_svc/modify_group_attr`.

        Args:
            group_id: the group.
            group_attr: the attributes, with values of up to 16000 bytes together; at most 16 items.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10045: Attribute key over 32 bytes.
            10046: Attribute value over 4,000 bytes.
            10047: More than 16 attribute keys.
            10048: Attributes over 16,000 bytes together.
            10049: Attribute writes too frequent.

        Limits: 5/s per group_id, 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/44188
        Page: https://cloud.tencent.com/document/product/269/67010
        """

    def set(
        self,
        *,
        group_id: str,
        group_attr: Sequence[GroupAttr],
    ) -> Empty:
        """Replace all attributes of a group with 1 to 16 others.

        Replace all custom attributes of a group, 重置群自定义属性: `group_open_http_svc/set_group_attr`.

        Args:
            group_id: the group.
            group_attr: the attributes, with values of up to 16000 bytes together; at most 16 items.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10045: Attribute key over 32 bytes.
            10046: Attribute value over 4,000 bytes.
            10047: More than 16 attribute keys.
            10048: Attributes over 16,000 bytes together.
            10049: Attribute writes too frequent.

        Limits: 5/s per group_id, 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/44190
        """

    def clear(
        self,
        *,
        group_id: str,
    ) -> Empty:
        """Remove all attributes of a group.

        Remove every custom attribute of a group, 清空群自定义属性: `group_open_http_svc/clear_group_attr`.

        Args:
            group_id: the group.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10045: Attribute key over 32 bytes.
            10046: Attribute value over 4,000 bytes.
            10047: More than 16 attribute keys.
            10048: Attributes over 16,000 bytes together.
            10049: Attribute writes too frequent.

        Limits: 5/s per group_id, 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/44189
        """

    def delete(
        self,
        *,
        group_id: str,
        group_attr: Sequence[GroupAttrKey],
    ) -> Empty:
        """Remove attributes by name; an unknown name is refused with 10050.

        Delete named custom attributes of a group, 删除群自定义属性: `group_open_http_svc/delete_group_attr`.

        Args:
            group_id: the group.
            group_attr: their names; at most 16 items.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10045: Attribute key over 32 bytes.
            10049: Attribute writes too frequent.
            10050: The attribute to delete does not exist.

        Limits: 5/s per group_id, 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/59499
        """

    def get_counters(
        self,
        *,
        group_id: str,
        group_counter_keys: Sequence[str] | None = None,
    ) -> Counters:
        """Read counters of a group: the named ones, or all.

        Read group counters, 获取群计数器: `group_open_http_svc/get_group_counter`.

        Args:
            group_id: the group; not a community.
            group_counter_keys: up to 20 names; absent is all; at most 128 bytes each.

        Returns:
            Counters: counters of a group.
                group_counter: the counters; after a change, the changed ones.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10059: The plan does not include this feature.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/53427
        """

    def update_counters(
        self,
        *,
        group_id: str,
        group_counter: Sequence[Counter],
        mode: Literal["Set", "Increase", "Decrease"] | None = None,
    ) -> Counters:
        """Set, increase or decrease 1 to 20 counters; returns their values afterwards.

        Set, increase or decrease group counters, 更新群计数器: `group_open_http_svc/update_group_counter`.

        Args:
            group_id: the group; not a community.
            group_counter: the counters; at most 20 items.
            mode: `Set`, `Increase` or `Decrease`; the default is not documented.

        Returns:
            Counters: counters of a group.
                group_counter: the counters; after a change, the changed ones.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10059: The plan does not include this feature.
            10063: More than 20 counter keys.

        Limits: 200/s.
        Page: https://trtc.io/document/53428
        """

    def delete_counters(
        self,
        *,
        group_id: str,
        group_counter_keys: Sequence[str] | None = None,
    ) -> Empty:
        """Delete counters of a group: the named ones, or all.

        Delete group counters, 删除群计数器: `group_open_http_svc/delete_group_counter`.

        Args:
            group_id: the group; not a community.
            group_counter_keys: up to 20 names; absent is all; at most 128 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10059: The plan does not include this feature.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/53429
        """
