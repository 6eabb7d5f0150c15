"""Profiles: set and get. Source: I34916, I34917.

An invalid field refuses the whole portrait_set, and no field is set: 40009 for an unknown tag, 40610 for a value of the
wrong type, 40605 for one outside its set, 40601 for one over 500 bytes.
"""

from __future__ import annotations

from ...errors import UsageError
from ...families.profile import Profile
from ...models.common import Empty
from ...models.profile import GetProfiles, Profiles, SetProfile, UserProfile
from ...models.tags import PROFILE_CHOICES, PROFILE_NUMBERS, VALUE_MAX_BYTES, ProfileTag, Tagged, check_profile_value
from ..dispatch import Call, handles
from ..events.people import emit_profile_set
from ..state.codes import ProfileCode
from ..state.profile import ProfileState, is_profile_tag
from ..state.refusal import Refusal, account, is_int
from ._known import check_known, is_known


@handles(Profile.set)
def set_profile(call: Call) -> Empty:
    """Set fields of one account's profile, all or none."""
    user_id = account(call.raw, "From_Account", code=ProfileCode.PARAMS_INVALID)
    items = call.raw.get("ProfileItem")
    if not isinstance(items, list) or not items:
        raise Refusal(ProfileCode.PARAMS_INVALID, "ProfileItem is not a non-empty array")
    for index, item in enumerate(items):
        _check_item(f"ProfileItem[{index}]", item)
    request = call.read(SetProfile, code=ProfileCode.PARAMS_INVALID)
    check_known(call, user_id, code=ProfileCode.ACCOUNT_NOT_FOUND)
    profiles = call.state.part(ProfileState)
    for field in request.profile_item:
        profiles.set(user_id, field.tag, field.value)
    emit_profile_set(call, user_id, request)
    return Empty()


@handles(Profile.get)
def get_profiles(call: Call) -> Profiles:
    """Return the requested fields of the profiles of 1 to 100 accounts; unknown accounts go into Fail_Account."""
    if call.raw.get("To_Account") in (None, []):
        raise Refusal(ProfileCode.ACCOUNT_MISSING, "To_Account names no account")
    request = call.read(GetProfiles, code=ProfileCode.PARAMS_INVALID)
    for tag in request.tag_list:
        if not is_profile_tag(tag):
            raise Refusal(ProfileCode.TAG_UNKNOWN, f"unknown profile field {tag!r}")
    profiles = call.state.part(ProfileState)
    result = Profiles()
    for user_id in request.to_account:
        profile = UserProfile(to_account=user_id)
        result.user_profile_item.append(profile)
        if not is_known(call, profile, code=ProfileCode.ACCOUNT_NOT_FOUND):
            result.fail_account.append(user_id)
            continue
        values = ((tag, profiles.get(user_id, tag)) for tag in request.tag_list)
        profile.profile_item = [Tagged(tag=tag, value=value) for tag, value in values if value is not None]
    return result


def _check_item(where: str, item: object) -> None:
    if not isinstance(item, dict) or not isinstance(item.get("Tag"), str) or "Value" not in item:
        raise Refusal(ProfileCode.PARAMS_INVALID, f"{where} is not an object with a Tag and a Value")
    tag, value = item["Tag"], item["Value"]
    if not is_profile_tag(tag):
        raise Refusal(ProfileCode.TAG_UNKNOWN, f"unknown profile field {tag!r}")
    is_number = is_int(value)
    if not is_number and not isinstance(value, str):
        raise Refusal(ProfileCode.VALUE_TYPE_INVALID, f"{where}: the value of {tag} is neither a string nor a number")
    if tag in PROFILE_NUMBERS and not is_number:
        raise Refusal(ProfileCode.VALUE_TYPE_INVALID, f"{where}: the value of {tag} is not a number")
    if tag in PROFILE_CHOICES and tag != ProfileTag.GENDER and is_number:
        raise Refusal(ProfileCode.VALUE_TYPE_INVALID, f"{where}: the value of {tag} is not a string")
    if isinstance(value, str) and len(value.encode()) > VALUE_MAX_BYTES:
        raise Refusal(ProfileCode.VALUE_TOO_LONG, f"{where}: the value of {tag} is over {VALUE_MAX_BYTES} bytes")
    try:
        check_profile_value(where, tag, value)
    except UsageError as error:
        raise Refusal(ProfileCode.VALUE_INVALID, error.message) from None
