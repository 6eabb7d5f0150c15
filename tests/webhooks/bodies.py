"""A body of every webhook command, typed from the documents' samples and field tables, not from the structs."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

TEXT = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "红包 🧧"}}]
MS = 1_670_574_414_123
MEMBERS = [{"Member_Account": "bob"}, {"Member_Account": "peter"}]
USER_DATA = [{"Key": "UserDefined1", "Value": "hello"}, {"Key": "UserDefined2", "Value": "world"}]
GROUP = {"GroupId": "@TGS#2J4SZEAEL", "Type": "Public"}
C2C = {"From_Account": "jared", "To_Account": "Jonh"}
SENT = {
    **C2C,
    "MsgSeq": 48374,
    "MsgRandom": 2837546,
    "MsgTime": 1557481126,
    "MsgKey": "48374_2837546_1557481126",
    "MsgId": "144115233406643804-1727580296-4026038328",
    "OnlineOnlyFlag": 1,
    "MsgBody": TEXT,
    "CloudCustomData": "your cloud custom data",
    "EventTime": MS,
}
GROUP_MSG = {
    **GROUP,
    "From_Account": "jared",
    "Operator_Account": "admin",
    "Random": 123456,
    "OnlineOnlyFlag": 1,
    "MsgBody": TEXT,
    "CloudCustomData": "your cloud custom data",
    "EventTime": MS,
}
OFFICIAL = {"Official_Account": "@TOA#_test_OA_for_penn", "EventTime": MS}
PAIRS = [{"From_Account": "id", "To_Account": "id1"}, {"From_Account": "id", "To_Account": "id2"}]
EXTENSIONS = [{"Key": "key2", "Value": "value2", "Seq": 56}, {"Key": "key3", "Value": "12122", "Seq": 56}]
TOPIC = "@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_TestTopic"

BODIES: dict[str, dict[str, Any]] = {
    "State.StateChange": {
        "EventTime": MS,
        "Info": {"Action": "Login", "To_Account": "testuser316", "Reason": "Register"},
        "KickedDevice": [{"Platform": "Windows"}, {"Platform": "IOS"}],
    },
    "Profile.CallbackPortraitSet": {
        "Operator_Account": "id1",
        "From_Account": "id1",
        "EventTime": MS,
        "ProfileItem": [
            {"Tag": "Tag_Profile_IM_Nick", "Value": "nick1"},
            {"Tag": "Tag_Profile_IM_BirthDay", "Value": 19900101},
        ],
    },
    "Sns.CallbackPrevFriendAdd": {
        "Requester_Account": "id",
        "From_Account": "id",
        "FriendItem": [
            {
                "To_Account": "id1",
                "Remark": "remark1",
                "GroupName": "group1",
                "AddSource": "AddSource_Type_Android",
                "AddWording": "this is id1!",
            }
        ],
        "AddType": "Add_Type_Both",
        "ForceAddFlags": 0,
        "EventTime": MS,
    },
    "Sns.CallbackPrevFriendResponse": {
        "Requester_Account": "id",
        "From_Account": "id",
        "ResponseFriendItem": [
            {
                "To_Account": "id1",
                "Remark": "remark1",
                "TagName": "group1",
                "ResponseAction": "Response_Action_AgreeAndAdd",
            }
        ],
        "EventTime": MS,
    },
    "Sns.CallbackFriendAdd": {
        "PairList": [{**pair, "Initiator_Account": "id"} for pair in PAIRS],
        "ClientCmd": "friend_add",
        "Admin_Account": "",
        "ForceFlag": 1,
        "EventTime": MS,
    },
    "Sns.CallbackFriendDelete": {"PairList": PAIRS, "EventTime": MS},
    "Sns.CallbackBlackListAdd": {"PairList": PAIRS, "EventTime": MS},
    "Sns.CallbackBlackListDelete": {"PairList": PAIRS, "EventTime": MS},
    "Follow.CallbackAfterFollowAdd": {
        "From_Account": "UserID_001",
        "FollowList": [{"To_Account": "UserID_002"}, {"To_Account": "UserID_003"}],
        "EventTime": MS,
    },
    "Follow.CallbackAfterFollowDelete": {
        "From_Account": "UserID_001",
        "FollowList": [{"To_Account": "UserID_002"}],
        "EventTime": MS,
    },
    "C2C.CallbackBeforeSendMsg": SENT,
    "C2C.CallbackAfterSendMsg": {
        **SENT,
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "UnreadMsgNum": 7,
    },
    "C2C.CallbackAfterMsgReport": {
        "Report_Account": "jared",
        "Peer_Account": "Jonh",
        "LastReadTime": 1614754753,
        "UnreadMsgNum": 7,
    },
    "C2C.CallbackAfterMsgWithDraw": {**C2C, "MsgKey": "15_1_1557481126", "UnreadMsgNum": 7},
    "C2C.CallbackAfterC2CMsgExtension": {
        **C2C,
        "MsgKey": "15_1_1557481126",
        "OperateType": 1,
        "ExtensionList": EXTENSIONS,
        "Seq": 56,
        "EventTime": MS,
    },
    "C2C.CallbackAfterModifyMsg": {
        "Operator_Account": "admin",
        **C2C,
        "MsgSeq": 48374,
        "MsgRandom": 2837546,
        "MsgTime": 1557481126,
        "MsgKey": "48374_2837546_1557481126",
        "MsgBody": TEXT,
        "CloudCustomData": "data",
        "EventTime": MS,
    },
    "Group.CallbackBeforeCreateGroup": {
        "Operator_Account": "leckie",
        "Owner_Account": "leckie",
        "Type": "Public",
        "Name": "MyFirstGroup",
        "CreateGroupNum": 123,
        "MemberList": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackAfterCreateGroup": {
        **GROUP,
        "Operator_Account": "group_root",
        "Owner_Account": "leckie",
        "Name": "MyFirstGroup",
        "MemberList": MEMBERS,
        "UserDefinedDataList": USER_DATA,
        "EventTime": MS,
    },
    "Group.CallbackBeforeApplyJoinGroup": {**GROUP, "Requestor_Account": "jared", "EventTime": MS},
    "Group.CallbackBeforeInviteJoinGroup": {
        **GROUP,
        "Operator_Account": "leckie",
        "DestinationMembers": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackAfterNewMemberJoin": {
        **GROUP,
        "JoinType": "Apply",
        "Operator_Account": "leckie",
        "NewMemberList": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackAfterMemberExit": {
        **GROUP,
        "ExitType": "Kicked",
        "Operator_Account": "leckie",
        "ExitMemberList": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackBeforeSendMsg": {**GROUP_MSG, "MsgId": "1-2-3", "TopicId": TOPIC},
    "Group.CallbackAfterSendMsg": {
        **GROUP_MSG,
        "MsgId": "1-2-3",
        "GroupAtInfo": [{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "bob"}],
        "TopicId": TOPIC,
        "MsgSeq": 123,
        "MsgTime": 1490686222,
    },
    "Group.CallbackSendMsgException": {
        **GROUP_MSG,
        "TopicId": TOPIC,
        "ErrorCode": 10023,
        "ErrorInfo": "msg count exceeds limit,please retry later",
    },
    "Group.CallbackAfterGroupFull": {"GroupId": "@TGS#2J4SZEAEL", "EventTime": MS},
    "Group.CallbackAfterGroupDestroyed": {
        **GROUP,
        "Owner_Account": "leckie",
        "Name": "MyFirstGroup",
        "MemberList": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackAfterGroupInfoChanged": {
        **GROUP,
        "Operator_Account": "leckie",
        "Name": "NewName",
        "Introduction": "NewIntroduction",
        "Notification": "NewNotification",
        "FaceUrl": "http://this.is.newface.url",
        "UserDefinedDataList": USER_DATA,
        "EventTime": MS,
    },
    "Group.CallbackAfterRecallMsg": {
        "Operator_Account": "admin",
        "Type": "Community",
        "GroupId": "1213456",
        "MsgSeqList": [{"MsgSeq": 130, "MsgId": "144115213033478435-1739361321-2512805311"}],
        "TopicId": TOPIC,
        "EventTime": MS,
    },
    "Group.CallbackOnMemberStateChange": {
        "GroupId": "@TGS#2J4SZEAEL",
        "EventType": "Offline",
        "MemberList": MEMBERS,
        "EventTime": MS,
    },
    "Group.CallbackBeforeCreateTopic": {
        "Operator_Account": "leckie",
        "Type": "Community",
        "Name": "MyFirstTopic",
        "GroupId": "@TGS#_@TGS#cQVLVHIM62CJ",
        "EventTime": MS,
    },
    "Group.CallbackAfterCreateTopic": {
        "GroupId": "@TGS#_@TGS#cQVLVHIM62CJ",
        "TopicId": TOPIC,
        "Operator_Account": "group_root",
        "Owner_Account": "leckie",
        "Type": "Community",
        "Name": "MyFirstTopic",
        "UserDefinedDataList": USER_DATA,
        "EventTime": MS,
    },
    "Group.CallbackAfterTopicDestroyed": {
        "GroupId": "@TGS#_@TGS#cQVLVHIM62CJ",
        "Type": "Community",
        "TopicIdList": [TOPIC, f"{TOPIC}_1"],
        "EventTime": MS,
    },
    "Group.CallbackAfterTopicInfoChanged": {
        "GroupId": "@TGS#_@TGS#cQVLVHIM62CJ",
        "Type": "Community",
        "Operator_Account": "leckie",
        "TopicId": TOPIC,
        "Name": "TestTopic",
        "Introduction": "TestIntroduction",
        "Notification": "NewNotification",
        "FaceUrl": "http://this.is.face.url",
        "EventTime": MS,
    },
    "Group.CallbackAfterMemberFieldChanged": {
        "GroupId": "@TGS#xxxx",
        "Type": "Community",
        "Operator_Account": "admin",
        "Member_Account": "123456",
        "Role": "Admin",
        "NameCard": "jacky",
        "EventTime": MS,
    },
    "Group.CallbackAfterGroupAttrChanged": {
        **GROUP,
        "Operator_Account": "leckie",
        "OptionType": "set",
        "GroupAttr": [{"key": "key1", "value": "value1"}, {"key": "key2", "value": "values"}],
        "EventTime": MS,
    },
    "Group.CallbackAfterReadReceipt": {
        **GROUP,
        "GroupMsgReceiptList": [
            {"MsgSeq": 1, "ReadNum": 1, "UnreadNum": 6, "ReadReceiptMembers": [{"Member_Account": "user0"}]}
        ],
        "EventTime": MS,
    },
    "Group.CallbackAfterChangeGroupOwner": {
        **GROUP,
        "Operator_Account": "admin",
        "OldOwner_Account": "user1",
        "NewOwner_Account": "user2",
        "EventTime": MS,
    },
    "Group.CallbackOnDailyGroupQuotaAlarm": {"QuotaUsed": 7321, "Quota": 10000, "EventTime": MS},
    "Group.CallbackAfterGroupMsgExtension": {
        "GroupId": "test",
        "MsgSeq": 10,
        "OperateType": 1,
        "ExtensionList": EXTENSIONS,
        "Seq": 56,
        "EventTime": MS,
    },
    "Group.CallbackAfterModifyMsg": {
        **GROUP,
        "Operator_Account": "admin",
        "TopicId": TOPIC,
        "From_Account": "jared",
        "MsgSeq": 123,
        "MsgTime": 1490686222,
        "MsgBody": TEXT,
        "CloudCustomData": "data",
        "EventTime": MS,
    },
    "Bot.OnC2CMessage": {**SENT, "SendMsgResult": 0, "ErrorInfo": "send msg succeed"},
    "Bot.OnGroupMessage": {
        **GROUP_MSG,
        "MsgSeq": 123,
        "MsgTime": 1490686222,
        "MsgId": "1-2-3",
        "AtRobots_Account": ["@RBT#001"],
    },
    "Chatbot.OnC2CSignalMessage": {
        **C2C,
        "MsgSeq": 1,
        "MsgRandom": 2,
        "MsgKey": "1_2_3",
        "EventTime": MS,
        "Data": '{"type": 1}',
    },
    "ContentCallback.ResultNotify": {},
    "OfficialAccount.CallbackBeforeCreateOfficialAccount": {
        "Operator_Account": "107867",
        "Owner_Account": "107867",
        "Name": "TestOfficialAccount",
        "EventTime": MS,
    },
    "OfficialAccount.CallbackAfterCreateOfficialAccount": {
        **OFFICIAL,
        "Operator_Account": "107867",
        "Owner_Account": "107867",
        "Name": "TestOfficialAccount",
    },
    "OfficialAccount.CallbackAfterOfficialAccountInfoChanged": {
        **OFFICIAL,
        "Operator_Account": "leckie",
        "Introduction": "NewNotification",
        "Name": "NewName",
        "FaceUrl": "http://this.is.newface.url",
        "Organization": "NewOrganization",
    },
    "OfficialAccount.CallbackAfterOfficialAccountDestroyed": {
        **OFFICIAL,
        "Owner_Account": "107867",
        "Name": "TestOfficialAccount",
    },
    "OfficialAccount.CallbackBeforeAddSubscriber": {
        **OFFICIAL,
        "Operator_Account": "107867",
        "SubscribeAccountList": [{"Subscriber_Account": "jared"}, {"Subscriber_Account": "leckie"}],
    },
    "OfficialAccount.CallbackAfterAddSubscriber": {
        **OFFICIAL,
        "Operator_Account": "107867",
        "SubscribeAccountList": [{"Subscriber_Account": "jared"}],
    },
    "OfficialAccount.CallbackAfterDeleteSubscriber": {
        **OFFICIAL,
        "Operator_Account": "leckie",
        "SubscribeAccountList": [{"Subscriber_Account": "jared"}],
    },
    "OfficialAccount.CallbackAfterOfficialAccountFull": OFFICIAL,
    "OfficialAccount.CallbackBeforeSendMsg": {
        **OFFICIAL,
        "OnlineOnlyFlag": 1,
        "MsgBody": TEXT,
        "CloudCustomData": "your cloud custom data",
    },
    "OfficialAccount.CallbackAfterSendMsg": {
        **OFFICIAL,
        "MsgKey": "71_1_1698741698",
        "MsgTime": 1490686222,
        "OnlineOnlyFlag": 1,
        "MsgBody": TEXT,
        "CloudCustomData": "your cloud custom data",
    },
    "OfficialAccount.CallbackAfterMsgWithDraw": {**OFFICIAL, "WithdrawMsgList": [{"MsgKey": "71_1_1698741698"}]},
    "Push.OfflinePush": {
        "Events": [
            {
                "CallbackCommand": "Push.OfflinePush",
                "EventType": 1,
                "EventTime": 1557481128,
                "From_Account": "user1",
                "To_Account": "user2",
                "PushPlatform": 1,
                "PushStage": 1,
                "MsgKey": "48374_2837546_1557481126",
                "MsgSeq": 48374,
                "MsgRandom": 2837546,
                "MsgTime": 1557481126,
                "PushID": "push-1",
                "ErrCode": 0,
                "ErrInfo": "OK",
            },
            {
                "CallbackCommand": "Push.OfflinePush",
                "EventType": 2,
                "EventTime": 1557481128,
                "From_Account": "user1",
                "To_Account": "user3",
                "PushPlatform": 8,
                "PushStage": 3,
                "GroupID": "@TGS#2J4SZEAEL",
                "ErrCode": 8100,
            },
        ]
    },
    "Push.AllMemberPush": {
        "Events": [
            {
                "CallbackCommand": "Push.AllMemberPush",
                "EventType": 1,
                "TaskId": "657bf434_537529d8_2000005e80aa873_2780d131_bc614e",
                "TaskTime": 1557481127,
                "EventTime": 1557481128,
                "To_Account": "user2",
                "PushPlatform": 1,
                "PushStage": 1,
                "ErrCode": 0,
                "ErrInfo": "OK",
            }
        ]
    },
    "Alert.RequestOverLimit": {"ServiceName": "openim", "Command": "batchsendmsg", "Request": 510, "Limit": 200},
}

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**64,
    1.5,
    "",
    "汉😀\u0000",
    "9" * 400,
    [],
    {},
    [[]],
    [None],
    {"MsgType": 1},
    -(2**70),
    1e308,
)


def spoil(chance: random.Random) -> tuple[str, bytes]:
    """Return a command, and a body of it that has come to harm in one way or another."""
    command = chance.choice([*BODIES, "Group.CallbackNew", "", "x" * 200])
    kind = chance.randrange(6)
    if kind == 0:
        return command, chance.randbytes(chance.randrange(300))
    body = json.loads(json.dumps({"CallbackCommand": command, **BODIES.get(command, {})}))
    for _ in range(chance.randrange(1, 4)):
        place = body
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and chance.random() < 0.7:
                place = place[key]
                continue
            if isinstance(place, dict) and chance.random() < 0.3:
                place[f"{key}{chance.choice(['', 'x', '_Account'])}"] = place.pop(key)
            else:
                place[key] = copy.deepcopy(chance.choice(ODD))
            break
    data = bytearray(json.dumps(body, ensure_ascii=chance.random() < 0.5).encode())
    if kind == 1:
        del data[chance.randrange(len(data)) :]
    elif kind == 2:
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    return command, bytes(data)
