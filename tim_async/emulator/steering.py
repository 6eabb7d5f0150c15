"""The operations of tests and the control API on an emulator: logins, sent messages, groups, a fresh start."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeVar

import msgspec

from .._api.checks import check_account
from ..errors import UsageError
from ..models.c2c import RoamMsg
from ..models.group_msg import GroupMsg
from ..models.recent_contact import ContactItem
from ..webhooks import Event
from .clockwork import Clockwork
from .events.group import joined, left
from .events.people import came_online, went_offline
from .handlers._notices import note_members
from .handlers.group_msg_history import history as group_history
from .outgoing.outbox import Caller, Outbox, Webhook
from .saved_state import SavedState, put_back, take
from .sent import SentMessage, sent_messages
from .server.arrivals import Arrival, ArrivalLog
from .server.faults import Faults
from .server.limits import Limits
from .server.steerable_clock import SteerableClock
from .state.core import Account, State
from .state.group import Group, Groups
from .state.login import LoginState
from .state.push import PushState, SentPush
from .state.recent_contact import RecentContacts, key_of
from .state.refusal import Refusal

EventT = TypeVar("EventT", bound=Event)


class Steering:
    """The state of an emulator, for tests.

    Attributes:
        faults: the planned faults.
    """

    faults: Faults
    _state: State
    _limits: Limits
    _log: ArrivalLog
    _outbox: Outbox
    _clock: SteerableClock
    _clockwork: Clockwork
    _admins: tuple[str, ...]

    def _import_admins(self) -> None:
        for admin in self._admins:
            self._state.import_account(admin, self._clock(), is_admin=True)

    def reset(self, *, messages_only: bool = False) -> None:
        """Reset the emulator, for instance between two tests.

        Args:
            messages_only: delete only messages, calls, webhooks and pushes; keep accounts, groups, faults, the clock,
                the limits and everything else.
        """
        self._log.clear()
        self._outbox.clear()
        if messages_only:
            self._state.clear_messages()
            return
        self._state.clear()
        self.faults.clear()
        self._limits.reset()
        self._clock.follow()
        self._import_admins()

    def set_clock(self, now: float | None = None, *, stopped: bool = False) -> None:
        """Set the clock, which then continues from there or is stopped.

        Args:
            now: unix seconds; None is its current time.
            stopped: whether to stop it.

        Raises:
            UsageError: the time is not from 0 to the year 9999.
        """
        self._clock.set(self._clock() if now is None else now, stopped=stopped)

    def export_state(self) -> bytes:
        """Return everything that the service would keep, as JSON.

        Accounts with profiles, logins, friends and lists; groups; messages, pushes, and the data for recognizing
        repeats; and the offset of the clock. No faults, limits, calls, webhooks or settings.
        """
        return msgspec.json.encode(take(self._state, self._clock))

    def import_state(self, data: bytes) -> None:
        """Replace the state by an exported one.

        Admins that are missing among the accounts are imported. Faults, limits, calls and webhooks stay.

        Args:
            data: the result of `export_state`, of this version and app.

        Raises:
            UsageError: it is anything else; nothing is changed.
        """
        try:
            saved = msgspec.json.decode(data, type=SavedState)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problem = str(error)
        else:
            put_back(saved, self._state, self._clock)
            self._import_admins()
            return
        raise UsageError(f"not a state of an emulator: {problem}", field="data")

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts by user id, admins included."""
        return MappingProxyType(self._state.accounts)

    def add_accounts(self, *user_ids: str) -> None:
        """Import accounts; existing ones stay as they are.

        Args:
            *user_ids: 1 to 32 bytes each.

        Raises:
            UsageError: one has another length; those before it are imported.
        """
        for user_id in user_ids:
            check_account("user_ids", user_id)
            self._state.import_account(user_id, self._clock())

    def set_online(
        self,
        user_id: str,
        platform: str = "Web",
        *,
        status: Literal["Online", "PushOnline"] = "Online",
        kicks: Collection[str] = (),
    ) -> None:
        """Log an account in on a platform.

        Args:
            user_id: the account.
            platform: the platform, such as `Web`, `iOS` or `Android`.
            status: a `PushOnline` account is reached only by a vendor's pushes.
            kicks: platforms that this login logs out, as the app's settings may require; its own may be among them.

        Raises:
            UsageError: the account is not imported.
        """
        self._check_imported(user_id)
        logins = self._state.part(LoginState)
        kicked = [gone for other in kicks for gone in logins.log_out(user_id, other)]
        if logins.log_in(user_id, platform, status):
            self._emit_of_client([came_online(user_id, int(self._clock() * 1000), kicked)], platform)

    def set_offline(self, user_id: str, platform: str | None = None) -> None:
        """Log an account out.

        Args:
            user_id: the account.
            platform: only on this platform; None is everywhere.

        Raises:
            UsageError: the account is not imported.
        """
        self._check_imported(user_id)
        for gone in self._state.part(LoginState).log_out(user_id, platform):
            self._emit_of_client([went_offline(user_id, int(self._clock() * 1000))], gone)

    def pin_contact(self, user_id: str, contact: ContactItem, *, pinned: bool = True) -> None:
        """Pin or unpin a conversation of an account's list, as its client would.

        Args:
            user_id: the account.
            contact: the conversation: its Type with To_Account or GroupId.
            pinned: whether it is pinned.

        Raises:
            UsageError: the conversation is not on the list, or 50 others are pinned.
        """
        try:
            is_listed = self._state.part(RecentContacts).pin(user_id, key_of(contact), pinned=pinned)
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="contact") from None
        if not is_listed:
            raise UsageError(f"the conversation is not on the list of {user_id!r}", field="contact")

    def _check_imported(self, user_id: str) -> None:
        if user_id not in self._state.accounts:
            raise UsageError(f"{user_id!r} is not imported", field="user_id")

    def history(self, operator: str, peer: str) -> list[RoamMsg]:
        """Return a conversation as one side sees it, oldest message first.

        Messages that this side deleted, and expired ones, are left out; recalled ones are included.

        Args:
            operator: the side.
            peer: the other account.
        """
        entries = self._state.backwards(operator, peer, now=self._clock())
        return [entry.message for entry in entries][::-1]

    def group_history(self, group_id: str, topic_id: str | None = None) -> list[GroupMsg]:
        """Return the messages of a group or a topic, oldest first, recalled ones included.

        Expired messages and the service's notices of members joining or leaving are left out. A live group stores none.

        Args:
            group_id: the group.
            topic_id: the topic of a community; None is the group itself.

        Raises:
            UsageError: the group or topic does not exist.
        """
        try:
            return group_history(self._state, group_id, topic_id, self._clock())
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="group_id") from None

    def messages(self, *, to: str | None = None, from_: str | None = None) -> list[RoamMsg]:
        """Return the stored one-to-one messages in the order of arrival.

        Args:
            to: only messages to this account.
            from_: only messages from this sender.
        """
        return [
            message
            for message in self._state.messages(self._clock())
            if (to is None or message.to_account == to) and (from_ is None or message.from_account == from_)
        ]

    def sent(self, *, to: str | None = None, from_: str | None = None, group: str | None = None) -> list[SentMessage]:
        """Return the stored messages, oldest first: `emulator.sent(to="bob")[0].text`.

        Args:
            to: only messages to this account.
            from_: only messages from this sender.
            group: only messages to this group, without those to its topics.

        Raises:
            UsageError: the group does not exist.
        """
        try:
            return sent_messages(self._state, self._clock(), to=to, from_=from_, group=group)
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="group") from None

    @property
    def groups(self) -> Mapping[str, Group]:
        """The groups by id, in the order of creation."""
        return MappingProxyType(self._state.part(Groups).groups)

    def join_group(self, group_id: str, *accounts: str, approved: bool = False) -> None:
        """Make accounts join a group, as from a client; they are online there until they leave.

        This is the only way into a live group (AVChatRoom). A member who was added comes online. After-events are
        emitted, but the app is not asked first: `Group.CallbackBeforeApplyJoinGroup` is not sent.

        Args:
            group_id: the group.
            *accounts: the accounts.
            approved: whether owner or admins approve, if the group requires it.

        Raises:
            UsageError: the group or an account does not exist, or the account may not join because of the group's
                type, its ApplyJoinOption, a ban, or a full group.
        """
        groups = self._state.part(Groups)
        try:
            group = groups.find(group_id)
            for account in accounts:
                was_member = account in group.members
                groups.enter(group, account, self._clock(), approved=approved)
                if not was_member:
                    note_members(group, account, self._state, self._clock())
                    self._emit_of_client(joined(group, [account], int(self._clock() * 1000)))
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="group_id") from None

    def leave_group(self, group_id: str, *accounts: str) -> None:
        """Make members leave a group, as from a client.

        Args:
            group_id: the group.
            *accounts: the members.

        Raises:
            UsageError: the group does not exist, or an account is not in it; those before it have left.
        """
        groups = self._state.part(Groups)
        try:
            group = groups.find(group_id)
            for account in accounts:
                group.require_member(account)
                groups.leave(group, account)
                note_members(group, account, self._state, self._clock())
                self._emit_of_client(left(group, [account], int(self._clock() * 1000)))
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="group_id") from None

    def _emit_of_client(self, events: Iterable[Event], platform: str = "Unknown") -> None:
        for event in events:
            self._outbox.emit(event, Caller(platform=platform))

    @property
    def pushes(self) -> Sequence[SentPush]:
        """The accepted pushes of all kinds, oldest first; scheduled ones when their time has come."""
        self._clockwork.run()
        return tuple(self._state.part(PushState).pushes)

    @property
    def arrivals(self) -> Sequence[Arrival]:
        """The newest `arrivals_size` requests, oldest first, whatever their answers were."""
        return self._log.arrivals

    def count(self, command: str | None = None) -> int:
        """Count the requests that arrived, whatever their answers, including those no longer in `arrivals`.

        Args:
            command: only of this command, such as `openim/sendmsg`; None is all.
        """
        return self._log.count(command)

    def worst_window(self, command: str | None = None, per: float = 1.0) -> int:
        """Return the largest number of requests within any window, among those in `arrivals`.

        Args:
            command: only of this command; None is all.
            per: length of the window in seconds.
        """
        return self._log.worst_window(command, per)

    @property
    def webhook_url(self) -> str | None:
        """The URL to which webhooks are sent; can be set at any time. Raises `UsageError` for an invalid URL."""
        return self._outbox.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._outbox.url = url

    @property
    def webhooks(self) -> Sequence[Webhook]:
        """The webhook events that are kept, oldest first, with their results, even if no URL is set.

        `Emulator(keep={"webhooks": ...})` sets how many.
        """
        self._clockwork.run()
        return self._outbox.log

    def events(self, kind: type[EventT]) -> list[EventT]:
        """Return the events of one class among `webhooks`, oldest first: `emulator.events(AfterSendMsg)`."""
        return [webhook.event for webhook in self.webhooks if isinstance(webhook.event, kind)]

    async def webhooks_settled(self) -> None:
        """Wait until all webhooks so far were sent, and sent again as often as configured."""
        await self._outbox.settled()

    @property
    def checks_extension_seq(self) -> bool:
        """Whether Seq locks the key/values of messages, as it does for members of the service, but not for admins."""
        return self._state.checks_extension_seq

    @checks_extension_seq.setter
    def checks_extension_seq(self, checks: bool) -> None:
        self._state.checks_extension_seq = checks
