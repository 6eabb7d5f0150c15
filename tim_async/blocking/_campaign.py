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
    """One message, or a personal one each, to any number of recipients; it can be resumed from its ledger at any time.

        campaign = blocking.Campaign("spring", recipients="people.csv", message=Template("Hi $name"))
        report = campaign.run(client)

    It is `tim_async.bulk.Campaign` for code without an event loop: it has the same ledger and arguments, so each can
    continue what the other began. Iterables of recipients, and plain functions (those that create messages or
    receive progress), run in the thread that runs the campaign; asynchronous ones in the client's loop. Ctrl-C ends
    calls in flight, writes the known outcomes and then propagates.

    Args:
        name: its name in the ledger.
        ledger: path of an SQLite file; None for the default, see `tim_async.bulk.Campaign`.
        sdk_app_id: the app, for finding the default ledger without a client.
        arguments: recipients, message and all other arguments of `tim_async.bulk.Campaign`.

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
        """Return where the campaign is stored, and whether it would be new; nothing is created or changed."""
        return _wait(client, self._campaign.locate, client=None if client is None else client.families)

    def plan(
        self,
        *,
        client: TimClient | None = None,
        rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> bulk.Plan:
        """Read the recipients into the ledger and return the plan; nothing is sent.

        Args:
            client: the client whose limits apply; no calls are made.
            rate_limits: the limits, if there is no client.
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
        """Send to all recipients that are not settled yet; return the outcome for all.

        Args:
            client: sends, with background priority.
            on_progress: called with a `Progress` at the beginning, every `progress_every_s` and at the end.
            on_planning: as in `plan`, if recipients are read first.
            progress_every_s: seconds between two calls of `on_progress`.

        Raises:
            UsageError: something differs from the original campaign, or there are no recipients; it names the argument.
            LedgerError: the ledger cannot be used; everything that was sent is recorded in it.
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
        """Send the message of the first recipient to a test account, outside the campaign."""
        return _wait(client, self._campaign.send_to_me, client.families, account)

    def stop(self, reason: str = "it was stopped") -> bool:
        """Stop a run: nothing more is started, what is in flight is finished and recorded. False if none is running.

        It does not wait, so a signal handler, another thread or `on_progress` may call it.
        """
        runner = self._runner
        if runner is None:
            return False
        runner.post(self._campaign.stop, reason)
        return True

    def pause(self, reason: str = "it was paused") -> bool:
        """Pause a campaign, wherever it runs; return whether it was active until now."""
        return _wait(None, self._campaign.pause, reason)

    def resume(self) -> bool:
        """Resume a paused campaign if a process waits for that; return whether it was paused."""
        return _wait(None, self._campaign.resume)

    def cancel(self, reason: str = "it was cancelled") -> bool:
        """End a campaign for good, wherever it runs; return whether it had not ended yet."""
        return _wait(None, self._campaign.cancel, reason)

    def set_timing(self, **changes: Unpack[TimingChanges]) -> bulk.Timing:
        """Change when and how fast it sends, wherever it runs; return the new timing."""
        return _wait(None, self._campaign.set_timing, **changes)

    def retry(self, what: Collection[bulk.Retryable] = FAILED, *, codes: Collection[int] | None = None) -> bulk.Retried:
        """Let the next run retry settled recipients; return their number. Nothing is sent here."""
        return _wait(None, self._campaign.retry, what, codes=codes)

    def status(self) -> bulk.Report:
        """Return the state recorded in the ledger; also during a run, here or elsewhere."""
        return _wait(None, self._campaign.status)

    def show(self, account: str) -> bulk.RecipientDetails:
        """Return the outcome for one recipient, with its message as it was sent, or as it would be sent now."""
        return _wait(None, self._campaign.show, account)

    def archive(self) -> bool:
        """Archive a campaign that is not running; return whether it was not archived yet."""
        return _wait(None, self._campaign.archive)

    def unarchive(self) -> bool:
        """Unarchive it; return whether it was archived."""
        return _wait(None, self._campaign.unarchive)

    def delete(self) -> None:
        """Delete a campaign that is not running, with everything recorded about its recipients."""
        _wait(None, self._campaign.delete)

    def outcomes(self) -> Iterator[bulk.RecipientOutcome]:
        """Yield the outcome for every recipient, in the order of the plan; then the rows without a valid account."""
        return Walk(self._campaign.outcomes())

    def export(
        self, target: str | PathLike[str] | TextIO, *, file_format: Literal["csv", "jsonl"] | None = None
    ) -> int:
        """Write `outcomes` as CSV or JSON lines; return the number of rows."""
        return _wait(None, self._campaign.export, target, file_format=file_format)


class SuppressionLists:
    """The suppression lists of a ledger: `tim_async.bulk.SuppressionLists` for code without an event loop.

    Args:
        ledger: path or URL of the ledger, as for `Campaign`; None for a campaign's default.
        campaign: the campaign whose default ledger to use, if neither this nor `TIM_LEDGER` names one.
        sdk_app_id: that campaign's app, for finding it.
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
        """Add accounts to a list; creates the list and the ledger if they are missing."""
        return _wait(None, self._lists.add, _fed(accounts), list_name=list_name, account_column=account_column)

    def remove(
        self, accounts: bulk.AccountsGiven, *, list_name: str | None = None, account_column: str = "account"
    ) -> int:
        """Remove accounts from a list, or from all lists; return the number of removed entries."""
        return _wait(None, self._lists.remove, _fed(accounts), list_name=list_name, account_column=account_column)

    def remove_list(self, list_name: str) -> int:
        """Remove a list; return its number of entries."""
        return _wait(None, self._lists.remove_list, list_name)

    def all(self) -> list[bulk.SuppressionList]:
        """Return the lists of the ledger, oldest first."""
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
