"""Official accounts, their subscribers and messages. Source: I60755 to I60763, I60810 to I60813.

A message is in the history of its account only, not in those of its subscribers, who have the time of the last one.

Where the documents are silent: an invalid request is 60003, an owner who is not imported 70107; a user who is not
imported, and every user beyond the maximum of an account, fails alone; a third message within an hour is 60007, like a
second one within a second; an unknown message has RetCode 20022, an already recalled one 20023. With a filter, only the
id and the fields that it names are returned. Without ReqMsgNumber a page of history has 20 messages. A message that
went to online subscribers only, or has expired, is a place without content, and a recalled one is returned only with
WithRecalledMsg. SelfInfo is the name that its filter suggests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from ..._api.checks import U32_MAX
from ...families.official_account import OfficialAccount
from ...models.common import Empty
from ...models.official_account import (
    MAX_PAGE,
    PREFIX,
    AddSubscribers,
    CreatedOfficialAccount,
    CreateOfficialAccount,
    DeleteSubscribers,
    DestroyOfficialAccount,
    GetOfficialAccounts,
    GetOfficialMsgs,
    GetSubscribed,
    GetSubscribers,
    ModifyOfficialAccount,
    ModifySubscriber,
    OfficialAccountInfo,
    OfficialAccounts,
    OfficialMsg,
    OfficialMsgs,
    OfficialRecallOutcome,
    OfficialRecallOutcomes,
    RecallOfficialMsgs,
    SendOfficialMsg,
    SentOfficialMsg,
    SubscribedAccount,
    SubscribedAccounts,
    SubscribedFilter,
    Subscriber,
    SubscriberOutcome,
    SubscriberOutcomes,
    Subscribers,
    Subscription,
)
from ...webhooks import (
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
from ..dispatch import Call, handles
from ..state.codes import AccountCode, CommonCode, GroupCode, MessageCode, OfficialAccountCode
from ..state.official_account import Channel, ChannelMsg, Channels
from ..state.refusal import Refusal, integer
from ._filters import keep
from ._message import check_body

_MAX_SUBSCRIBERS: Final = 100_000
_HOUR_S: Final = 3600
_MAX_MESSAGES_PER_HOUR: Final = 2
_HISTORY_PAGE: Final = 20

_FAILED, _DONE, _KNOWN = 0, 1, 2


def _refs(users: Iterable[str]) -> list[SubscriberRef]:
    return [SubscriberRef(subscriber_account=user) for user in users]


@handles(OfficialAccount.create)
def create(call: Call) -> CreatedOfficialAccount:
    """Create an official account."""
    channels = call.state.part(Channels)
    own = call.raw.get("OfficialAccountUserID")
    if isinstance(own, str) and not own.startswith(PREFIX):
        raise Refusal(OfficialAccountCode.ID_INVALID, f"OfficialAccountUserID must begin with {PREFIX}")
    request = call.read(CreateOfficialAccount, code=CommonCode.JSON_PARSE_FAILED)
    if request.official_account_user_id in channels.by_id:
        raise Refusal(
            OfficialAccountCode.ID_TAKEN,
            f"OfficialAccountUserID {request.official_account_user_id!r} is already in use",
        )
    if not call.state.knows(request.owner_account, call.now):
        raise Refusal(AccountCode.ACCOUNT_NOT_IMPORTED, f"Owner_Account {request.owner_account!r} is not imported")
    who = {"operator_account": call.identifier, "owner_account": request.owner_account, "name": request.name}
    call.ask(
        OfficialAccountBeforeCreateOfficialAccount(**who, event_time=call.now_ms), refused=GroupCode.WEBHOOK_REJECTED
    )
    official_account = request.official_account_user_id or f"{PREFIX}{next(channels.numbers)}"
    channels.by_id[official_account] = Channel(
        info=OfficialAccountInfo(
            name=request.name,
            owner_account=request.owner_account,
            last_msg_time=0,
            introduction=request.introduction or "",
            face_url=request.face_url or "",
            organization=request.organization or "",
            custom_string=request.custom_string or "",
            create_time=int(call.now),
        ),
        max_subscriber_num=request.max_subscriber_num or _MAX_SUBSCRIBERS,
    )
    call.emit(
        OfficialAccountAfterCreateOfficialAccount(official_account=official_account, **who, event_time=call.now_ms)
    )
    return CreatedOfficialAccount(official_account_user_id=official_account)


@handles(OfficialAccount.modify)
def modify(call: Call) -> Empty:
    """Change the given fields of an official account."""
    request = call.read(ModifyOfficialAccount, code=CommonCode.JSON_PARSE_FAILED)
    channel = call.state.part(Channels).find(request.official_account)
    for field in ("name", "introduction", "face_url", "organization", "custom_string"):
        value = getattr(request, field)
        if value is not None:
            setattr(channel.info, field, value)
    if request.max_subscriber_num is not None:
        channel.max_subscriber_num = request.max_subscriber_num
    changed = {field: getattr(request, field) for field in ("name", "introduction", "face_url", "organization")}
    if any(value is not None for value in changed.values()):
        call.emit(
            OfficialAccountAfterOfficialAccountInfoChanged(
                official_account=request.official_account,
                operator_account=call.identifier,
                **changed,
                event_time=call.now_ms,
            )
        )
    return Empty()


@handles(OfficialAccount.destroy)
def destroy(call: Call) -> Empty:
    """Delete an official account."""
    request = call.read(DestroyOfficialAccount, code=CommonCode.JSON_PARSE_FAILED)
    channels = call.state.part(Channels)
    info = channels.find(request.official_account).info
    del channels.by_id[request.official_account]
    call.emit(
        OfficialAccountAfterOfficialAccountDestroyed(
            official_account=request.official_account,
            owner_account=info.owner_account or "",
            name=info.name or "",
            event_time=call.now_ms,
        )
    )
    return Empty()


@handles(OfficialAccount.get)
def get(call: Call) -> OfficialAccounts:
    """Return the profiles of official accounts."""
    request = call.read(GetOfficialAccounts, code=CommonCode.JSON_PARSE_FAILED)
    wanted = request.response_filter.official_account_base_info_filter if request.response_filter else None
    infos: list[OfficialAccountInfo] = []
    for item in request.official_account_id_list:
        channel = call.state.part(Channels).find(item.official_account)
        infos.append(keep(_info(item.official_account, channel), wanted, always=("official_account",)))
    return OfficialAccounts(official_account_info_list=infos)


@handles(OfficialAccount.get_subscribers)
def get_subscribers(call: Call) -> Subscribers:
    """Return a page of the subscribers, in the order of subscription."""
    request = call.read(GetSubscribers, code=CommonCode.JSON_PARSE_FAILED)
    subscribers = list(call.state.part(Channels).find(request.official_account).subscribers.values())
    if request.next and not (request.next.isdecimal() and len(request.next) <= 18):
        raise Refusal(CommonCode.JSON_PARSE_FAILED, "Next is not a cursor from an answer")
    start = int(request.next or 0)
    end = start + (request.limit or MAX_PAGE)
    return Subscribers(
        next=str(end) if end < len(subscribers) else "",
        subscriber_num=len(subscribers),
        subscriber_list=subscribers[start:end],
    )


@handles(OfficialAccount.add_subscribers)
def add_subscribers(call: Call) -> SubscriberOutcomes:
    """Subscribe users; each that cannot subscribe fails alone."""
    request = call.read(AddSubscribers, code=CommonCode.JSON_PARSE_FAILED)
    channel = call.state.part(Channels).find(request.official_account)
    event = OfficialAccountBeforeAddSubscriber(
        official_account=request.official_account,
        operator_account=call.identifier,
        subscribe_account_list=_refs(item.subscriber_account for item in request.subscriber_list),
        event_time=call.now_ms,
    )
    verdict = call.ask(event, refused=GroupCode.WEBHOOK_REJECTED)
    outcomes: list[SubscriberOutcome] = []
    for item in request.subscriber_list:
        user = item.subscriber_account
        if user in channel.subscribers:
            result = _KNOWN
        elif (
            user in verdict.refused
            or not call.state.knows(user, call.now)
            or len(channel.subscribers) >= channel.max_subscriber_num
        ):
            result = _FAILED
        else:
            channel.subscribers[user] = Subscriber(
                subscriber_account=user,
                subscribe_time=int(call.now),
                custom_string="",
                msg_flag="AcceptAndNotify",
            )
            result = _DONE
        outcomes.append(SubscriberOutcome(subscriber_account=user, result=result))
    fresh = [outcome.subscriber_account for outcome in outcomes if outcome.result == _DONE]
    if fresh:
        call.emit(
            OfficialAccountAfterAddSubscriber(
                official_account=request.official_account,
                operator_account=call.identifier,
                subscribe_account_list=_refs(fresh),
                event_time=call.now_ms,
            )
        )
    if fresh and len(channel.subscribers) >= channel.max_subscriber_num:
        call.emit(
            OfficialAccountAfterOfficialAccountFull(official_account=request.official_account, event_time=call.now_ms)
        )
    return SubscriberOutcomes(subscriber_list=outcomes)


@handles(OfficialAccount.delete_subscribers)
def delete_subscribers(call: Call) -> SubscriberOutcomes:
    """Unsubscribe users; each that has not subscribed fails alone."""
    request = call.read(DeleteSubscribers, code=CommonCode.JSON_PARSE_FAILED)
    channel = call.state.part(Channels).find(request.official_account)
    outcomes = [
        SubscriberOutcome(subscriber_account=user, result=int(channel.subscribers.pop(user, None) is not None))
        for user in request.subscriber_to_del_account
    ]
    gone = [outcome.subscriber_account for outcome in outcomes if outcome.result == _DONE]
    if gone:
        call.emit(
            OfficialAccountAfterDeleteSubscriber(
                official_account=request.official_account,
                operator_account=call.identifier,
                subscribe_account_list=_refs(gone),
                event_time=call.now_ms,
            )
        )
    return SubscriberOutcomes(subscriber_list=outcomes)


@handles(OfficialAccount.modify_subscriber)
def modify_subscriber(call: Call) -> Empty:
    """Change the custom string of a subscription."""
    request = call.read(ModifySubscriber, code=CommonCode.JSON_PARSE_FAILED)
    subscriber = call.state.part(Channels).find(request.official_account).subscribers.get(request.subscriber_account)
    if subscriber is None:
        raise Refusal(OfficialAccountCode.NOT_SUBSCRIBED, f"{request.subscriber_account!r} has not subscribed")
    subscriber.custom_string = request.custom_string
    return Empty()


@handles(OfficialAccount.get_subscribed)
def get_subscribed(call: Call) -> SubscribedAccounts:
    """Return a page of the official accounts that a user has subscribed to, in the order they were created."""
    request = call.read(GetSubscribed, code=CommonCode.JSON_PARSE_FAILED)
    user, wanted = request.subscriber_account, request.response_filter or SubscribedFilter()
    found = [item for item in call.state.part(Channels).by_id.items() if user in item[1].subscribers]
    start = request.offset or 0
    page: list[SubscribedAccount] = []
    for official_account, channel in found[start : start + (request.limit or MAX_PAGE)]:
        own = channel.subscribers[user]
        mine = Subscription(subscribe_time=own.subscribe_time, custom_string=own.custom_string)
        info = SubscribedAccount(
            **msgspec.structs.asdict(_info(official_account, channel)), self_info=keep(mine, wanted.self_info_filter)
        )
        page.append(keep(info, wanted.official_account_base_info_filter, always=("official_account", "self_info")))
    return SubscribedAccounts(total_count=len(found), official_account_info_list=page)


def _info(official_account: str, channel: Channel) -> OfficialAccountInfo:
    return msgspec.structs.replace(
        channel.info,
        official_account=official_account,
        subscriber_num=len(channel.subscribers),
        max_subscriber_num=channel.max_subscriber_num,
    )


@handles(OfficialAccount.send)
def send(call: Call) -> SentOfficialMsg:
    """Send a message, unless it is a repeat or the hourly limit is reached."""
    channels = call.state.part(Channels)
    random = integer(call.raw, "Random", 0, U32_MAX, code=CommonCode.JSON_PARSE_FAILED)
    check_body(call.raw)
    request = call.read(SendOfficialMsg, code=CommonCode.JSON_PARSE_FAILED)
    channel = channels.find(request.official_account)
    first = channels.sent.find((request.official_account, random), call.now)
    if first is not None:
        return first
    if sum(call.now - each.at < _HOUR_S for each in channel.messages.values()) >= _MAX_MESSAGES_PER_HOUR:
        raise Refusal(
            CommonCode.REST_RATE_LIMITED,
            f"an official account can send at most {_MAX_MESSAGES_PER_HOUR} messages an hour",
        )
    event = OfficialAccountBeforeSendMsg(
        official_account=request.official_account,
        online_only_flag=request.online_only_flag or 0,
        msg_body=request.msg_body,
        cloud_custom_data=request.cloud_custom_data,
        event_time=call.now_ms,
    )
    verdict = call.ask(event, refused=GroupCode.WEBHOOK_REJECTED)
    seq = next(channels.numbers)
    key = f"{seq}_1_{int(call.now)}"
    result = SentOfficialMsg(msg_time=int(call.now), msg_key=key)
    channels.sent.add((request.official_account, random), call.now, result)
    if verdict.is_dropped:
        return result
    body = request.msg_body if verdict.msg_body is None else verdict.msg_body
    channel.messages[key] = ChannelMsg(seq=seq, at=call.now, body=None if request.online_only_flag == 1 else body)
    channel.info.last_msg_time = int(call.now)
    for subscriber in channel.subscribers.values():
        subscriber.last_send_msg_time = int(call.now)
    data = request.cloud_custom_data if verdict.cloud_custom_data is None else verdict.cloud_custom_data
    call.emit(
        OfficialAccountAfterSendMsg(
            official_account=request.official_account,
            msg_key=key,
            msg_time=result.msg_time,
            online_only_flag=event.online_only_flag,
            msg_body=body,
            cloud_custom_data=data,
            event_time=call.now_ms,
        )
    )
    return result


@handles(OfficialAccount.recall)
def recall(call: Call) -> OfficialRecallOutcomes:
    """Recall messages; each that cannot be recalled fails alone."""
    request = call.read(RecallOfficialMsgs, code=CommonCode.JSON_PARSE_FAILED)
    channel = call.state.part(Channels).find(request.official_account)
    outcomes: list[OfficialRecallOutcome] = []
    for key in request.msg_key_list:
        code = (
            MessageCode.RECALL_NOT_FOUND
            if key not in channel.messages
            else MessageCode.ALREADY_RECALLED
            if key in channel.recalled
            else 0
        )
        if code == 0:
            channel.recalled.add(key)
        outcomes.append(OfficialRecallOutcome(msg_key=key, ret_code=code))
    recalled = [MsgKeyRef(msg_key=outcome.msg_key) for outcome in outcomes if outcome.ret_code == 0]
    if recalled:
        call.emit(
            OfficialAccountAfterMsgWithDraw(
                official_account=request.official_account, withdraw_msg_list=recalled, event_time=call.now_ms
            )
        )
    return OfficialRecallOutcomes(recall_ret_list=outcomes)


@handles(OfficialAccount.get_messages)
def get_messages(call: Call) -> OfficialMsgs:
    """Return a page of the history, newer messages first."""
    request = call.read(GetOfficialMsgs, code=CommonCode.JSON_PARSE_FAILED)
    channel = call.state.part(Channels).find(request.official_account)
    keys = [key for key in reversed(channel.messages) if request.with_recalled_msg == 1 or key not in channel.recalled]
    if request.last_msg_key:
        last = channel.messages.get(request.last_msg_key)
        if last is None:
            raise Refusal(CommonCode.JSON_PARSE_FAILED, "LastMsgKey is not from an answer")
        keys = [key for key in keys if channel.messages[key].seq < last.seq]
    page = keys[: request.req_msg_number or _HISTORY_PAGE]
    oldest = call.state.oldest(call.now)
    return OfficialMsgs(
        official_account=request.official_account,
        is_finished=int(len(page) == len(keys)),
        last_msg_key=page[-1] if page else request.last_msg_key or "",
        rsp_msg_list=[_stored(request.official_account, key, channel.messages[key], oldest) for key in page],
    )


def _stored(sender: str, key: str, message: ChannelMsg, oldest: float) -> OfficialMsg:
    """Return a message as history has it; for one that is not stored, or no longer, only its place."""
    if message.body is None or message.at < oldest:
        return OfficialMsg(is_place_msg=1, msg_seq=message.seq, msg_key=key)
    return OfficialMsg(
        from_account=sender,
        msg_body=list(message.body),
        msg_seq=message.seq,
        msg_key=key,
        msg_time_stamp=int(message.at),
    )
