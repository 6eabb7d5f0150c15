"""The setup for a golden request, so that the emulator's answer has contents.

Each entry of `BEFORE` prepares a `World` for one golden file: with the calls that an app would make first, or with what
only clients do. `CHANGED` replaces fields of a request that would be refused: ids that only the service gives, and
fields that the documents list but no one group or message can have together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from tests.emulator.golden import GOLDEN, answer, peopled
from tim_async.emulator import Emulator
from tim_async.models.recent_contact import ContactItem

DROP: Final = object()
GROUPS: Final = "group_open_http_svc"
# Accounts of golden requests that are not imported: their failures are what the replies show.
STRANGERS: Final = frozenset({"id4", "nobody", "没有", "rong", "小明", "用户3", "汤米", "wesley", "杰瑞"})


class World:
    """An emulator, its clock, and the golden request that it will answer.

    Attributes:
        now: unix seconds of the emulator's clock.
        request: the golden request; a preparation may change it.
    """

    def __init__(self, name: str) -> None:
        content = GOLDEN[name]
        self.now = 1_700_000_000.0
        self.command: str = content["command"]
        self.request: dict[str, Any] = dict(content["request"])
        self.emulator: Emulator = peopled(
            [content], strangers=STRANGERS, clock=lambda: self.now, history_days=20_000, rate_limits={"*": 100_000}
        )
        for group in self.emulator.groups.values():
            group.support_topic = group.rules.has_topics

    def call(self, command: str, **fields: Any) -> dict[str, Any]:
        """Call a command, which must be carried out."""
        got: dict[str, Any] = json.loads(answer(self.emulator, command, json.dumps(fields).encode()))
        assert got["ErrorCode"] == 0, (command, got)
        return got

    def answer(self) -> dict[str, Any]:
        """Answer the golden request."""
        body = {field: value for field, value in self.request.items() if value is not DROP}
        got: dict[str, Any] = json.loads(answer(self.emulator, self.command, json.dumps(body).encode()))
        return got

    @property
    def group(self) -> str:
        """The group that the request names."""
        group_id: str = self.request["GroupId"]
        return group_id

    def add(self, *accounts: str, group: str | None = None) -> None:
        """Add members to the group."""
        members = [{"Member_Account": account} for account in accounts]
        self.call(f"{GROUPS}/add_group_member", GroupId=group or self.group, MemberList=members, Silence=1)

    def topic(self) -> None:
        """Create the topic that the request names."""
        named = self.request.get("TopicId") or self.request["TopicIdList"][0]
        self.call("million_group_open_http_svc/create_topic", GroupId=self.group, TopicId=named, TopicName="t")

    def send(self, count: int = 1, **fields: Any) -> None:
        """Send messages to the group, and to the topic that the request names."""
        body = {"GroupId": self.group, "From_Account": "alice", "MsgBody": TEXT, **fields}
        if "TopicId" in self.request and self.request["TopicId"] is not DROP:
            body["TopicId"] = self.request["TopicId"]
        for number in range(count):
            self.call(f"{GROUPS}/send_group_msg", **{"Random": number, **body})

    def stored(self, key: str, sender: str, recipient: str) -> None:
        """Store a one-to-one message with a MsgKey that may have extensions."""
        seq, random, self.now = map(int, key.split("_"))
        body = {"From_Account": sender, "To_Account": recipient, "MsgSeq": seq, "MsgRandom": random}
        self.call("openim/sendmsg", **body, MsgBody=TEXT, SupportMessageExtension=1, CloudCustomData="data")


TEXT: Final = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]
Preparation = Callable[[World], object]
BEFORE: dict[str, Preparation] = {}
CHANGED: dict[str, dict[str, Any]] = {}


def before(*names: str, **changes: Any) -> Callable[[Preparation], Preparation]:
    """Register the decorated function as the preparation of golden files, and changes of their requests."""

    def register(preparation: Preparation) -> Preparation:
        for name in names:
            BEFORE[name] = preparation
            CHANGED[name] = changes
        return preparation

    return register


def prepared(name: str) -> World:
    """Make the world of a golden request."""
    world = World(name)
    world.request |= CHANGED.get(name, {})
    BEFORE.get(name, nothing)(world)
    return world


# Accounts.


@before("account/multiaccount_import", AccountList=[{"UserID": "x" * 33}])
@before("account/multiaccount_import.plain", Accounts=["x" * 33])
@before("group/create_group.community", "group_msg/send_group_msg.dropped")
def nothing(world: World) -> None:
    pass


@before("account/query_online_status", "account/querystate")
def log_in(world: World) -> None:
    world.emulator.set_online("id1", "iPhone", status="PushOnline")
    world.emulator.set_online("id1", "Web")


# One-to-one messages.


@before("c2c/admin_getroammsg", LastMsgKey=DROP)
def talk(world: World) -> None:
    world.stored("549396494_2578554_1584669680", "user1", "user2")
    world.stored("1054803289_7201_1584669689", "user2", "user1")


@before("c2c/admin_msgwithdraw")
def store_one(world: World) -> None:
    world.stored(world.request["MsgKey"], world.request["From_Account"], world.request["To_Account"])


@before("c2c/c2c_msg_read_receipt")
def store_two(world: World) -> None:
    for item in world.request["C2CMsgInfo"]:
        world.stored(item["MsgKey"], "user1", "user2")


@before("c2c/modify_c2c_msg", "c2c/modify_c2c_msg.data")
@before("c2c/set_key_values", "c2c/set_key_values.clear", "c2c/set_key_values.delete", "c2c/get_key_values")
def store_with_extensions(world: World) -> None:
    sender = world.request.get("From_Account", "administrator")
    world.stored(world.request["MsgKey"], sender, world.request["To_Account"])
    ends = {"From_Account": sender, "To_Account": world.request["To_Account"], "MsgKey": world.request["MsgKey"]}
    pairs = [{"Key": "key1", "Value": "value1"}]
    world.call("openim_msg_ext_http_svc/set_key_values", **ends, OperateType=1, ExtensionList=pairs)


@before("c2c/send_c2c_stream_msg.last")
def begin_stream(world: World) -> None:
    def piece(index: int, **content: Any) -> list[dict[str, Any]]:
        chunk = {"EventType": "data", "Index": index, "Markdown": "x", "IsLast": index == 2}
        return [{"MsgType": "TIMStreamElem", "MsgContent": {"Chunks": [chunk], **content}}]

    body = {"To_Account": world.request["To_Account"], "MsgRandom": 1}
    first = world.call(world.command, **body, MsgBody=piece(1, CompatibleText="x"))
    world.request["MsgBody"] = piece(2, StreamMsgID=first["StreamMsgID"])


# Pushes.


def define(world: World) -> None:
    names = ["sex", "city", "国家", "country", "会员等级", "城市"]
    if world.command == "all_member_push/im_get_attr_name":
        names = names[:3]
    if world.command == "timpush/get_attr_name":
        names = ["sex", "城市"]
    numbered = {str(number): name for number, name in enumerate(names)}
    if world.command.startswith("timpush"):
        types = dict.fromkeys(numbered, 0)
        world.call("timpush/set_attr_name", AttrNames=numbered, AttrTypes=types)
    else:
        world.call("all_member_push/im_set_attr_name", AttrNames=numbered)


for _word in ("im_get_attr_name", "im_push.attributes", "im_remove_attr", "im_set_attr"):
    before(f"all_member_push/{_word}")(define)
before("push/get_attr_name", "push/push.attributes")(define)


@before("push/set_attr", UserAttrs=[{"To_Account": "nobody", "Attrs": {"sex": "a"}}])
@before("push/remove_attr", UserAttrs=[{"To_Account": "nobody", "Attrs": ["sex"]}])
@before("push/add_tag", UserTags=[{"To_Account": "nobody", "Tags": ["a"]}])
@before("push/remove_tag", UserTags=[{"To_Account": "nobody", "Tags": ["a"]}])
@before("push/get_attr", "push/get_tag", "all_member_push/im_get_attr", "all_member_push/im_get_tag")
def describe(world: World) -> None:
    define(world)
    prefix = "all_member_push/im" if world.command.startswith("all") else "timpush/"
    attrs = {"sex": "a", "city": "b", "country": "c"} if world.command.startswith("all") else {"sex": "a", "城市": "b"}
    name = prefix + ("_" if prefix.endswith("im") else "")
    world.emulator.add_accounts("xiaojun012")
    world.call(f"{name}set_attr", UserAttrs=[{"To_Account": "xiaojun012", "Attrs": attrs}])
    world.call(f"{name}add_tag", UserTags=[{"To_Account": "xiaojun012", "Tags": ["a"]}])


@before("push/revoke")
def push(world: World) -> None:
    info = {"PushFlag": 0, "Title": "t", "Desc": "d"}
    body = {"From_Account": "administrator", "MsgRandom": 1, "OfflinePushInfo": info}
    world.request["TaskId"] = world.call("timpush/push", **body)["TaskId"]


# Groups.


@before("group/change_group_owner")
def add_new_owner(world: World) -> None:
    world.add("peter")


@before("group/get_appid_group_list")
def found_groups(world: World) -> None:
    world.request["Limit"] = 1
    for _ in range(2):
        world.call(f"{GROUPS}/create_group", Type="Public", Name="g")


OWN: Final = [{"Key": "GroupTestData1", "Value": "x"}, {"Key": "GroupTestData2", "Value": "y"}]
MEMBER_OWN: Final = [{"Key": "MemberDefined1", "Value": "x"}]


@before("group/get_group_info", ResponseFilter=DROP)
def fill_group(world: World) -> None:
    one = world.request["GroupIdList"][0]
    body = {"Type": "Community", "Name": "g", "GroupId": "@TGS#_mine", "SupportTopic": 1}
    world.call(f"{GROUPS}/create_group", **body)
    world.request["GroupIdList"] = [one, "@TGS#_mine", "nowhere"]
    world.call(f"{GROUPS}/modify_group_base_info", GroupId=one, AppDefinedData=OWN)
    world.add("alice", group=one)
    own = {"AppMemberDefinedData": MEMBER_OWN}
    world.call(f"{GROUPS}/modify_group_member_info", GroupId=one, Member_Account="alice", NameCard="a", **own)


@before("group/get_joined_group_list", "group/get_joined_group_list.topics")
def join_groups(world: World) -> None:
    topics = "topics" in world.request["GroupType"] or world.request["GroupType"] == "Community"
    kind = {"Type": "Community", "SupportTopic": 1} if topics else {"Type": "Public"}
    world.call(f"{GROUPS}/create_group", **kind, Name="g", Owner_Account="leckie")


@before("group/modify_group_base_info", EnablePermission=DROP, DefaultPermission=DROP)
@before("group_msg/clear_group_msg")
def nothing_more(world: World) -> None:
    pass


# Attributes and counters.


@before("group_attr/delete_group_attr", "group_attr/get_group_attr")
def set_attributes(world: World) -> None:
    pairs = [{"key": "attr_key", "value": "x"}, {"key": "attr_key1", "value": "y"}]
    world.call(f"{GROUPS}/set_group_attr", GroupId=world.group, GroupAttr=pairs)


@before("group_attr/get_group_counter", "group_attr/get_group_counter.all")
def count(world: World) -> None:
    counters = [{"Key": "like", "Value": 10}]
    world.call(f"{GROUPS}/update_group_counter", GroupId=world.group, GroupCounter=counters, Mode="Set")


# Members.


@before("group_member/forbid_send_msg")
@before("group_member/set_unread", "group_msg/set_unread_msg_num")
def add_members(world: World) -> None:
    world.add("peter", "leckie", "bob")


@before("group_member/forbid_send_msg.topic")
def add_to_community(world: World) -> None:
    world.topic()
    world.add("peter")


@before("group_member/get_group_ban_member")
def ban(world: World) -> None:
    world.call(f"{GROUPS}/ban_group_member", GroupId=world.group, Members_Account=["alice"], Duration=60)


@before("group_member/get_group_member_info", MemberRoleFilter=DROP, MemberInfoFilter=DROP)
@before("group_member/get_specified_group_member_info", Member_List_Account=["alice"], MemberRoleFilter=DROP)
@before("group_member/modify_group_member_info")
@before("group_member/get_group_member_info.community")
def add_with_fields(world: World) -> None:
    world.add("alice", "bob")
    own = {"NameCard": "a", "AppMemberDefinedData": [*MEMBER_OWN, {"Key": "MemberDefined2", "Value": "y"}]}
    world.call(f"{GROUPS}/modify_group_member_info", GroupId=world.group, Member_Account="alice", **own)


@before("group_member/get_group_muted_account", "group_member/get_group_shutted_uin")
def mute(world: World) -> None:
    place = {"GroupId": world.group}
    if "TopicId" in world.request:
        world.topic()
        place["TopicId"] = world.request["TopicId"]
    world.add("alice")
    world.call(f"{GROUPS}/forbid_send_msg", **place, Members_Account=["alice"], MuteTime=60)


@before("live_group/check_members")
@before("live_group/get_members", Mark=DROP)
@before("live_group/modify_user_info", "live_group/add_robots", "live_group/del_robots")
def be_present(world: World) -> None:
    world.emulator.add_accounts("245000")
    world.emulator.join_group(world.group, "245000")
    marks = [{"Member_Account": "245000", "Marks": [1000]}]
    world.call("group_open_avchatroom_http_svc/modify_user_info", GroupId=world.group, CommandType=1, MemberList=marks)
    if "MemberList" in world.request:
        world.request["MemberList"] = marks


@before("group_member/modify_group_member_info.role")
def add_member(world: World) -> None:
    world.add(world.request["Member_Account"])


@before("live_group/get_admin_list")
def name_admin(world: World) -> None:
    body = {"GroupId": world.group, "CommandType": 1, "Admin_Account": ["alice"]}
    world.call("group_open_avchatroom_http_svc/modify_admin", **body)


# Messages of groups.


@before("group_msg/delete_group_msg_by_sender", TopicId=DROP)
@before("group_msg/send_group_system_notification", TopicId=DROP)
@before("group_msg/modify_group_msg", TopicId=DROP)
@before("group_msg/modify_group_msg.data", "group_msg/group_msg_get_simple.newest")
@before("group_msg/group_msg_recall", TopicId=DROP, MsgSeqList=[{"MsgSeq": 1}, {"MsgSeq": 9}])
@before("group_msg/group_msg_get_simple", TopicId=DROP, ReqMsgSeq=9, ReqMsgNumber=9)
def write(world: World) -> None:
    world.send(2, CloudCustomData="data")
    world.add("alice")
    world.call(f"{GROUPS}/modify_group_base_info", GroupId=world.group, Name="new")


@before("group_msg/import_group_msg", TopicId=DROP)
def found_long_ago(world: World) -> None:
    world.emulator.groups[world.group].create_time = 0


@before("group_msg/send_group_msg", NeedReadReceipt=DROP, To_Account=DROP)
def open_topic(world: World) -> None:
    world.topic()


@before("group_msg/get_group_msg_receipt_detail", MsgSeq=1, Count=1)
@before("group_msg/get_group_msg_receipt_detail.unread", MsgSeq=1, Cursor="")
@before("group_msg/group_msg_receipt", MsgSeqList=[{"MsgSeq": 1}])
def write_with_receipt(world: World) -> None:
    world.emulator.add_accounts("jared", "bob", "carol")
    world.add("jared", "bob", "carol")
    world.send(NeedReadReceipt=1)
    body = {"GroupId": world.group, "MsgSeqList": [{"MsgSeq": 1}]}
    for reader in ("bob", "carol"):
        world.call(f"{GROUPS}/group_msg_receipt", From_Account=reader, **body)


@before("group_msg/group_get_key_values", "group_msg/group_set_key_values", "group_msg/group_set_key_values.clear")
def write_with_extensions(world: World) -> None:
    world.request["MsgSeq"] = 1
    world.send(SupportMessageExtension=1)
    body = {"GroupId": world.group, "MsgSeq": 1, "OperateType": 1, "ExtensionList": [{"Key": "k", "Value": "v"}]}
    world.call("openim_msg_ext_http_svc/group_set_key_values", **body)


# Communities.


@before("community/modify_topic.name")
@before("community/destroy_topic", "community/modify_topic", From_Account=DROP)
@before("community/create_topic", "community/import_topic", From_Account=DROP)
def make_topic(world: World) -> None:
    if "create" not in world.command and "import" not in world.command:
        world.topic()


@before("community/get_topic.listed")
@before("community/get_topic", ResponseFilter=DROP)
def join_topic(world: World) -> None:
    world.add(world.request.get("From_Account", "member"))
    world.topic()
    world.request["TopicIdList"] = [*world.request["TopicIdList"], f"{world.group}@TOPIC#_gone"]


TOPIC_END: Final = "@TOPIC#_mine"


def permit(world: World) -> None:
    group = world.emulator.groups[world.group]
    group.enable_permission = 1
    body = {"GroupId": world.group, "PermissionGroupId": "@PMG#_test_permission_group"}
    if not world.command.endswith("create_permission_group"):
        world.call(f"{GROUPS}/create_permission_group", **body, PermissionGroupName="n", Permission=1, CustomString="c")
    topic = f"{world.group}{TOPIC_END}"
    gone = f"{world.group}@TOPIC#_gone"
    world.call("million_group_open_http_svc/create_topic", GroupId=world.group, TopicId=topic, TopicName="t")
    for field in ("TopicIdList", "TopicPermissionList"):
        if field in world.request:
            pair = [topic, gone]
            world.request[field] = (
                pair if field == "TopicIdList" else [{"TopicId": each, "Permission": 1} for each in pair]
            )
    if ("add_topic" not in world.command and "TopicIdList" in world.request) or "set_topic" in world.command:
        given = [{"TopicId": topic, "Permission": 1}]
        world.call(f"{GROUPS}/add_topic_permission_group", **body, TopicPermissionList=given)
    if "member" in world.command:
        world.add("tommy", "alice")
        if "add_" not in world.command:
            members = [{"Member_Account": "tommy"}, {"Member_Account": "alice"}]
            world.call(f"{GROUPS}/add_permission_group_member", **body, MemberList=members)


for _name in GOLDEN:
    if _name.startswith("community/") and "permission" in _name:
        before(_name)(permit)


# Relations, profiles, conversations.


def add_friends(world: World, one: str, *others: str, kind: str = "Add_Type_Both") -> None:
    items = [
        {"To_Account": other, "AddSource": "AddSource_Type_Test", "Remark": "r", "GroupName": "group1"}
        for other in others
    ]
    world.call("sns/friend_add", From_Account=one, AddFriendItem=items, AddType=kind, ForceAddFlags=1)


@before("sns/black_list_add", "sns/black_list_delete", To_Account=["id1", "id2", "stranger"])
@before("sns/black_list_get", LastSequence=0)
def block(world: World) -> None:
    world.emulator.add_accounts("id1", "id2", "id3")
    world.call("sns/black_list_add", From_Account="id", To_Account=["id2", "id3"])


@before("sns/friend_add", "sns/friend_import")
def know_one(world: World) -> None:
    items = world.request["AddFriendItem"]
    world.request["AddFriendItem"] = [*items, {**items[0], "To_Account": "stranger"}]


@before("sns/friend_check", "sns/black_list_check", "sns/friend_get_list", "sns/friend_get", "sns/group_add")
@before("sns/friend_update", "sns/friend_delete", "sns/group_get", "sns/group_delete", "sns/group_get.least")
def befriend(world: World) -> None:
    world.emulator.add_accounts("id", "id1", "id2", "id3")
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": "n"}, {"Tag": "Tag_Profile_Custom_Test", "Value": 5}]
    world.call("profile/portrait_set", From_Account="id1", ProfileItem=items)
    add_friends(world, "id", "id1")
    if world.command == "sns/group_delete":
        world.call("sns/group_add", From_Account="id", GroupName=["分组2"])
    if "To_Account" in world.request:
        world.request["To_Account"] = [*world.request["To_Account"], "stranger"]


@before("profile/portrait_get", To_Account=["id1", "stranger"])
def fill_profile(world: World) -> None:
    world.emulator.add_accounts("id1")
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": "n"}, {"Tag": "Tag_Profile_IM_BirthDay", "Value": 19900612}]
    world.call("profile/portrait_set", From_Account="id1", ProfileItem=items)


@before("follow/follow_get")
def follow(world: World) -> None:
    world.emulator.add_accounts("UserID_002")
    world.call("follow/follow_add", From_Account="UserID_002", FollowItem=[{"To_Account": "UserID_001"}])
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": "n"}, {"Tag": "Tag_Profile_IM_Level", "Value": 3}]
    world.call("profile/portrait_set", From_Account="UserID_002", ProfileItem=items)


@before("recent_contact/get_list", "recent_contact/delete", "recent_contact/delete.group", AssistFlags=63)
@before("recent_contact/get_contact_group", "recent_contact/search_contact_group", "recent_contact/mark_contact")
@before("recent_contact/del_contact_group", "recent_contact/update_contact_group.rename")
@before("recent_contact/update_contact_group", "recent_contact/create_contact_group")
def talk_and_sort(world: World) -> None:
    user, other = world.request["From_Account"], "user1" if world.request["From_Account"] == "user0" else "id2"
    if "AssistFlags" in world.request and world.command != "recentcontact/get_list":
        del world.request["AssistFlags"]
    world.emulator.add_accounts(other)
    world.call("openim/sendmsg", From_Account=user, To_Account=other, MsgRandom=1, MsgBody=TEXT)
    named = next(iter(world.emulator.groups), None)
    if named is None:
        named = world.call(f"{GROUPS}/create_group", Type="Public", Name="g")["GroupId"]
    world.add(user, group=named)
    body = {"GroupId": named, "From_Account": user, "Random": 1, "MsgBody": TEXT}
    world.call(f"{GROUPS}/send_group_msg", **body)
    world.emulator.pin_contact(user, ContactItem.account(other))
    if world.command != "recentcontact/create_contact_group":
        end = {"Type": 1, "To_Account": other}
        for name in ("分组1", "group1"):
            group = {"GroupName": name, "ContactItem": [end]}
            world.call("recentcontact/create_contact_group", From_Account=user, GroupContactItem=[group])
        marks = [{"OptType": 3, "ContactItem": end, "SetMark": [1], "CustomMark": "abcd"}]
        world.call("recentcontact/mark_contact", From_Account=user, MarkItem=marks)
        marks = [{"OptType": 1, "ContactItem": {"Type": 2, "ToGroupId": named}, "SetMark": [1]}]
        world.call("recentcontact/mark_contact", From_Account=user, MarkItem=marks)


# Files, scheduled pushes, what became of pushes.


@before("operation/get_history")
def send_in_that_hour(world: World) -> None:
    world.now = datetime(2015, 12, 1, 21, 30, tzinfo=timezone(timedelta(hours=8))).timestamp()
    world.emulator.add_accounts("bob")
    world.call("openim/sendmsg", To_Account="bob", MsgRandom=1, MsgBody=TEXT)
    world.now += 5 * 3600


@before("push/delete_sched_task", "push/get_sched_task", "push/modify_sched_task", "push/modify_sched_task.time")
@before("push/list_sched_task", "push/list_sched_task.lower")
def schedule(world: World) -> None:
    world.now = 1_746_100_000.0
    kinds = ["all", "", "user"] if "list" in world.command else ["user"] if "get" in world.command else ["all"]
    for kind in kinds:
        body = GOLDEN["push/add_sched_task" + (f".{kind}" if kind else "")]["request"]
        if kind == "user":
            world.emulator.add_accounts("user1", "user2")
        added = world.call("timpush/add_sched_task", **{**body, "SchedAt": "2025-05-20 10:00:00"})
        if "TaskID" in world.request:
            world.request["TaskID"] = added["TaskID"]


# The range of the sample is of eight days; seven are the most.
@before("push/all_member_push_loss", "push/normal_push_loss", EndTime=1_741_104_000 + 7 * 86_400)
def end_that_week(world: World) -> None:
    world.now = world.request["EndTime"]


# Robots, official accounts, moderation.


@before("robot/delete_robot", "robot/get_all_robots", "robot/send_stream_msg.first", "robot/send_stream_msg")
def make_robot(world: World) -> None:
    world.emulator._state.accounts.pop("@RBT#001", None)
    world.call("openim_robot_http_svc/create_robot", UserID="@RBT#001", Nick="n")
    if "MsgKey" in world.request:
        body = {"From_Account": "@RBT#001", "To_Account": "user1", "Chunk": "x"}
        world.request["MsgKey"] = world.call("openim_robot_http_svc/send_stream_msg", **body)["MsgKey"]


OFFICIAL: Final = "official_account_open_http_svc"


def make_official(world: World) -> None:
    world.emulator.add_accounts("user1", "user2")
    official = world.request.get("Official_Account", "@TOA#_新闻")
    for name in {official, "@TOA#_2"}:
        world.call(f"{OFFICIAL}/create_official_account", Owner_Account="user1", OfficialAccountUserID=name, Name="n")
    subscribers = [{"Subscriber_Account": "user2"}]
    if "add_subscriber" not in world.command:
        world.call(f"{OFFICIAL}/add_subscriber", Official_Account=official, SubscriberList=subscribers)
    sent = world.call(f"{OFFICIAL}/send_official_account_msg", Official_Account=official, Random=1, MsgBody=TEXT)
    if "MsgKeyList" in world.request:
        world.request["MsgKeyList"] = [sent["MsgKey"], "1_2_3"]
    world.request.pop("LastMsgKey", None)
    world.request.pop("ResponseFilter", None)


for _name in GOLDEN:
    if _name.startswith("official_account/") and "create" not in _name:
        before(_name)(make_official)


@before("moderation/batch_content_moderation", "moderation/content_moderation", "moderation/get")
@before("moderation/delete_cloud_audit_keywords", "moderation/get_cloud_audit_keywords")
@before("moderation/delete_local_audit_keywords", "moderation/get_local_audit_keywords")
@before("moderation/get_cloud_audit_keywords_ids")
def add_words(world: World) -> None:
    app = {"SdkAppId": 1_400_000_000}
    words = [{"Content": "违禁词", "Label": "Ad"}, {"Content": "bad 😡"}, {"Content": "微信"}, {"Content": "你好"}]
    world.call("im_msg_audit_mgr/add_cloud_audit_keywords", **app, LibID="lib-7", UserKeywords=words)
    local = GOLDEN["moderation/add_local_audit_keywords"]["request"]["LocalAuditWords"]
    world.call("im_msg_audit_mgr/add_local_audit_keywords", **app, LocalAuditWords=local)
    world.call("openim_dirty_words/add", DirtyWordsList=["发票"])
