"""Official accounts, their subscribers and messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from .._api.endpoint import NOT_SEEN, Endpoint, Family, Rate
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
    OfficialRecallOutcomes,
    RecallOfficialMsgs,
    SendOfficialMsg,
    SentOfficialMsg,
    Subscriber,
    SubscriberItem,
    SubscriberOutcomes,
    Subscribers,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class OfficialAccount(Family, name="official_account"):
    """Official accounts, their subscribers and messages.

    The answers of `get_subscribed` and `get_messages` are not documented: these two report no more than that it went
    well, and `client.request` with their commands gives all that the service says.
    """

    create = Endpoint(
        "official_account_open_http_svc/create_official_account",
        CreateOfficialAccount,
        CreatedOfficialAccount,
        doc="I60755",
    )
    """Create an official account."""
    modify = Endpoint(
        "official_account_open_http_svc/modify_official_account_base_info",
        ModifyOfficialAccount,
        Empty,
        doc="I60757",
        repeat="always",
    )
    """Change the profile of an official account."""
    destroy = Endpoint(
        "official_account_open_http_svc/destroy_official_account",
        DestroyOfficialAccount,
        Empty,
        doc="I60756",
    )
    """Delete an official account."""
    get = Endpoint(
        "official_account_open_http_svc/get_official_account_info",
        GetOfficialAccounts,
        OfficialAccounts,
        doc="I60758",
        not_read="its answer's table",
        repeat="always",
    )
    """Read the profiles of official accounts."""
    get_subscribers = Endpoint(
        "official_account_open_http_svc/get_subscriber_info",
        GetSubscribers,
        Subscribers,
        doc="I60759",
        repeat="always",
    )
    """Read one page of the subscribers."""
    add_subscribers = Endpoint(
        "official_account_open_http_svc/add_subscriber",
        AddSubscribers,
        SubscriberOutcomes,
        doc="I60760",
        repeat="always",
    )
    """Subscribe 1 to 100 users; those who had subscribed before have not failed."""
    delete_subscribers = Endpoint(
        "official_account_open_http_svc/delete_subscriber",
        DeleteSubscribers,
        SubscriberOutcomes,
        doc="I60761",
    )
    """Unsubscribe users."""
    modify_subscriber = Endpoint(
        "official_account_open_http_svc/modify_subscriber_info",
        ModifySubscriber,
        Empty,
        doc="I60762",
        repeat="always",
    )
    """Change the app's own data about a subscription."""
    get_subscribed = Endpoint(
        "official_account_open_http_svc/get_subscribed_official_account_list",
        GetSubscribed,
        Empty,
        doc="I60763",
        not_read="its answer's table",
        repeat="always",
    )
    """Read which official accounts a user has subscribed to. The answer's fields are not documented."""
    # The two messages an hour are no rate of the line: a call would wait half an hour for its turn, unheard.
    send = Endpoint(
        "official_account_open_http_svc/send_official_account_msg",
        SendOfficialMsg,
        SentOfficialMsg,
        doc="I60810",
        not_read=NOT_SEEN,
        limits=(Rate(1, key="official_account"), Rate(200)),
        repeat="identity",
        has_body_limit=True,
    )
    """Send a message to all subscribers."""
    recall = Endpoint(
        "official_account_open_http_svc/official_account_msg_recall",
        RecallOfficialMsgs,
        OfficialRecallOutcomes,
        doc="I60811",
    )
    """Recall 1 to 10 messages."""
    get_messages = Endpoint(
        "official_account_open_http_svc/official_account_msg_get_simple",
        GetOfficialMsgs,
        Empty,
        doc="I60812",
        repeat="always",
    )
    """Read the history of an official account. The answer's fields are not documented."""

    async def add_subscribers_all(
        self, official_account: str, accounts: Items[str]
    ) -> Chunked[str, SubscriberOutcomes]:
        """Subscribe any number of users, 100 a call.

        Args:
            official_account: the account's id.
            accounts: the users.
        """

        async def add(chunk: Sequence[str]) -> SubscriberOutcomes:
            items = [SubscriberItem(subscriber_account=account) for account in chunk]
            return await self.add_subscribers(official_account=official_account, subscriber_list=items)

        return await in_chunks("accounts", accounts, MAX_SUBSCRIBERS, add)

    async def iter_subscribers(self, official_account: str, *, page_size: int = MAX_PAGE) -> AsyncIterator[Subscriber]:
        """Read the subscribers, page by page as the loop goes on.

        Args:
            official_account: the account's id.
            page_size: subscribers asked for in one call, 1 to 200.
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
