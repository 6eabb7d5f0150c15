"""The page of the webhook events."""

from __future__ import annotations

from typing import Final

from tim_async._api.fields import texts_of
from tim_async.webhooks import EVENTS

from .markup import table, text
from .words import Words

# When each is sent, in Chinese; the texts of fields are in English in both languages.
_TITLES_ZH: Final = {
    "Alert.RequestOverLimit": "接口的调用频率达到限制的 80% 或以上",
    "Push.OfflinePush": "离线推送的结果",
    "Push.AllMemberPush": "全员推送的结果",
    "ContentCallback.ResultNotify": "内容审核的结果",
    "C2C.CallbackBeforeSendMsg": "发送单聊消息之前",
    "C2C.CallbackAfterSendMsg": "发送单聊消息之后，包括发送失败",
    "C2C.CallbackAfterMsgReport": "单聊消息已读上报之后",
    "C2C.CallbackAfterMsgWithDraw": "撤回单聊消息之后",
    "C2C.CallbackAfterC2CMsgExtension": "单聊消息的消息扩展变更之后",
    "C2C.CallbackAfterModifyMsg": "修改单聊历史消息之后",
    "Bot.OnC2CMessage": "机器人收到单聊消息",
    "Bot.OnGroupMessage": "群消息 @ 了机器人",
    "Chatbot.OnC2CSignalMessage": "客户端在会话之外向机器人发送数据",
    "Group.CallbackBeforeCreateTopic": "创建话题之前",
    "Group.CallbackAfterCreateTopic": "创建话题之后",
    "Group.CallbackAfterTopicDestroyed": "解散话题之后",
    "Group.CallbackAfterTopicInfoChanged": "话题资料变更之后",
    "Group.CallbackBeforeCreateGroup": "创建群组之前",
    "Group.CallbackAfterCreateGroup": "创建群组之后",
    "Group.CallbackAfterGroupInfoChanged": "群资料变更之后",
    "Group.CallbackAfterGroupAttrChanged": "群自定义属性变更之后",
    "Group.CallbackAfterChangeGroupOwner": "转让群主之后",
    "Group.CallbackAfterGroupFull": "群组满员之后",
    "Group.CallbackAfterGroupDestroyed": "解散群组之后",
    "Group.CallbackOnDailyGroupQuotaAlarm": "当天新建群组的数量超过配额的 70%（不计已解散的群组）",
    "Group.CallbackBeforeApplyJoinGroup": "申请加群之前",
    "Group.CallbackBeforeInviteJoinGroup": "拉人入群之前",
    "Group.CallbackAfterNewMemberJoin": "新成员入群之后",
    "Group.CallbackAfterMemberExit": "群成员退群之后",
    "Group.CallbackAfterMemberFieldChanged": "群成员资料变更之后",
    "Group.CallbackOnMemberStateChange": "直播群成员上线或下线",
    "Group.CallbackBeforeSendMsg": "发送群消息之前",
    "Group.CallbackAfterSendMsg": "发送群消息之后",
    "Group.CallbackSendMsgException": "群消息发送异常",
    "Group.CallbackAfterRecallMsg": "撤回群消息之后",
    "Group.CallbackAfterReadReceipt": "发送群消息已读回执之后",
    "Group.CallbackAfterGroupMsgExtension": "群消息的消息扩展变更之后",
    "Group.CallbackAfterModifyMsg": "修改群聊历史消息之后",
    "OfficialAccount.CallbackBeforeCreateOfficialAccount": "创建公众号之前",
    "OfficialAccount.CallbackAfterCreateOfficialAccount": "创建公众号之后",
    "OfficialAccount.CallbackAfterOfficialAccountInfoChanged": "公众号资料变更之后",
    "OfficialAccount.CallbackAfterOfficialAccountDestroyed": "销毁公众号之后",
    "OfficialAccount.CallbackBeforeAddSubscriber": "订阅公众号之前",
    "OfficialAccount.CallbackAfterAddSubscriber": "订阅公众号之后",
    "OfficialAccount.CallbackAfterDeleteSubscriber": "取消订阅公众号之后",
    "OfficialAccount.CallbackAfterOfficialAccountFull": "公众号的订阅者达到上限之后",
    "OfficialAccount.CallbackBeforeSendMsg": "公众号发送消息之前",
    "OfficialAccount.CallbackAfterSendMsg": "公众号发送消息之后",
    "OfficialAccount.CallbackAfterMsgWithDraw": "公众号撤回消息之后",
    "Sns.CallbackPrevFriendAdd": "添加好友之前",
    "Sns.CallbackPrevFriendResponse": "回应好友申请之前",
    "Sns.CallbackFriendAdd": "添加好友之后",
    "Sns.CallbackFriendDelete": "删除好友之后",
    "Sns.CallbackBlackListAdd": "加入黑名单之后",
    "Sns.CallbackBlackListDelete": "移出黑名单之后",
    "Follow.CallbackAfterFollowAdd": "关注用户之后",
    "Follow.CallbackAfterFollowDelete": "取消关注之后",
    "Profile.CallbackPortraitSet": "设置资料之后",
    "State.StateChange": "用户上线或下线",
}


def page(words: Words) -> str:
    """Return the page: a section for each command."""
    parts = [f"(events)=\n# {words.events_title}\n\n{words.events_text}\n\n"]
    for command, event in EVENTS.items():
        doc = " ".join((event.__doc__ or "").partition("\n\n")[0].split())
        title = f"{_TITLES_ZH[command]}。" if words.folder == "zh" else ""
        parts.append(f"(event-{command.lower().replace('.', '-')})=\n## {command}\n\n")
        parts.append(f"{title}`{event.__name__}`{words.colon}{text(doc)}\n\n")
        rows = [[f"`{name}`", text(meaning)] for name, meaning in texts_of(event).items()]
        if rows:
            parts.append(table([words.field, words.meaning], rows))
    return "".join(parts)
