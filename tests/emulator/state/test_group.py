"""What the emulator keeps of groups: types, ids, coming and going, mutes."""

from __future__ import annotations

import pytest

from tim_async.emulator import Emulator
from tim_async.emulator.state.core import State
from tim_async.emulator.state.group import Group, Groups, Mark
from tim_async.emulator.state.group_rules import RULES, is_group_id, make_group_id, rules_of, why_not_ours
from tim_async.emulator.state.refusal import Refusal
from tim_async.emulator.state.threads import FOREVER, GroupEntry, Thread
from tim_async.errors import UsageError

NOW = 1_700_000_000.5
SECOND = 1_700_000_000


@pytest.fixture
def groups() -> Groups:
    state = State(auto_import=False, duplicate_window_s=120, history_days=7)
    for account in ("alice", "bob", "carol"):
        state.import_account(account, NOW)
    return state.part(Groups)


def make(groups: Groups, kind: str = "Public", **changes: object) -> Group:
    rules = rules_of(kind)
    assert rules is not None
    options = {"group_id": None, "owner": None, "max_members": None, **changes}
    return groups.create(rules, "a group", NOW, **options)  # type: ignore[arg-type]


def refused(call, *args, **kwargs) -> int:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value.code


@pytest.mark.parametrize(("newer", "older"), [("Work", "Private"), ("Meeting", "ChatRoom"), ("Public", "Public")])
def test_older_and_newer_names_are_one_type(newer, older):
    assert rules_of(newer) is rules_of(older) is RULES[older]


def test_there_is_no_other_type():
    assert rules_of("BChatRoom") is None
    assert set(RULES) == {"Public", "Private", "ChatRoom", "AVChatRoom", "Community"}


@pytest.mark.parametrize(
    ("kind", "group_id", "ok"),
    [
        ("Public", "sea_fans", True),
        ("Public", "x" * 48, True),
        ("Public", "x" * 49, False),
        ("Public", "", False),
        ("Public", "群", False),
        ("Public", "two\nlines", False),
        ("Public", "@TGS#1", False),
        ("Public", "x@TOPIC#_y", False),
        ("Community", "@TGS#_sea", True),
        ("Community", "sea", False),
        ("Community", "@TGS#_", False),
        ("Community", "@TGS#_@TGS#c", False),
        ("AVChatRoom", "@TGS#_sea", False),
    ],
)
def test_ids_that_an_app_may_choose(kind, group_id, ok):
    assert (why_not_ours(group_id, RULES[kind]) is None) == ok


def test_ids_that_are_made_are_ids_differ_and_tell_the_type():
    made = [make_group_id(number, rules) for rules in RULES.values() for number in (1, 2, 33, 32**6)]
    assert len(set(made)) == len(made)
    assert all(is_group_id(group_id) for group_id in made)
    assert {group_id[:6] for group_id in made} == {"@TGS#1", "@TGS#2", "@TGS#3", "@TGS#a", "@TGS#_"}


def test_a_group_is_found_until_it_ends(groups):
    group = make(groups, group_id="sea", owner="alice")
    groups.join(group, "alice", NOW)
    groups.join(group, "bob", NOW)
    assert groups.find("sea") is group
    assert refused(groups.find, "lake") == 10010
    assert refused(groups.find, "") == refused(groups.find, None) == refused(groups.find, "湖") == 10015
    groups.destroy(group)
    assert refused(groups.find, "sea") == 10010
    assert list(groups.joined("bob")) == []
    assert make(groups, group_id="sea").members == {}


def test_an_id_is_taken_once(groups):
    make(groups, group_id="sea", owner="alice")
    assert refused(make, groups, group_id="sea", owner="bob") == 10021
    assert refused(make, groups, group_id="sea") == 10021
    assert refused(make, groups, group_id="sea", owner="alice") == 10025
    assert refused(make, groups, owner="stranger") == 10019
    assert refused(make, groups, group_id="@TGS#1") == 10004
    assert list(groups.groups) == ["sea"]


@pytest.mark.parametrize(
    ("kind", "wanted", "cap"),
    [
        ("Public", None, 2000),
        ("Public", 6000, 6000),
        ("Private", None, 200),
        ("ChatRoom", None, 6000),
        ("Community", None, 100_000),
        ("AVChatRoom", None, None),
        ("AVChatRoom", 5, None),
    ],
)
def test_caps(groups, kind, wanted, cap):
    assert make(groups, kind, max_members=wanted).max_member_num == cap


def test_no_cap_above_that_of_the_type(groups):
    assert refused(make, groups, "Private", max_members=6001) == 10038
    assert refused(make, groups, "Community", max_members=100_001) == 10038


