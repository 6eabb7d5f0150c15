"""Small structs that several events have."""

from __future__ import annotations

import msgspec

from .._api.wire import WireStruct, always


class MemberRef(WireStruct, kw_only=True):
    """A member of a group, by name.

    Attributes:
        member_account: the member.
    """

    member_account: str = always("")


class UserDefinedData(WireStruct, kw_only=True):
    """A custom field.

    Attributes:
        key: its name.
        value: its value.
    """

    key: str = always("")
    value: str = always("")


class ExtensionItem(WireStruct, kw_only=True):
    """One key of a message's extensions.

    Attributes:
        key: its name.
        value: its value, "" where it was deleted.
        seq: its version.
    """

    key: str = always("")
    value: str = always("")
    seq: int = always(0)


class AccountPair(WireStruct, kw_only=True):
    """A relation between two accounts.

    Attributes:
        from_account: whose list it is.
        to_account: who is on it, or was.
        initiator_account: who began it; only where a friend was added.
    """

    from_account: str = always("")
    to_account: str = always("")
    initiator_account: str | None = msgspec.field(default=None)
