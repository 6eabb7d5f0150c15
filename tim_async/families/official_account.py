"""Official accounts, their subscribers and messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, Literal

from .._api.endpoint import HOUR_S, NOT_SEEN, Endpoint, Family, Rate
from ..models.common import Empty
from ..models.official_account import (
    MAX_PAGE,
    MAX_SUBSCRIBERS,
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
    OfficialAccounts,
    OfficialMsg,
    OfficialMsgs,
    OfficialRecallOutcomes,
    RecallOfficialMsgs,
    SendOfficialMsg,
    SentOfficialMsg,
    SubscribedAccount,
    SubscribedAccounts,
    Subscriber,
    SubscriberItem,
    SubscriberOutcomes,
    Subscribers,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_by_offset, pages

# Messages per page of history; the service's maximum is not documented.
PAGE_SIZE: Final = 20


class OfficialAccount(Family, name="official_account"):
    """Official accounts, their subscribers and messages."""

    create: Final = Endpoint(
        "official_account_open_http_svc/create_official_account",
        CreateOfficialAccount,
        CreatedOfficialAccount,
        doc="I60755",
    )
    """Create an official account."""
    modify: Final = Endpoint(
        "official_account_open_http_svc/modify_official_account_base_info",
        ModifyOfficialAccount,
        Empty,
        doc="I60757",
        repeat="always",
    )
    """Change the profile of an official account."""
    destroy: Final = Endpoint(
        "official_account_open_http_svc/destroy_official_account",
        DestroyOfficialAccount,
        Empty,
        doc="I60756",
        danger="deletes",
    )
    """Delete an official account."""
    get: Final = Endpoint(
        "official_account_open_http_svc/get_official_account_info",
        GetOfficialAccounts,
        OfficialAccounts,
        doc="I60758",
        not_read="its answer's table",
        repeat="always",
    )
    """Read the profiles of 1 to 50 official accounts."""
    get_subscribers: Final = Endpoint(
        "official_account_open_http_svc/get_subscriber_info",
        GetSubscribers,
        Subscribers,
        doc="I60759",
        repeat="always",
    )
    """Read one page of the subscribers."""
    add_subscribers: Final = Endpoint(
        "official_account_open_http_svc/add_subscriber",
        AddSubscribers,
        SubscriberOutcomes,
        doc="I60760",
        repeat="always",
    )
    """Subscribe 1 to 100 users; users who were already subscribed do not fail."""
    delete_subscribers: Final = Endpoint(
        "official_account_open_http_svc/delete_subscriber",
        DeleteSubscribers,
        SubscriberOutcomes,
        doc="I60761",
        danger="excludes",
    )
    """Unsubscribe users."""
    modify_subscriber: Final = Endpoint(
        "official_account_open_http_svc/modify_subscriber_info",
        ModifySubscriber,
        Empty,
        doc="I60762",
        repeat="always",
    )
    """Change the app's custom data of a subscription."""
    get_subscribed: Final = Endpoint(
        "official_account_open_http_svc/get_subscribed_official_account_list",
        GetSubscribed,
        SubscribedAccounts,
        doc="I60763",
        not_read="its answer's table",
        repeat="always",
    )
    """Read one page of a user's subscribed official accounts."""
    send: Final = Endpoint(
        "official_account_open_http_svc/send_official_account_msg",
        SendOfficialMsg,
        SentOfficialMsg,
        doc="I60810",
        not_read=NOT_SEEN,
        limits=(Rate(1, key="official_account"), Rate(2, per=HOUR_S, key="official_account"), Rate(200)),
        repeat="identity",
        has_body_limit=True,
        danger="reaches_all",
    )
    """Send a message to all subscribers: one a second, and two an hour per official account.

    The third within an hour raises `WaitTooLongError` with the time.
    """
    recall: Final = Endpoint(
        "official_account_open_http_svc/official_account_msg_recall",
        RecallOfficialMsgs,
        OfficialRecallOutcomes,
        doc="I60811",
        danger="deletes",
    )
    """Recall 1 to 10 messages."""
    get_messages: Final = Endpoint(
        "official_account_open_http_svc/official_account_msg_get_simple",
        GetOfficialMsgs,
        OfficialMsgs,
        doc="I60812",
        repeat="always",
    )
    """Read one page of an official account's history, newest messages first."""

    async def add_subscribers_all(
        self, official_account: str, accounts: Items[str]
    ) -> Chunked[str, SubscriberOutcomes]:
        """Subscribe any number of users, 100 per call.

        Args:
            official_account: the account's id.
            accounts: the users.
        """

        async def add(chunk: Sequence[str]) -> SubscriberOutcomes:
            items = [SubscriberItem(subscriber_account=account) for account in chunk]
            return await self.add_subscribers(official_account=official_account, subscriber_list=items)

        return await in_chunks("accounts", accounts, MAX_SUBSCRIBERS, add)

    async def iter_subscribers(self, official_account: str, *, page_size: int = MAX_PAGE) -> AsyncIterator[Subscriber]:
        """Read the subscribers, fetching pages on demand.

        Args:
            official_account: the account's id.
            page_size: subscribers per call, 1 to 200.
        """
        walk = pages(
            OfficialAccount.get_subscribers.command,
            lambda place: self.get_subscribers(official_account=official_account, limit=page_size, next=place),
            "",
            lambda page: page.next or None,
        )
        async for page in walk:
            for subscriber in page.subscriber_list:
                yield subscriber

    def iter_subscribed(
        self, subscriber_account: str, *, page_size: int = MAX_PAGE
    ) -> AsyncIterator[SubscribedAccount]:
        """Read a user's subscribed official accounts, fetching pages on demand.

        Args:
            subscriber_account: the user.
            page_size: accounts per call, 1 to 200.
        """
        return entries_by_offset(
            OfficialAccount.get_subscribed.command,
            lambda offset: self.get_subscribed(subscriber_account=subscriber_account, limit=page_size, offset=offset),
            lambda page: page.official_account_info_list,
            lambda page: page.total_count,
        )

    async def iter_messages(
        self, official_account: str, *, page_size: int = PAGE_SIZE, with_recalled_msg: Literal[0, 1] | None = None
    ) -> AsyncIterator[OfficialMsg]:
        """Read an official account's messages, newest first, fetching pages on demand.

        Args:
            official_account: the account's id.
            page_size: messages per call.
            with_recalled_msg: 1 includes recalled messages.
        """
        walk = pages(
            OfficialAccount.get_messages.command,
            lambda key: self.get_messages(
                official_account=official_account,
                last_msg_key=key or None,
                req_msg_number=page_size,
                with_recalled_msg=with_recalled_msg,
            ),
            "",
            lambda page: None if page.is_complete else page.last_msg_key or None,
        )
        async for page in walk:
            for message in page.rsp_msg_list:
                yield message