def test_who_comes_and_goes(groups):
    group = make(groups, owner="alice")
    assert groups.join(group, "alice", NOW).role == "Owner"
    seq = group.thread.take_seq(NOW)
    group.thread.store(GroupEntry(seq=seq, random=1, from_account="x", time=SECOND, stored_at=SECOND), 0)
    assert groups.join(group, "bob", NOW, role="Admin", join_time=5).join_time == 5
    assert (group.thread.unread("alice"), group.thread.unread("bob")) == (1, 0)
    assert [group.role(name) for name in ("alice", "bob", "carol")] == ["Owner", "Admin", "NotMember"]
    group.thread.mute("bob", 60, NOW)
    assert groups.leave(group, "bob")
    assert not groups.leave(group, "bob")
    groups.join(group, "bob", NOW)
    assert group.thread.muted(NOW) == {"bob": SECOND + 60}  # I34951: a mute outlasts leaving
    assert group.role("bob") == "Member"
    assert groups.leave(group, "alice")
    assert group.owner is None


def test_a_group_is_full(groups):
    group = make(groups, max_members=2)
    groups.join(group, "alice", NOW)
    assert (group.room_for(1), group.room_for(2)) == (True, False)


def test_rules_are_asked_for(groups):
    group = make(groups, "AVChatRoom", group_id="live")
    group.require("is_live", "can_mute")
    assert refused(group.require, "is_live", "can_add") == 10007
    assert refused(groups.find_for, "live", "can_remove", code=10004) == 10004
    assert refused(group.require_member, "alice") == 10007
    assert refused(group.thread_of, "x") == 10007


def test_mutes_end_are_lifted_or_last_for_ever():
    thread = Thread()
    thread.mute("alice", 60, NOW)
    thread.mute("bob", FOREVER, NOW)
    thread.mute("carol", FOREVER - 1, NOW)
    assert thread.muted(NOW) == {"alice": SECOND + 60, "bob": FOREVER, "carol": FOREVER}
    assert thread.muted_until("alice", SECOND + 59.9) == SECOND + 60
    assert thread.muted_until("alice", SECOND + 60) == 0
    thread.mute("bob", 0, NOW)
    thread.mute("dave", 0, NOW)
    assert set(thread.muted(SECOND + 60)) == {"carol"}


def test_msg_seq_counts_from_one():
    thread = Thread()
    assert [thread.take_seq(NOW), thread.take_seq(NOW + 1)] == [1, 2]
    assert (thread.next_seq, thread.last_msg_time) == (3, SECOND + 1)


def test_a_deleted_account_leaves_everything(groups):
    group = make(groups, owner="alice")
    live = make(groups, "AVChatRoom", owner="alice")
    groups.join(group, "alice", NOW)
    groups.join(group, "bob", NOW)
    live.live_admins.append("alice")
    live.marks["alice"] = {500: Mark(number=1, since=NOW)}
    live.bans["alice"] = FOREVER
    live.thread.mute("alice", 60, NOW)
    groups.state.delete_account("alice")
    assert list(group.members) == ["bob"]
    assert (group.owner, live.owner) == (None, None)
    assert (live.live_admins, live.marks, live.bans, live.thread.mutes) == ([], {}, {}, {})
    assert list(groups.joined("alice")) == []


def test_who_may_come_in_by_themselves():
    emulator = Emulator(clock=lambda: NOW)
    emulator.add_accounts("alice", "bob")
    groups = emulator._state.part(Groups)
    made = {kind: make(groups, kind) for kind in RULES}
    for kind in ("ChatRoom", "Community", "AVChatRoom"):
        emulator.join_group(made[kind].group_id, "alice")
        assert made[kind].members["alice"].is_online
    for kind, problem in (("Private", "does not accept applications"), ("Public", "requires approval")):
        with pytest.raises(UsageError, match=f"10007: .*{problem}"):
            emulator.join_group(made[kind].group_id, "alice")
    emulator.join_group(made["Public"].group_id, "alice", approved=True)
    made["Public"].apply_join_option = "DisableApply"
    with pytest.raises(UsageError, match="does not accept applications"):
        emulator.join_group(made["Public"].group_id, "bob", approved=True)
    with pytest.raises(UsageError, match="10019"):
        emulator.join_group(made["ChatRoom"].group_id, "stranger")
    made["ChatRoom"].max_member_num = 1
    with pytest.raises(UsageError, match="10014"):
        emulator.join_group(made["ChatRoom"].group_id, "bob")
    made["AVChatRoom"].bans["bob"] = SECOND + 1
    with pytest.raises(UsageError, match="banned"):
        emulator.join_group(made["AVChatRoom"].group_id, "bob")
    with pytest.raises(UsageError, match="10010") as caught:
        emulator.join_group("nowhere", "bob")
    assert caught.value.field == "group_id"
    emulator.leave_group(made["Public"].group_id, "alice")
    with pytest.raises(UsageError, match="10007: 'alice' is not a member"):
        emulator.leave_group(made["Public"].group_id, "alice")
    assert emulator.groups[made["Public"].group_id].members == {}


def test_an_owner_of_a_live_group_stays_its_owner_when_gone(groups):
    live = make(groups, "AVChatRoom", owner="alice")
    live.live_admins.append("bob")
    assert groups.enter(live, "alice", NOW, approved=False).role == "Owner"
    assert groups.enter(live, "bob", NOW, approved=False).role == "Admin"
    live.thread.mute("bob", 60, NOW)
    groups.leave(live, "alice")
    groups.leave(live, "bob")
    assert live.owner == "alice"
    assert live.thread.muted_until("bob", NOW)
