"""Conversation lists: which code refuses a body, and where a page ends."""

from __future__ import annotations

import pytest

from tim_async.emulator.state.recent_contact import Session, page_of

FROM = {"From_Account": "alice"}
BOB = {"Type": 1, "To_Account": "bob"}
PLACES = {"TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0, "AssistFlags": 7}

CODES = {
    "a list": ("get_list", {**FROM, **PLACES}, 0),
    "list of an unknown account": ("get_list", {"From_Account": "stranger", **PLACES}, 50001),
    "a list without flags": ("get_list", {**FROM, "TimeStamp": 0}, 50002),
    "delete without an account": ("delete", {**FROM, "Type": 1}, 50002),
    "delete a group by another name": ("delete", {**FROM, "Type": 2, "ToGroupId": "g"}, 50002),
    "delete a group": ("delete", {**FROM, "Type": 2, "ToGroupid": "g"}, 0),
    "two groups at once": (
        "create_contact_group",
        {**FROM, "GroupContactItem": [{"GroupName": name, "ContactItem": []} for name in "ab"]},
        50002,
    ),
    "a name of 33 bytes": (
        "create_contact_group",
        {**FROM, "GroupContactItem": [{"GroupName": "你" * 11, "ContactItem": []}]},
        51011,
    ),
    "a new name of 33 bytes": (
        "update_contact_group",
        {
            **FROM,
            "UpdateType": 1,
            "UpdateGroup": {"UpdateGroupType": 1, "OldGroupName": "g", "NewGroupName": "x" * 33},
        },
        51011,
    ),
    "marks for none": ("mark_contact", {**FROM, "MarkItem": []}, 51006),
    "marks for 101": ("mark_contact", {**FROM, "MarkItem": [{"OptType": 1, "ContactItem": BOB}] * 101}, 51006),
    "marks for an account": ("mark_contact", {**FROM, "MarkItem": {"OptType": 1, "ContactItem": BOB}}, 50002),
    "look for 301": ("search_contact_group", {**FROM, "ContactItem": [BOB] * 301}, 50002),
    "delete two groups": ("del_contact_group", {**FROM, "GroupName": ["a", "b"]}, 50002),
}


@pytest.mark.parametrize(("word", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, word, body, code):
    assert await api.code(f"recentcontact/{word}", body) == code


@pytest.mark.parametrize("times", [[9, 9, 9, 9], [9, 8, 8, 0, 0, 0], [0, 0, 0], [5], []], ids=repr)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_lead_through_all_and_end(times, limit):
    sessions = [((1, str(number)), Session(time=time, number=0)) for number, time in enumerate(times)]
    seen, more, second, index = [], True, 0, 0
    for _ in range(len(times) + 1):
        page, more, second, index = page_of(sessions, second, index, limit)
        seen += [key for key, _ in page]
        if not more:
            break
    assert seen == [key for key, _ in sessions]
    assert not more
