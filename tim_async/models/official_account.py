"""Official accounts, their subscribers and messages.

Source: I60755 to I60763, I60810 to I60813; sending, I60810, is known from an SDK.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import (
    U32_MAX,
    check_account,
    check_accounts,
    check_choice,
    check_given,
    check_items,
    check_list,
    check_range,
    check_text,
)
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError
from .elements import Element, check_body
from .message import ForbidCallback, SendMsgControl, next_random
from .offline_push import OfflinePushInfo

PREFIX: Final = "@TOA#_"
MAX_SUBSCRIBERS: Final = 100
MAX_PAGE: Final = 200
MAX_READ: Final = 50
MAX_RECALLS: Final = 10
MAX_REASON_BYTES: Final = 100
# Bytes of UTF-8.
_SIZES: Final = {"name": 150, "introduction": 400, "face_url": 500, "organization": 500, "custom_string": 3000}


class _Base(Request, kw_only=True):
    """The profile of an official account.

    Attributes:
        name: at most 150 bytes.
        introduction: at most 400 bytes.
        face_url: avatar URL, at most 500 bytes.
        max_subscriber_num: maximum number of subscribers; 100000 is the default.
        organization: the organization behind it, at most 500 bytes.
        custom_string: the app's own data, at most 3000 bytes.
    """

    name: str | None = None
    introduction: str | None = None
    face_url: str | None = None
    max_subscriber_num: int | None = None
    organization: str | None = None
    custom_string: str | None = None

    def check(self) -> None:
        """Check sizes."""
        for field, high in _SIZES.items():
            check_text(field, getattr(self, field), high, low=1 if field == "name" else 0)
        check_range("max_subscriber_num", self.max_subscriber_num, 1, U32_MAX)


class CreateOfficialAccount(_Base, kw_only=True):
    """Create an official account. Source: I60755.

    Attributes:
        owner_account: the account that owns it.
        official_account_user_id: a custom id, which begins with @TOA#_; absent lets the service generate one.
        name: 1 to 150 bytes.
        introduction: at most 400 bytes.
        face_url: avatar URL, at most 500 bytes.
        max_subscriber_num: maximum number of subscribers; 100000 is the default.
        organization: the organization behind it, at most 500 bytes.
        custom_string: the app's own data, at most 3000 bytes.
    """

    owner_account: str
    official_account_user_id: str | None = None
    name: str

    def check(self) -> None:
        """Check owner, id and sizes."""
        check_account("owner_account", self.owner_account)
        own = self.official_account_user_id
        if own is not None:
            check_given("official_account_user_id", own)
            if not own.startswith(PREFIX):
                raise UsageError(f"official_account_user_id must begin with {PREFIX}", field="official_account_user_id")
        super().check()


class CreatedOfficialAccount(Result, kw_only=True):
    """An official account that was created. Source: I60755.

    Attributes:
        official_account_user_id: its id.
    """

    official_account_user_id: str = always("")


class ModifyOfficialAccount(_Base, kw_only=True):
    """Change the profile of an official account. Source: I60757.

    Attributes:
        official_account: its id.
        name: 1 to 150 bytes.
        introduction: at most 400 bytes.
        face_url: avatar URL, at most 500 bytes.
        max_subscriber_num: maximum number of subscribers.
        organization: the organization behind it, at most 500 bytes.
        custom_string: the app's own data, at most 3000 bytes.
    """

    _older: ClassVar = {"OfficialAccount": "Official_Account"}
    official_account: str

    def check(self) -> None:
        """Check id and sizes."""
        check_given("official_account", self.official_account)
        super().check()


class DestroyOfficialAccount(Request, kw_only=True):
    """Delete an official account. Source: I60756.

    Attributes:
        official_account: its id.
    """

    official_account: str

    def check(self) -> None:
        """Check the id."""
        check_given("official_account", self.official_account)


class OfficialAccountItem(WireStruct, kw_only=True):
    """One official account of a list.

    Attributes:
        official_account: its id.
    """

    official_account: str


class InfoFilter(WireStruct, kw_only=True):
    """The fields of official accounts to return.

    Attributes:
        official_account_base_info_filter: wire names of fields, such as `Name`.
    """

    official_account_base_info_filter: Sequence[str] | None = None


class GetOfficialAccounts(Request, kw_only=True):
    """Read the profiles of official accounts. Source: I60758.

    Attributes:
        official_account_id_list: the accounts, 1 to 50.
        response_filter: the fields to return; absent is all.
    """

    official_account_id_list: Sequence[OfficialAccountItem]
    response_filter: InfoFilter | None = None

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_items("official_account_id_list", self.official_account_id_list, 1, MAX_READ)
        for index, item in enumerate(self.official_account_id_list):
            check_given(f"official_account_id_list[{index}].official_account", item.official_account)


class OfficialAccountInfo(WireStruct, kw_only=True):
    """The profile of an official account; fields that were not requested are None. Source: I60813.

    Attributes:
        official_account: its id.
        name: its name.
        owner_account: the account that owns it.
        last_msg_time: unix seconds of its last message.
        subscriber_num: number of subscribers.
        introduction: its introduction.
        face_url: avatar URL.
        organization: the organization behind it.
        custom_string: the app's own data.
        create_time: unix seconds.
        max_subscriber_num: maximum number of subscribers.
    """

    official_account: str | None = None
    name: str | None = None
    owner_account: str | None = None
    last_msg_time: int | None = None
    subscriber_num: int | None = None
    introduction: str | None = None
    face_url: str | None = None
    organization: str | None = None
    custom_string: str | None = None
    create_time: int | None = None
    max_subscriber_num: int | None = None


class OfficialAccounts(Result, kw_only=True):
    """The profiles of official accounts. Source: I60758, I60813.

    Attributes:
        official_account_info_list: one entry per account.
    """

    official_account_info_list: list[OfficialAccountInfo] = msgspec.field(default_factory=list)


class GetSubscribers(Request, kw_only=True):
    """Read one page of the subscribers. Source: I60759.

    Attributes:
        official_account: the account's id.
        limit: subscribers per page, 1 to 200.
        next: "" for the first page, then `next` of the previous answer.
    """

    official_account: str
    limit: int | None = None
    next: str

    def check(self) -> None:
        """Check id and page."""
        check_given("official_account", self.official_account)
        check_range("limit", self.limit, 1, MAX_PAGE)


class Subscriber(WireStruct, kw_only=True):
    """A subscriber.

    Attributes:
        subscriber_account: the user.
        subscribe_time: unix seconds.
        custom_string: the app's own data about the subscription.
        msg_flag: how the user receives messages.
        last_send_msg_time: unix seconds of the last message.
    """

    subscriber_account: str = always("")
    subscribe_time: int = always(0)
    custom_string: str | None = None
    msg_flag: str | None = None
    last_send_msg_time: int | None = None


class Subscribers(Result, kw_only=True):
    """One page of the subscribers. Source: I60759.

    Attributes:
        next: the place of the next page; "" after the last one.
        subscriber_num: total number of subscribers.
        subscriber_list: the subscribers of this page.
    """

    next: str = always("")
    subscriber_num: int = always(0)
    subscriber_list: list[Subscriber] = msgspec.field(default_factory=list)


class SubscriberItem(WireStruct, kw_only=True):
    """One user of a list.

    Attributes:
        subscriber_account: the user.
    """

    subscriber_account: str


class AddSubscribers(Request, kw_only=True):
    """Subscribe 1 to 100 users. Source: I60760.

    Attributes:
        official_account: the account's id.
        subscriber_list: the users, 1 to 100.
    """

    official_account: str
    subscriber_list: Sequence[SubscriberItem]

    def check(self) -> None:
        """Check id and users."""
        check_given("official_account", self.official_account)
        check_items("subscriber_list", self.subscriber_list, 1, MAX_SUBSCRIBERS)
        for index, item in enumerate(self.subscriber_list):
            check_account(f"subscriber_list[{index}].subscriber_account", item.subscriber_account)


class DeleteSubscribers(Request, kw_only=True):
    """Unsubscribe users. Source: I60761.

    Attributes:
        official_account: the account's id.
        subscriber_to_del_account: the users.
    """

    official_account: str
    subscriber_to_del_account: Sequence[str]

    def check(self) -> None:
        """Check id and users."""
        check_given("official_account", self.official_account)
        check_accounts("subscriber_to_del_account", self.subscriber_to_del_account, 1, U32_MAX)


class SubscriberOutcome(WireStruct, kw_only=True):
    """Outcome for one user.

    Attributes:
        subscriber_account: the user.
        result: 0 failed, 1 done, 2 was already subscribed.
    """

    subscriber_account: str = always("")
    result: int = always(0)


class SubscriberOutcomes(PartialResult, kw_only=True):
    """Outcome user by user. Source: I60760.

    Attributes:
        subscriber_list: one entry per user.
    """

    subscriber_list: list[SubscriberOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[SubscriberOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.subscriber_list if outcome.result == 0]


class ModifySubscriber(Request, kw_only=True):
    """Change the app's data about a subscription. Source: I60762.

    Attributes:
        official_account: the account's id.
        subscriber_account: the user.
        custom_string: the data.
    """

    official_account: str
    subscriber_account: str
    custom_string: str

    def check(self) -> None:
        """Check id and user."""
        check_given("official_account", self.official_account)
        check_account("subscriber_account", self.subscriber_account)


class SubscribedFilter(InfoFilter, kw_only=True):
    """The fields of official accounts and of the subscription to return.

    Attributes:
        official_account_base_info_filter: wire names of fields of the accounts, such as `Name`.
        self_info_filter: wire names of fields of the subscription.
    """

    self_info_filter: Sequence[str] | None = None


class GetSubscribed(Request, kw_only=True):
    """Read the official accounts that a user has subscribed to. Source: I60763.

    Attributes:
        subscriber_account: the user.
        limit: accounts per page, 1 to 200; 200 is the default.
        offset: number to skip, from 0.
        response_filter: the fields to return; absent is all.
    """

    subscriber_account: str
    limit: int | None = None
    offset: int | None = None
    response_filter: SubscribedFilter | None = None

    def check(self) -> None:
        """Check user and page."""
        check_account("subscriber_account", self.subscriber_account)
        check_range("limit", self.limit, 1, MAX_PAGE)
        check_range("offset", self.offset, 0, U32_MAX)


class Subscription(WireStruct, kw_only=True):
    """A user's subscription to an official account; fields that were not requested are None.

    Attributes:
        subscribe_time: unix seconds.
        custom_string: the app's own data about the subscription.
    """

    subscribe_time: int | None = None
    custom_string: str | None = None


class SubscribedAccount(OfficialAccountInfo, kw_only=True):
    """An official account that a user has subscribed to; fields that were not requested are None.

    Attributes:
        self_info: the user's own subscription.
    """

    self_info: Subscription | None = None


class SubscribedAccounts(Result, kw_only=True):
    """Official accounts that a user has subscribed to. Source: I60763, whose table of the answer was not read.

    Attributes:
        total_count: total number of accounts.
        official_account_info_list: those of this page.
    """

    total_count: int = always(0)
    official_account_info_list: list[SubscribedAccount] = msgspec.field(default_factory=list)


class SendOfficialMsg(Request, kw_only=True):
    """Send a message to all subscribers. Source: I60810.

    An account may send one message a second, and two an hour. If `random` is not given, the call fills it in before the
    first attempt; every attempt then sends the same bytes, and the service drops the repeat.

    Attributes:
        official_account: the account's id.
        random: u32; the message's identity: the service drops a second message with the same value within five minutes.
        msg_body: 1 or more elements, at most one of them a custom element.
        offline_push_info: offline push settings.
        forbid_callback_control: webhooks to leave out.
        online_only_flag: 1 only online subscribers get it; 0 is the default.
        send_msg_control: NoLastMsg leaves the conversation list as it is.
        cloud_custom_data: stored with the message and delivered.
    """

    _identity: ClassVar = {"random": next_random}
    official_account: str
    random: int | None = None
    msg_body: Sequence[Element]
    offline_push_info: OfflinePushInfo | None = None
    forbid_callback_control: Sequence[ForbidCallback] | None = None
    online_only_flag: Literal[0, 1] | None = None
    send_msg_control: Sequence[SendMsgControl] | None = None
    cloud_custom_data: str | None = None

    def check(self) -> None:
        """Check id, ranges and elements."""
        check_given("official_account", self.official_account)
        check_range("random", self.random, 0, U32_MAX)
        check_body(self.msg_body)
        check_choice("online_only_flag", self.online_only_flag, (0, 1))
        if self.offline_push_info is not None:
            self.offline_push_info.check()


class SentOfficialMsg(Result, kw_only=True):
    """A message that was accepted. Source: I60810.

    Attributes:
        msg_time: unix seconds at which the service accepted it.
        msg_key: the message's key, for recalling it, at most 50 characters.
    """

    msg_time: int = always(0)
    msg_key: str = always("")


class RecallOfficialMsgs(Request, kw_only=True):
    """Recall 1 to 10 messages. Source: I60811.

    Attributes:
        official_account: the account's id.
        msg_key_list: the messages, 1 to 10.
        reason: at most 100 bytes.
    """

    official_account: str
    msg_key_list: Sequence[str]
    reason: str | None = None

    def check(self) -> None:
        """Check id, messages and size."""
        check_given("official_account", self.official_account)
        check_list("msg_key_list", self.msg_key_list)
        check_items("msg_key_list", self.msg_key_list, 1, MAX_RECALLS)
        for index, key in enumerate(self.msg_key_list):
            check_given(f"msg_key_list[{index}]", key)
        check_text("reason", self.reason, MAX_REASON_BYTES)


class OfficialRecallOutcome(WireStruct, kw_only=True):
    """Outcome for one message.

    Attributes:
        msg_key: the message.
        ret_code: 0 when it was recalled.
    """

    msg_key: str = always("")
    ret_code: int = always(0)


class OfficialRecallOutcomes(PartialResult, kw_only=True):
    """Outcome message by message. Source: I60811.

    Attributes:
        recall_ret_list: one entry per message.
    """

    recall_ret_list: list[OfficialRecallOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[OfficialRecallOutcome]:
        """The messages that were not recalled."""
        return [outcome for outcome in self.recall_ret_list if outcome.ret_code != 0]


class GetOfficialMsgs(Request, kw_only=True):
    """Read a page of the history of an official account. Source: I60812, C102299.

    Attributes:
        official_account: the account's id.
        last_msg_key: `last_msg_key` of the previous answer; absent begins at the newest.
        req_msg_number: number of messages to return, at least 1; the default is not documented.
        with_recalled_msg: 1 includes recalled messages; 0 is the default.
    """

    official_account: str
    last_msg_key: str | None = None
    req_msg_number: int | None = None
    with_recalled_msg: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check id and ranges."""
        check_given("official_account", self.official_account)
        check_range("req_msg_number", self.req_msg_number, 1, U32_MAX)
        check_choice("with_recalled_msg", self.with_recalled_msg, (0, 1))


class OfficialMsg(WireStruct, kw_only=True):
    """One message of an official account's history.

    Attributes:
        from_account: the sender.
        is_place_msg: 0 a message; 1 the place of one that has expired, was not stored or was deleted.
        msg_body: its elements; unknown kinds are `RawElem`.
        msg_seq: its number.
        msg_key: the message's key, for `recall`.
        msg_time_stamp: unix seconds.
    """

    from_account: str | None = None
    is_place_msg: int = always(0)
    msg_body: list[Element] | None = None
    msg_seq: int = always(0)
    msg_key: str = always("")
    msg_time_stamp: int | None = None


class OfficialMsgs(Result, kw_only=True):
    """A page of an official account's history, newer messages first. Source: I60812, C102299.

    Attributes:
        official_account: the account's id.
        is_finished: 1 on the last page.
        last_msg_key: `last_msg_key` for the next page.
        rsp_msg_list: the messages.
    """

    official_account: str = always("")
    is_finished: int = always(0)
    last_msg_key: str = always("")
    rsp_msg_list: list[OfficialMsg] = msgspec.field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.is_finished == 1
