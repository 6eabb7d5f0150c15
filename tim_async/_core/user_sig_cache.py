"""The UserSig of a client: signed or fetched once, cached, and renewed by one task before it expires."""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
from collections.abc import Callable
from typing import Final

from .._api.checks import quoted
from .._clocks import wall_time
from .._hidden import Hidden
from ..errors import TimError, UsageError, UserSigError
from ..usersig import UserSigClaims, generate_user_sig, read_user_sig
from .config import Credentials, UserSigProvider

logger = logging.getLogger("tim_async")

# A UserSig is renewed when this part of its lifetime is left: clocks may differ, and calls may wait.
_RENEW_AT: Final = 0.2
# After a failed renewal the old one stays in use, and the provider is not called again for this long.
_RENEW_PAUSE_S: Final = 5.0


class UserSigCache:
    """Returns a valid UserSig.

    With a key it signs UserSigs itself, without waiting. With a provider, calls share one request to it, and while the
    old UserSig is still valid they do not wait for the new one.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        lifetime_s: int,
        provider: UserSigProvider | None,
        timeout: float,
        clock: Callable[[], float] = wall_time,
    ) -> None:
        self._credentials = credentials
        self._lifetime_s = lifetime_s
        self._provider = provider
        self._timeout = timeout
        self._clock = clock
        self._current: Hidden | None = None
        self._renew_at = 0.0
        self._expires_at = 0.0
        self._task: asyncio.Task[Hidden] | None = None

    def peek(self) -> Hidden | None:
        """Return a UserSig without waiting, signed with the key if needed; None if the provider must be asked."""
        now = self._clock()
        if self._current is not None and now < self._renew_at:
            return self._current
        if self._provider is None:
            return self._sign(now)
        if self._current is not None and now <= self._expires_at:
            self._renew_at = now + _RENEW_PAUSE_S  # set first: a renewal may end immediately
            self._renew()
            return self._current
        return None

    async def get(self) -> Hidden:
        """Return a UserSig, from the provider if needed. Errors of the provider are raised here."""
        ready = self.peek()
        if ready is not None:
            return ready
        task = self._renew()
        failure: TimError
        try:
            # If a caller is cancelled, the request continues: others wait for the same one.
            return await asyncio.shield(task)
        except TimError as error:
            failure = copy.copy(error)  # each caller sets its own facts on it
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not task.cancelled() or (caller is not None and caller.cancelling()):
                raise
            failure = UsageError("the client was closed while the call waited for a UserSig")
        raise failure

    def forget(self, user_sig: str) -> None:
        """Drop a UserSig that the service refused, unless it was already replaced."""
        if self._current == user_sig:
            self._current = None

    async def close(self) -> None:
        """Cancel a running renewal."""
        task, self._task = self._task, None
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])

    def _sign(self, now: float) -> Hidden:
        own = self._credentials
        assert own.secret_key is not None  # noqa: S101 - without a provider, the client was given a key
        user_sig = Hidden(
            generate_user_sig(own.sdk_app_id, own.secret_key, own.identifier, self._lifetime_s, now=int(now))
        )
        self._keep(user_sig, int(now) + self._lifetime_s, now)
        return user_sig

    def _keep(self, user_sig: Hidden, expires_at: float, now: float) -> None:
        self._current = user_sig
        self._expires_at = expires_at
        self._renew_at = expires_at - _RENEW_AT * (expires_at - now)

    def _renew(self) -> asyncio.Task[Hidden]:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.create_task(self._ask(), name="tim_async: renew UserSig")
            task.add_done_callback(self._report)
        return task

    def _report(self, task: asyncio.Task[Hidden]) -> None:
        # Reading the exception also keeps asyncio from reporting it as never retrieved.
        if not task.cancelled() and (error := task.exception()) is not None and self._current is not None:
            logger.warning(
                "could not renew the UserSig (%s); the old one is used until it expires", type(error).__name__
            )

    async def _ask(self) -> Hidden:
        assert self._provider is not None  # noqa: S101 - without one, `peek` signs and nothing is asked for
        answer: object = None
        scope = asyncio.timeout(self._timeout)
        try:
            async with scope:
                answer = self._provider(self._credentials.identifier)
                answer = await answer if inspect.isawaitable(answer) else answer
        except TimeoutError:
            if not scope.expired():
                raise  # the provider's own
        if scope.expired():
            raise UsageError(
                f"user_sig_provider did not return within {self._timeout:g} s (timeout)", field="user_sig_provider"
            )
        if not isinstance(answer, str):
            raise UsageError(f"user_sig_provider must return text, not {quoted(answer)}", field="user_sig_provider")
        user_sig = Hidden(answer)
        del answer
        claims = self._check(user_sig)
        now = self._clock()
        if now > claims.expires_at:
            raise UserSigError("user_sig_provider returned an expired UserSig", code=70001)
        self._keep(user_sig, claims.expires_at, now)
        return user_sig

    def _check(self, user_sig: Hidden) -> UserSigClaims:
        claims = read_user_sig(user_sig)
        if claims.sdkappid != self._credentials.sdk_app_id:
            raise UserSigError("user_sig_provider returned a UserSig for another app", code=70014)
        if claims.identifier != self._credentials.identifier:
            raise UserSigError("user_sig_provider returned a UserSig for another account", code=70013)
        return claims
