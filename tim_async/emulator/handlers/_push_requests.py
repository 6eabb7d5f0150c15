"""The requests that the older pushes and the push service share, and their checks.

The checks use the documented codes; values of the wrong type are left to the struct. Where the documents are silent:
an attribute value that is empty or over 50 bytes is 90033, one tag too many of a user or of the app is 90032, a user
or a name of the wrong length is 90001.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...models.all_member_push import MAX_NAME_BYTES, MAX_TAGS, MAX_USERS, ChangeTags, PushUsers, RemoveAttrs, SetAttrs
from ...models.push import TimPushChangeTags, TimPushRemoveAttrs, TimPushSetAttrs, TimPushUsers
from ..dispatch import Call
from ..state.codes import MessageCode, PushCode
from ..state.push import PushState
from ..state.refusal import Refusal


def read_users(call: Call) -> list[str]:
    """Read a list of users."""
    _items(call.raw, "To_Account")
    kind = TimPushUsers if _is_push_service(call) else PushUsers
    return list(call.read(kind, code=MessageCode.JSON_INVALID).to_account)


def read_attrs(call: Call) -> SetAttrs:
    """Read users with attribute values; all attributes must be defined."""
    for item in _items(call.raw, "UserAttrs"):
        _check_values(item.get("Attrs"))
    request = call.read(TimPushSetAttrs if _is_push_service(call) else SetAttrs, code=MessageCode.JSON_INVALID)
    _check_named(call, [name for item in request.user_attrs for name in item.attrs])
    return request


def read_attr_names(call: Call) -> RemoveAttrs:
    """Read users with attribute names; all attributes must be defined."""
    _items(call.raw, "UserAttrs")
    request = call.read(TimPushRemoveAttrs if _is_push_service(call) else RemoveAttrs, code=MessageCode.JSON_INVALID)
    _check_named(call, [name for item in request.user_attrs for name in item.attrs])
    return request


def read_tags(call: Call) -> ChangeTags:
    """Read users with tags."""
    for item in _items(call.raw, "UserTags"):
        _check_tags(item.get("Tags"), empty=PushCode.TAG_TOO_LONG, too_long=PushCode.TAG_TOO_LONG)
    return call.read(TimPushChangeTags if _is_push_service(call) else ChangeTags, code=MessageCode.JSON_INVALID)


def _is_push_service(call: Call) -> bool:
    """Return whether users may be RegistrationIDs, which are longer."""
    return call.endpoint.service == "timpush"


def read_new_tags(call: Call) -> ChangeTags:
    """Read users with tags to add; refuse too many for a user or for the app (I60568)."""
    request = read_tags(call)
    known = [item for item in request.user_tags if call.state.knows(item.to_account, call.now)]
    call.state.part(PushState).check_tags((item.to_account, item.tags) for item in known)
    return request


def _check_named(call: Call, names: list[str]) -> None:
    for name in names:
        call.state.part(PushState).number(name)


def _items(raw: Mapping[str, object], field: str) -> list[dict[str, object]]:
    """Return the objects of a list of users; refuse more than 100 users."""
    items = raw.get(field)
    if not isinstance(items, list):
        return []
    if len(items) > MAX_USERS:
        raise Refusal(PushCode.TOO_MANY_ACCOUNTS, f"{field} has {len(items)} entries, at most {MAX_USERS} are allowed")
    return [item for item in items if isinstance(item, dict)]


def _check_tags(tags: object, *, empty: int, too_long: int) -> None:
    """Refuse too many tags (90032), and tags that are empty or too long."""
    if not isinstance(tags, list):
        return
    if len(tags) > MAX_TAGS:
        raise Refusal(PushCode.TOO_MANY_TAGS, f"{len(tags)} tags, at most {MAX_TAGS} are allowed")
    for tag in tags:
        if isinstance(tag, str) and not tag:
            raise Refusal(empty, "a tag is empty")
        if isinstance(tag, str) and len(tag.encode()) > MAX_NAME_BYTES:
            raise Refusal(too_long, f"a tag has {len(tag.encode())} bytes, at most {MAX_NAME_BYTES} are allowed")


def _check_values(attrs: object) -> None:
    """Refuse values of attributes that are empty or too long (90033)."""
    for value in attrs.values() if isinstance(attrs, dict) else ():
        if isinstance(value, str) and not 1 <= len(value.encode()) <= MAX_NAME_BYTES:
            raise Refusal(
                PushCode.ATTRIBUTE_INVALID,
                f"an attribute's value must be 1 to {MAX_NAME_BYTES} bytes, not {len(value.encode())}",
            )


def check_condition(call: Call) -> None:
    """Refuse an inconsistent condition."""
    condition = call.raw.get("Condition")
    if not isinstance(condition, dict):
        return
    tags = {name: value for name, value in condition.items() if name.startswith("Tags")}
    attrs = {name: value for name, value in condition.items() if name.startswith("Attrs")}
    if tags and attrs:
        raise Refusal(
            PushCode.TAG_AND_ATTRIBUTE_TOGETHER,
            "Condition has tags and attributes, only one of them is allowed",
        )
    for value in tags.values():
        _check_tags(value, empty=PushCode.TAG_EMPTY, too_long=PushCode.TAG_TOO_LONG_50)
    some, every = tags.get("TagsOr"), tags.get("TagsAnd")
    if isinstance(some, list) and isinstance(every, list) and any(tag in every for tag in some):
        raise Refusal(PushCode.TAGS_OR_AND_DUPLICATE, "a tag is in both TagsOr and TagsAnd")
    for value in attrs.values():
        _check_values(value)
        _check_named(call, list(value) if isinstance(value, dict) else [])
