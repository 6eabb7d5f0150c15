"""Small structs that several events share."""

from __future__ import annotations

import msgspec

from .._api.wire import WireStruct, always


class MemberRef(WireStruct, kw_only=True):
    """A member of a group.

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
        from_account: the owner of the list.
        to_account: the account that is on the list, or was removed from it.
        initiator_account: the account that made the request; only where a friend was added.
    """

    from_account: str = always("")
    to_account: str = always("")
    initiator_account: str | None = msgspec.field(default=None)
