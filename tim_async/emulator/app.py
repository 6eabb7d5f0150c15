"""The emulator: an HTTP server over the handlers, and its interface for tests."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType, TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from aiohttp import web

from .._api.checks import check_account
from .._api.endpoint import Endpoint, Rate
from .._clocks import real_monotonic, wall_time
from ..errors import UsageError
from ..families._registry import FAMILIES
from ..models.c2c import RoamMsg
from ..models.group_msg import GroupMsg
from ..models.recent_contact import ContactItem
from ..webhooks import Event, RequestOverLimit
from .clockwork import Clockwork
from .dispatch import ENDPOINTS
from .events.group import joined, left
from .events.people import came_online, went_offline
from .handlers._notices import note_members
from .handlers.group_msg_history import history as group_history
from .outgoing.outbox import Caller, Outbox, Webhook
from .sent import SentMessage, sent_messages
from .server.arrivals import Arrival, ArrivalLog
from .server.faults import Faults
from .server.limits import EVERY, Limits
from .server.loopback import loopback
from .server.request_auth import RequestAuth
from .server.service import Service
from .state.archives import Archives
from .state.core import Account, State
from .state.group import Group, Groups
from .state.login import LoginState
from .state.push import PushState, SentPush
from .state.recent_contact import RecentContacts, key_of
from .state.refusal import Refusal

for _family in FAMILIES:
    import_module(f"tim_async.emulator.handlers.{_family}")  # registers the family's handlers

EventT = TypeVar("EventT", bound=Event)

DEFAULT_SDK_APP_ID: Final = 1_400_000_000
DEFAULT_SECRET_KEY: Final = "emulator-key-0123456789abcdef0123456789abcdef0123456789abcdef"  # noqa: S105 - a toy's
DEFAULT_ADMIN: Final = "administrator"


class Emulator:
    """Serves the REST API on a port of this machine; all state is in memory.

        async with Emulator() as emulator:
            emulator.add_accounts("alice", "bob")
            ...  # call the API at emulator.url
            assert emulator.history("alice", "bob")

    It runs in the event loop that starts it. Its state survives `stop`: started again, it serves the same accounts and
    messages at the same address.

    Args:
        sdk_app_id: the only app.
        secret_key: the app's key.
        admins: accounts that may call the API; they exist from the start and cannot be deleted.
        host: the address to listen on, a loopback address unless `allow_remote`.
        port: port to listen on; 0 picks a free one.
        auto_import: whether unknown accounts are imported when a request first names them.
        rate_limits: limits by command that replace the defaults; a number is calls per second, `*` stands for all
            commands not named.
        tolerance: the share of a limit that is allowed on top of it.
        body_limit: maximum size of a message's body in bytes, without the list of recipients.
        duplicate_window_s: seconds during which a repeated message is recognized.
        history_days: how many days of history are kept.
        max_contacts: how many conversations the list of an account keeps.
        clock: unix seconds, for MsgTime, duplicates, history and the validity of UserSigs.
        window_clock: monotonic seconds, for the limits. None is `clock` if one was given, otherwise the monotonic
            clock.
        arrivals_size: how many arrivals are kept.
        webhook_url: the URL to which the app's webhooks are sent; None sends none. `webhooks` has them either way.
        webhook_token: signs webhooks; None leaves Sign and RequestTime out.
        webhook_timeout_s: seconds to wait for an answer.
        webhook_on_failure: whether a before-event without an answer is allowed, or refused with 80003.
        webhook_retries: how often an after-event without an answer is sent again.
        webhook_commands: the enabled commands, such as `C2C.CallbackAfterSendMsg`; None is all.
        allow_remote: whether `host` may be reachable from other machines.

    Attributes:
        sdk_app_id: the app.
        secret_key: its key.
        admin: the first admin.
        faults: the planned faults.

    Raises:
        UsageError: an argument is invalid.
    """

    def __init__(
        self,
        sdk_app_id: int = DEFAULT_SDK_APP_ID,
        secret_key: str = DEFAULT_SECRET_KEY,
        *,
        admins: Collection[str] = (DEFAULT_ADMIN,),
        host: str = "127.0.0.1",
        port: int = 0,
        auto_import: bool = False,
        rate_limits: Mapping[str, int | Rate] | None = None,
        tolerance: float = 0.05,
        body_limit: int = 8192,
        duplicate_window_s: float = 120.0,
        history_days: float = 7,
        max_contacts: int = 100,
        clock: Callable[[], float] = wall_time,
        window_clock: Callable[[], float] | None = None,
        arrivals_size: int = 100_000,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        webhook_timeout_s: float = 2.0,
        webhook_on_failure: Literal["allow", "refuse"] = "allow",
        webhook_retries: int = 0,
        webhook_commands: Collection[str] | None = None,
        allow_remote: bool = False,
    ) -> None:
        if isinstance(admins, str) or not admins:
            raise UsageError("admins must be a collection of at least one account", field="admins")
        for command in rate_limits or ():
            if command != EVERY and command not in ENDPOINTS:
                raise UsageError(f"unknown command {command!r} in rate_limits", field="rate_limits")
        self.sdk_app_id = sdk_app_id
        self.secret_key = secret_key
        self.admin = next(iter(admins))
        self.faults = Faults(ENDPOINTS)
        self._host = loopback(host, allow_remote=allow_remote)
        self._port = port
        self._clock = clock
        self._log = ArrivalLog(arrivals_size)
        self._state = State(
            auto_import=auto_import,
            duplicate_window_s=duplicate_window_s,
            history_days=history_days,
            max_contacts=max_contacts,
            sdk_app_id=sdk_app_id,
        )
        for admin in admins:
            self._state.import_account(admin, clock(), is_admin=True)
        self._outbox = Outbox(
            sdk_app_id,
            url=webhook_url,
            token=webhook_token,
            timeout_s=webhook_timeout_s,
            on_failure=webhook_on_failure,
            retries=webhook_retries,
            commands=webhook_commands,
            clock=clock,
        )
        self._clockwork = Clockwork(self._state, self._outbox, clock)
        self._service = Service(
            auth=RequestAuth(sdk_app_id, secret_key, admins, clock),
            limits=Limits(rate_limits, tolerance, self._alert),
            state=self._state,
            faults=self.faults,
            log=self._log,
            outbox=self._outbox,
            clockwork=self._clockwork,
            body_limit=body_limit,
            clock=clock,
            window_clock=window_clock or (real_monotonic if clock in (wall_time, time.time) else clock),
        )
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None

    # Lifetime

    async def start(self) -> None:
        """Start to listen.

        Raises:
            UsageError: it is already started, or the port is taken.
        """
        if self._server is not None:
            raise UsageError("the emulator is already started")
        loop = asyncio.get_running_loop()
        # No access log: its lines would contain the UserSig.
        self._server = server = web.Server(self._service.serve, access_log=None, lingering_time=1.0)
        try:
            self._listener = await loop.create_server(server, self._host, self._port, backlog=1024)
        except OSError as error:
            self._server = None
            problem = (
                f"cannot listen on {self._host} port {self._port}: {os.strerror(error.errno) if error.errno else error}"
            )
        else:
            self._port = self._listener.sockets[0].getsockname()[1]
            self._state.part(Archives).base_url = self.url
            self._outbox.open()
            self._clockwork.open()
            return
        raise UsageError(problem, field="port")

    async def stop(self) -> None:
        """Close the port and every connection, answered or not, and send the waiting webhooks.

        Does nothing when the emulator is not started.
        """
        server, listener = self._server, self._listener
        if server is None or listener is None:
            return
        self._server = self._listener = None
        self._clockwork.close()
        listener.close()
        await asyncio.sleep(0)  # let connections that are just being accepted register
        for _ in range(2):
            # The second round is for requests that arrived on open connections during the first.
            for connection in server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._service.cancel_all()
        await server.shutdown(1.0)
        await listener.wait_closed()
        await self._outbox.stop()
        await asyncio.sleep(0)  # the loop closes the sockets of aborted connections in its next iteration

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The base URL, such as `http://127.0.0.1:41234`; `UsageError` when the emulator is not started."""
        if self._server is None:
            raise UsageError("the emulator is not started and has no URL")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    # Interface for tests

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts by user id, admins included."""
        return MappingProxyType(self._state.accounts)

    def add_accounts(self, *user_ids: str) -> None:
        """Import accounts of 1 to 32 bytes; raise `UsageError` for any other."""
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
        """Log an account in on a platform; raise `UsageError` when it is not imported.

        Args:
            user_id: the account.
            platform: the platform.
            status: a `PushOnline` account is reached only by a vendor's pushes.
            kicks: platforms that this login logs out, as the app's settings may say; its own may be among them.
        """
        self._check_imported(user_id)
        logins = self._state.part(LoginState)
        kicked = [gone for other in kicks for gone in logins.log_out(user_id, other)]
        if logins.log_in(user_id, platform, status):
            self._emit_of_client([came_online(user_id, int(self._clock() * 1000), kicked)], platform)

    def set_offline(self, user_id: str, platform: str | None = None) -> None:
        """Log an account out on a platform, or everywhere with None, where it is logged in."""
        self._check_imported(user_id)
        for gone in self._state.part(LoginState).log_out(user_id, platform):
            self._emit_of_client([went_offline(user_id, int(self._clock() * 1000))], gone)

    def pin_contact(self, user_id: str, contact: ContactItem, *, pinned: bool = True) -> None:
        """Pin or unpin a conversation of an account's list, as its client would.

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
        """Return a conversation as one side sees it, oldest message first."""
        entries = self._state.backwards(operator, peer, now=self._clock())
        return [entry.message for entry in entries][::-1]

    def group_history(self, group_id: str, topic_id: str | None = None) -> list[GroupMsg]:
        """Return the messages of a group or a topic, oldest first, recalled ones included.

        Expired messages are left out, and so are the service's notices of who joined or left.

        Raises:
            UsageError: the group or topic does not exist.
        """
        try:
            return group_history(self._state, group_id, topic_id, self._clock())
        except Refusal as refusal:
            raise UsageError(f"{refusal.code}: {refusal.info}", field="group_id") from None

    def messages(self, *, to: str | None = None, from_: str | None = None) -> list[RoamMsg]:
        """Return the stored messages in the order of arrival: all, or those to or from an account."""
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
        """Make accounts join a group by themselves, as from a client; they are online there until they leave.

        It is the only way into a live group (AVChatRoom). A member who was added comes online. After-events are
        emitted, but the app is not asked first: `Group.CallbackBeforeApplyJoinGroup` is not sent.

        Args:
            group_id: the group.
            accounts: the accounts.
            approved: whether owner or admins approve, where the group requires that.

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
        """Make members leave a group by themselves; raise `UsageError` for an unknown group or an account not in it."""
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
        """Count the requests of a command, or of all commands with None, whatever their answers were."""
        return self._log.count(command)

    def worst_window(self, command: str | None = None, per: float = 1.0) -> int:
        """Return the largest number of requests within any `per` seconds, among those in `arrivals`."""
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
        """The newest 10,000 webhook events, oldest first, with their results; also when no URL is set."""
        self._clockwork.run()
        return self._outbox.log

    def events(self, kind: type[EventT]) -> list[EventT]:
        """Return the events of one class among `webhooks`: `emulator.events(AfterSendMsg)`."""
        return [webhook.event for webhook in self.webhooks if isinstance(webhook.event, kind)]

    async def webhooks_settled(self) -> None:
        """Wait until all webhooks so far were sent."""
        await self._outbox.settled()

    def _alert(self, endpoint: Endpoint[..., Any], seen: int, limit: int) -> None:
        service, _, word = endpoint.command.partition("/")
        self._outbox.emit(RequestOverLimit(service_name=service, command=word, request=seen, limit=limit))

    @property
    def checks_extension_seq(self) -> bool:
        """Whether Seq locks the key/values of messages, as it does for members of the service, but not for admins."""
        return self._state.checks_extension_seq

    @checks_extension_seq.setter
    def checks_extension_seq(self, checks: bool) -> None:
        self._state.checks_extension_seq = checks
