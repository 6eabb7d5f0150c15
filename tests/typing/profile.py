"""Profiles: what editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.profile import ProfileItem, Profiles
from tim_async.models.tags import ProfileTag


async def profiles(client: TimClient) -> None:
    item = ProfileItem(tag=ProfileTag.NICK, value="Bob")
    assert_type(await client.profile.set(from_account="bob", profile_item=[item]), Empty)
    assert_type(await client.profile.set_values("bob", {ProfileTag.NICK: "Bob", "Tag_Profile_Custom_A": 1}), Empty)
    received = await client.profile.get(to_account=["bob"], tag_list=[ProfileTag.NICK])
    assert_type(received, Profiles)
    assert_type(received.user_profile_item[0].value_of(ProfileTag.NICK), str | int | list[str] | None)
    assert_type(received.user_profile_item[0].text_of(ProfileTag.NICK), str | None)
    assert_type(received.user_profile_item[0].number_of(ProfileTag.LEVEL), int | None)
    assert_type(await client.profile.get_all(["bob"], [ProfileTag.NICK]), Chunked[str, Profiles])


async def mistakes(client: TimClient) -> None:
    await client.profile.get(to_account=["bob"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ProfileItem(tag="Tag_Profile_IM_Nick", value=["a"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.profile.portrait_set()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
