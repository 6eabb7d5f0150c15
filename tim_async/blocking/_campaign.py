"""Campaigns and suppression lists without an event loop."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Literal, ParamSpec, TextIO, TypeVar, Unpack, cast

from .. import bulk
from .._api.endpoint import Rate
from ..bulk import CampaignArguments, OnPlanning, OnProgress, TimingChanges
from ..bulk.retrying import FAILED
from ..models.c2c import SendMsgResult
from ._home import Walk, alone
from ._job import current_job
from ._serving import FeedOnce, feed
from .client import TimClient

P = ParamSpec("P")
T = TypeVar("T")

# A plain function runs in the calling thread, one at a time: its time limit does not include the wait for that.
_NO_TIMEOUT_S: Final = 31_536_000.0


class Campaign:
    """One message, or one for each, to any number of recipients; carried on from its ledger after whatever happens.

        campaign = blocking.Campaign("spring", recipients="people.csv", message=Template("Hi $name"))
        report = campaign.run(client)

    It is `tim_async.bulk.Campaign` for code without an event loop: the same ledger and arguments, so that either goes
    on with what the other began. Iterables of recipients are read, and plain functions (those that make messages, or
    are called with the progress) called, in the thread that runs the campaign; asynchronous ones in the client's loop.
    Ctrl-C ends calls on their way and writes what is known, then it goes on.

    Args:
        name: names it in the ledger.
        ledger: path of an SQLite file; None is the default, as `tim_async.bulk.Campaign` says.
        sdk_app_id: the app, to find the default ledger where no client is given.
        arguments: recipients, message and everything else that `tim_async.bulk.Campaign` takes.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        name: str,
        *,
        ledger: str | PathLike[str] | None = None,
        sdk_app_id: int | None = None,
        **arguments: Unpack[CampaignArguments],
    ) -> None:
        given = cast("dict[str, Any]", arguments)
        if "recipients" in given:
            given["recipients"] = _fed(given["recipients"])
        message = given.get("message")
        if (wrapped := in_caller(message)) is not message:
            given["message"], given["message_timeout_s"] = wrapped, _NO_TIMEOUT_S
        self._campaign = bulk.Campaign(name, ledger=ledger, sdk_app_id=sdk_app_id, **arguments)
        self._runner: TimClient | None = None

    # Shown by `help` and IPython's `?`: the arguments by name, as in the asynchronous class.
    vars(__init__)["__signature__"] = inspect.signature(bulk.Campaign.__init__)

    def __repr__(self) -> str:
        return f"<blocking Campaign {self.name!r}>"

    @property
    def name(self) -> str:
        """Its name in the ledger."""
        return self._campaign.name

    def locate(self, *, client: TimClient | None = None) -> bulk.CampaignLocation:
        """Return where the campaign is kept, and whether it would be new; nothing is made or changed."""
        return _wait(client, self._campaign.locate, client=None if client is None else client.families)

    def plan(
        self,
        *,
        client: TimClient | None = None,
        rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> bulk.Plan:
        """Read the recipients into the ledger and return what the campaign will be; nothing is sent.

        Args:
            client: whose limits count; nothing is called.
            rate_limits: the limits, where there is no client.
            on_planning: called with a `PlanProgress` while recipients are read.
            progress_every_s: seconds between two calls of it.
        """
        return _wait(
            client,
            self._campaign.plan,
            client=None if client is None else client.families,
            rate_limits=rate_limits,
            on_planning=in_caller(on_planning),
            progress_every_s=progress_every_s,
        )

    def run(
        self,
        client: TimClient,
        *,
        on_progress: OnProgress | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> bulk.Report:
        """Send to all recipients that were not settled before; return what became of all.

        Args:
            client: sends, in background priority.
            on_progress: called with a `Progress` at the beginning, every `progress_every_s` and at the end.
            on_planning: called as `plan` does, where recipients are read first.
            progress_every_s: seconds.

        Raises:
            UsageError: something differs from what was begun, or there are no recipients; it names the argument.
            LedgerError: the ledger cannot be used; nothing was sent that it does not know of.
        """
        self._runner = client
        try:
            return _wait(
                client,
                self._campaign.run,
                client.families,
                on_progress=in_caller(on_progress),
                on_planning=in_caller(on_planning),
                progress_every_s=progress_every_s,
            )
        finally:
            self._runner = None

    def send_to_me(self, client: TimClient, account: str) -> SendMsgResult:
        """Send the message of the first recipient to a test account, outside of the campaign."""
        return _wait(client, self._campaign.send_to_me, client.families, account)

    def stop(self, reason: str = "it was stopped") -> bool:
        """Let a run end: nothing more is started, what is in flight is finished and written. False when none runs.

        It does not wait, so a signal handler, another thread or `on_progress` may call it.
        """
        runner = self._runner
        if runner is None:
            return False
        runner.post(self._campaign.stop, reason)
        return True

    def pause(self, reason: str = "it was paused") -> bool:
        """Pause a campaign that was begun, wherever it runs; return whether it was to go on until now."""
        return _wait(None, self._campaign.pause, reason)

    def resume(self) -> bool:
        """Let a paused campaign go on, where a process waits for that; return whether it was paused."""
        return _wait(None, self._campaign.resume)

    def cancel(self, reason: str = "it was cancelled") -> bool:
        """End a campaign for good, wherever it runs; return whether it had not ended."""
        return _wait(None, self._campaign.cancel, reason)

    def set_timing(self, **changes: Unpack[TimingChanges]) -> bulk.Timing:
        """Change when and how fast it sends, wherever it runs; return what holds now."""
        return _wait(None, self._campaign.set_timing, **changes)

    def retry(self, what: Collection[bulk.Retryable] = FAILED, *, codes: Collection[int] | None = None) -> bulk.Retried:
        """Let the next run try recipients again that were settled; return how many. Nothing is sent here."""
        return _wait(None, self._campaign.retry, what, codes=codes)

    def status(self) -> bulk.Report:
        """Return what the ledger knows; also while a run goes on, here or elsewhere."""
        return _wait(None, self._campaign.status)

    def show(self, account: str) -> bulk.RecipientDetails:
        """Return what became of one recipient, with its message as it was sent, or as it would be sent now."""
        return _wait(None, self._campaign.show, account)

    def archive(self) -> bool:
        """Put a campaign aside that is not at work; return whether it was not archived."""
        return _wait(None, self._campaign.archive)

    def unarchive(self) -> bool:
        """Take it out of the archive; return whether it was there."""
        return _wait(None, self._campaign.unarchive)

    def delete(self) -> None:
        """Remove a campaign that is not at work, with all that is known of its recipients."""
        _wait(None, self._campaign.delete)

    def outcomes(self) -> Iterator[bulk.RecipientOutcome]:
        """Yield what became of every recipient, in the order of the plan; then the rows without a valid account."""
        return Walk(self._campaign.outcomes())

    def export(
        self, target: str | PathLike[str] | TextIO, *, file_format: Literal["csv", "jsonl"] | None = None
    ) -> int:
        """Write `outcomes` as CSV or JSON lines; return how many rows."""
        return _wait(None, self._campaign.export, target, file_format=file_format)


class SuppressionLists:
    """The suppression lists of a ledger: `tim_async.bulk.SuppressionLists` for code without an event loop.

    Args:
        ledger: path or URL of the ledger, as `Campaign` has it. None is the default of a campaign.
        campaign: the campaign whose default ledger is meant, where none is named here or by `TIM_LEDGER`.
        sdk_app_id: that campaign's app, to find it.
    """

    def __init__(
        self,
        ledger: str | PathLike[str] | None = None,
        *,
        campaign: str | None = None,
        sdk_app_id: int | None = None,
    ) -> None:
        self._lists = bulk.SuppressionLists(ledger, campaign=campaign, sdk_app_id=sdk_app_id)

    def __repr__(self) -> str:
        return "<blocking SuppressionLists>"

    def add(
        self, accounts: bulk.AccountsGiven, *, list_name: str | None = None, account_column: str = "account"
    ) -> bulk.SuppressionChange:
        """Add accounts to a list, which is made where it is missing, as the ledger is."""
        return _wait(None, self._lists.add, _fed(accounts), list_name=list_name, account_column=account_column)

    def remove(
        self, accounts: bulk.AccountsGiven, *, list_name: str | None = None, account_column: str = "account"
    ) -> int:
        """Take accounts off a list, or off all of them; return how many entries those were."""
        return _wait(None, self._lists.remove, _fed(accounts), list_name=list_name, account_column=account_column)

    def remove_list(self, list_name: str) -> int:
        """Remove a list; return how many entries it had."""
        return _wait(None, self._lists.remove_list, list_name)

    def all(self) -> list[bulk.SuppressionList]:
        """Return the lists of the ledger, the oldest first."""
        return _wait(None, self._lists.all)

    def accounts(self, list_name: str) -> Iterator[str]:
        """Yield the accounts of a list, in the order of the database."""
        return Walk(self._lists.accounts(list_name))


class InCaller:
    """A plain function that the loop awaits and the calling thread calls.

    Attributes:
        compared_as: the function itself, which is what a campaign compares.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.compared_as = function

    async def __call__(self, *args: object) -> Any:  # noqa: ANN401 - what the function returns
        result = await current_job().in_caller(self.compared_as, *args)
        return await result if inspect.isawaitable(result) else result


def in_caller(function: T) -> T:
    """Wrap a plain function for the loop to call; return anything else unchanged."""
    is_plain = callable(function) and not isinstance(function, type) and not inspect.iscoroutinefunction(function)
    if not is_plain or hasattr(function, "__struct_fields__"):
        return function
    return cast(T, InCaller(cast(Callable[..., Any], function)))


def _fed(given: T) -> T:
    """Wrap recipients or accounts for the loop to read; return a file, or data already in memory, unchanged."""
    return cast(T, FeedOnce(given) if isinstance(given, Iterator) else feed(cast(Any, given)))


def _wait(
    runner: TimClient | None, function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Await in the loop what a function returns, with a client's portal or with one for this call."""
    if runner is not None:
        return runner.serve(function, *args, **kwargs)
    return alone(function, *args, **kwargs)
