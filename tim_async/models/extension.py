"""Message extensions: key/value pairs on a message, one-to-one or of a group. Source: I51194, I51195, I52169, I52170.

They require a top-tier plan and a console setting, and a message sent with SupportMessageExtension 1. A message has at
most 300 pairs, and accepts at most 200 writes a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import check_choice, check_items, check_range, check_text
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError

MAX_PAIRS: Final = 20
KEY_MAX_BYTES: Final = 100
VALUE_MAX_BYTES: Final = 1000

SET: Final = 1
DELETE: Final = 2
CLEAR: Final = 3


class ExtensionItem(WireStruct, kw_only=True):
    """One pair to set or to delete.

    Attributes:
        key: 1 to 100 bytes.
        value: up to 1000 bytes; needed to set.
        seq: the version the caller has seen; not checked for admins.
    """

    key: str
    value: str | None = None
    seq: int | None = None


class SetExtensions(Request, kw_only=True):
    """Base class of the requests that set, delete or clear the pairs of a message.

    Attributes:
        operate_type: 1 set, 2 delete, 3 clear all.
        extension_list: 1 to 20 pairs, for 1 and 2.
    """

    operate_type: Literal[1, 2, 3]
    extension_list: Sequence[ExtensionItem] | None = None

    def check(self) -> None:
        """Check that the pairs match the operation."""
        check_choice("operate_type", self.operate_type, (SET, DELETE, CLEAR))
        pairs = self.extension_list
        if pairs is None:
            if self.operate_type != CLEAR:
                raise UsageError("extension_list is missing: setting and deleting need it", field="extension_list")
            return
        check_items("extension_list", pairs, 0 if self.operate_type == CLEAR else 1, MAX_PAIRS)
        for index, pair in enumerate(pairs):
            where = f"extension_list[{index}]"
            check_text(f"{where}.key", pair.key, KEY_MAX_BYTES, low=1)
            check_text(f"{where}.value", pair.value, VALUE_MAX_BYTES)
            check_range(f"{where}.seq", pair.seq, 0, 2**63)
            if pair.value is None and self.operate_type == SET:
                raise UsageError(f"{where}.value is missing: setting needs it", field=f"{where}.value")


class Extension(WireStruct, kw_only=True):
    """One pair of a message.

    Attributes:
        key: its key.
        value: its value; "" if it was deleted.
        seq: its version.
    """

    key: str = always("")
    value: str = always("")
    seq: int = always(0)


class ExtensionOutcome(WireStruct, kw_only=True):
    """The outcome for one pair.

    Attributes:
        error_code: 0 is success; 23001 if another client changed it meanwhile.
        extension: the pair's current state.
    """

    error_code: int = always(0)
    extension: Extension | None = None


class SetExtensionsResult(PartialResult, kw_only=True):
    """Outcome pair by pair. Source: I51195, I52170.

    Attributes:
        extension_list: one entry per pair.
    """

    extension_list: list[ExtensionOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[ExtensionOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.extension_list if outcome.error_code != 0]


class GetExtensions(Request, kw_only=True):
    """Base class of the requests that read the pairs of a message.

    Attributes:
        start_seq: only pairs of this version and later ones.
    """

    start_seq: int | None = None

    def check(self) -> None:
        """Check the version."""
        check_range("start_seq", self.start_seq, 0, 2**63)


class Extensions(Result, kw_only=True):
    """A page of the pairs of a message, by version; at most 200. Source: I51194, I52169.

    Attributes:
        extension_list: the pairs.
        complete_flag: 1 when this is the last page.
        latest_seq: the highest version.
        clear_seq: a client's pairs of this version and before are void.
    """

    extension_list: list[Extension] = msgspec.field(default_factory=list)
    complete_flag: int = always(0)
    latest_seq: int = always(0)
    clear_seq: int = always(0)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.complete_flag == 1

    @property
    def next_start_seq(self) -> int | None:
        """The `start_seq` of the next page, None after the last one.

        It is the last version of this page, not the one after it, because it is not documented whether several pairs
        can have one version. The next page may therefore begin with pairs of this one.
        """
        if self.is_complete or not self.extension_list:
            return None
        return max(pair.seq for pair in self.extension_list)
