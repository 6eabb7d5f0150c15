"""Webhooks: the events that the service sends to an app, and a receiver for them.

    from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, Refuse, WebhookRouter

    router = WebhookRouter(1400000000, token="...")

    @router.on(AfterSendMsg)
    async def archive(event: AfterSendMsg) -> None:
        ...

An event's class is named after the second part of its command, without "Callback": `C2C.CallbackAfterSendMsg` is
`AfterSendMsg`, `Sns.CallbackFriendAdd` is `FriendAdd`. Commands of groups, official accounts and chatbots share that
part with others, so their classes begin with Group, OfficialAccount, Bot or Chatbot: `GroupAfterSendMsg`.
"""

from __future__ import annotations

from ._alert import SlowsDown, slow_down
from ._answer import Allow, Answer, AnswerBody, Drop, Refuse, RefuseSome, Replace, Respond, ResultItem, WebhookResponse
from ._check import Checker, sign
from ._event import EVENTS, BeforeEvent, Event, UnknownEvent, WebhookParams, decode_event
from ._handling import OnError
from ._message import AccountPair, ExtensionItem, MemberRef, UserDefinedData
from ._registration import BeforeDecorator, OnDecorator
from ._seen import SeenEvents
from .events.c2c import (
    AfterC2CMsgExtension,
    AfterModifyMsg,
    AfterMsgReport,
    AfterMsgWithDraw,
    AfterSendMsg,
    BeforeSendMsg,
    BotOnC2CMessage,
    BotOnGroupMessage,
    ChatbotOnC2CSignalMessage,
)
from .events.community import (
    GroupAfterCreateTopic,
    GroupAfterTopicDestroyed,
    GroupAfterTopicInfoChanged,
    GroupBeforeCreateTopic,
)
from .events.group import (
    GroupAfterChangeGroupOwner,
    GroupAfterCreateGroup,
    GroupAfterGroupAttrChanged,
    GroupAfterGroupDestroyed,
    GroupAfterGroupFull,
    GroupAfterGroupInfoChanged,
    GroupAttr,
    GroupBeforeCreateGroup,
    GroupOnDailyGroupQuotaAlarm,
)
from .events.group_member import (
    GroupAfterMemberExit,
    GroupAfterMemberFieldChanged,
    GroupAfterNewMemberJoin,
    GroupBeforeApplyJoinGroup,
    GroupBeforeInviteJoinGroup,
    GroupOnMemberStateChange,
)
from .events.group_msg import (
    GroupAfterGroupMsgExtension,
    GroupAfterModifyMsg,
    GroupAfterReadReceipt,
    GroupAfterRecallMsg,
    GroupAfterSendMsg,
    GroupBeforeSendMsg,
    GroupSendMsgException,
    ReadReceipt,
    RecalledMsg,
)
from .events.official_account import (
    MsgKeyRef,
    OfficialAccountAfterAddSubscriber,
    OfficialAccountAfterCreateOfficialAccount,
    OfficialAccountAfterDeleteSubscriber,
    OfficialAccountAfterMsgWithDraw,
    OfficialAccountAfterOfficialAccountDestroyed,
    OfficialAccountAfterOfficialAccountFull,
    OfficialAccountAfterOfficialAccountInfoChanged,
    OfficialAccountAfterSendMsg,
    OfficialAccountBeforeAddSubscriber,
    OfficialAccountBeforeCreateOfficialAccount,
    OfficialAccountBeforeSendMsg,
    SubscriberRef,
)
from .events.people import (
    AfterFollowAdd,
    AfterFollowDelete,
    BlackListAdd,
    BlackListDelete,
    FollowItem,
    FriendAdd,
    FriendDelete,
    FriendItem,
    KickedDevice,
    PortraitSet,
    PrevFriendAdd,
    PrevFriendResponse,
    ProfileField,
    ResponseFriendItem,
    StateChange,
    StateInfo,
)
from .events.service import (
    AllMemberPush,
    ContentResultNotify,
    OfflinePush,
    PushResult,
    RequestOverLimit,
    TaskPushResult,
)
from .router import WebhookRouter

__all__ = [
    "EVENTS",
    "AccountPair",
    "AfterC2CMsgExtension",
    "AfterFollowAdd",
    "AfterFollowDelete",
    "AfterModifyMsg",
    "AfterMsgReport",
    "AfterMsgWithDraw",
    "AfterSendMsg",
    "AllMemberPush",
    "Allow",
    "Answer",
    "AnswerBody",
    "BeforeDecorator",
    "BeforeEvent",
    "BeforeSendMsg",
    "BlackListAdd",
    "BlackListDelete",
    "BotOnC2CMessage",
    "BotOnGroupMessage",
    "ChatbotOnC2CSignalMessage",
    "Checker",
    "ContentResultNotify",
    "Drop",
    "Event",
    "ExtensionItem",
    "FollowItem",
    "FriendAdd",
    "FriendDelete",
    "FriendItem",
    "GroupAfterChangeGroupOwner",
    "GroupAfterCreateGroup",
    "GroupAfterCreateTopic",
    "GroupAfterGroupAttrChanged",
    "GroupAfterGroupDestroyed",
    "GroupAfterGroupFull",
    "GroupAfterGroupInfoChanged",
    "GroupAfterGroupMsgExtension",
    "GroupAfterMemberExit",
    "GroupAfterMemberFieldChanged",
    "GroupAfterModifyMsg",
    "GroupAfterNewMemberJoin",
    "GroupAfterReadReceipt",
    "GroupAfterRecallMsg",
    "GroupAfterSendMsg",
    "GroupAfterTopicDestroyed",
    "GroupAfterTopicInfoChanged",
    "GroupAttr",
    "GroupBeforeApplyJoinGroup",
    "GroupBeforeCreateGroup",
    "GroupBeforeCreateTopic",
    "GroupBeforeInviteJoinGroup",
    "GroupBeforeSendMsg",
    "GroupOnDailyGroupQuotaAlarm",
    "GroupOnMemberStateChange",
    "GroupSendMsgException",
    "KickedDevice",
    "MemberRef",
    "MsgKeyRef",
    "OfficialAccountAfterAddSubscriber",
    "OfficialAccountAfterCreateOfficialAccount",
    "OfficialAccountAfterDeleteSubscriber",
    "OfficialAccountAfterMsgWithDraw",
    "OfficialAccountAfterOfficialAccountDestroyed",
    "OfficialAccountAfterOfficialAccountFull",
    "OfficialAccountAfterOfficialAccountInfoChanged",
    "OfficialAccountAfterSendMsg",
    "OfficialAccountBeforeAddSubscriber",
    "OfficialAccountBeforeCreateOfficialAccount",
    "OfficialAccountBeforeSendMsg",
    "OfflinePush",
    "OnDecorator",
    "OnError",
    "PortraitSet",
    "PrevFriendAdd",
    "PrevFriendResponse",
    "ProfileField",
    "PushResult",
    "ReadReceipt",
    "RecalledMsg",
    "Refuse",
    "RefuseSome",
    "Replace",
    "RequestOverLimit",
    "Respond",
    "ResponseFriendItem",
    "ResultItem",
    "SeenEvents",
    "SlowsDown",
    "StateChange",
    "StateInfo",
    "SubscriberRef",
    "TaskPushResult",
    "UnknownEvent",
    "UserDefinedData",
    "WebhookParams",
    "WebhookResponse",
    "WebhookRouter",
    "decode_event",
    "sign",
    "slow_down",
]
