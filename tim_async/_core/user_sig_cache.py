"""The UserSig of a client: made or asked for once, kept, and renewed ahead of its end by one task at a time."""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
import time
from collections.abc import Callable
from typing import Final

from .._hidden import Hidden
from ..errors import TimError, UsageError, UserSigError
from ..usersig import UserSigClaims, generate_user_sig, read_user_sig
from .config import Credentials, UserSigProvider

logger = logging.getLogger("tim_async")

# Renewed when this part of the lifetime is left, so that clocks that differ and calls that wait do no harm.
_RENEW_AT: Final = 0.2
# After a failed renewal the old one serves on; the provider is not asked again for so long.
_RENEW_PAUSE_S: Final = 5.0


class UserSigCache:
    """Hands out a valid UserSig.

    With a key it signs by itself, which takes no waiting. With a provider, calls share one request to it; while an old
    UserSig is still good they do not wait for the new one.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        lifetime_s: int,
        provider: UserSigProvider | None,
        timeout: float,
        clock: Callable[[], float] = time.time,
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
        """Return a UserSig without waiting: signs one where there is a key, None where a provider must be asked."""
        now = self._clock()
        if self._current is not None and now < self._renew_at:
            return self._current
        if self._provider is None:
            return self._sign(now)
        if self._current is not None and now <= self._expires_at:
            self._renew_at = now + _RENEW_PAUSE_S  # before it is asked: a renewal may be over at once
            self._renew()
            return self._current
        return None

    async def get(self) -> Hidden:
        """Return a UserSig, after asking the provider where needed; whatever the provider raises comes through."""
        ready = self.peek()
        if ready is not None:
            return ready
        task = self._renew()
        failure: TimError
        try:
            # A caller that is cancelled leaves the request running: others wait for the same one.
            return await asyncio.shield(task)
        except TimError as error:
            failure = copy.copy(error)  # each caller writes its own facts into it
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not task.cancelled() or (caller is not None and caller.cancelling()):
                raise
            failure = UsageError("the client was closed while the call waited for a UserSig")
        raise failure

    def forget(self, user_sig: str) -> None:
        """Drop a UserSig that the service refused, unless it has been replaced already."""
        if self._current == user_sig:
            self._current = None

    async def close(self) -> None:
        """End a renewal that is under way."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def _sign(self, now: float) -> Hidden:
        own = self._credentials
        if own.secret_key is None:
            raise UsageError("neither secret_key nor user_sig_provider is given", field="secret_key")
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
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask(), name="tim_async: renew UserSig")
            self._task.add_done_callback(self._report)
        return self._task

    def _report(self, task: asyncio.Task[Hidden]) -> None:
        # Asking for the exception also tells asyncio that somebody saw it.
        if not task.cancelled() and (error := task.exception()) is not None and self._current is not None:
            logger.warning("renewing the UserSig failed (%s), the old one serves on", type(error).__name__)

    async def _ask(self) -> Hidden:
        if self._provider is None:
            raise UsageError("neither secret_key nor user_sig_provider is given", field="secret_key")
        answer: object = None
        scope = asyncio.timeout(self._timeout)
        try:
            async with scope:
                answer = self._provider(self._credentials.identifier)
                if inspect.isawaitable(answer):
                    answer = await answer
        except TimeoutError:
            if not scope.expired():
                raise  # the provider's own
        if scope.expired():
            raise UsageError(f"user_sig_provider gave nothing within {self._timeout:g} s", field="user_sig_provider")
        if not isinstance(answer, str):
            raise UsageError(
                f"user_sig_provider must return a text, it returned {type(answer).__name__}", field="user_sig_provider"
            )
        user_sig = Hidden(answer)
        del answer
        claims = self._check(user_sig)
        now = self._clock()
        if now > claims.expires_at:
            raise UserSigError("user_sig_provider returned a UserSig that has expired", code=70001)
        self._keep(user_sig, claims.expires_at, now)
        return user_sig

    def _check(self, user_sig: Hidden) -> UserSigClaims:
        claims = read_user_sig(user_sig)
        if claims.sdkappid != self._credentials.sdk_app_id:
            raise UserSigError("user_sig_provider returned a UserSig for another app", code=70014)
        if claims.identifier != self._credentials.identifier:
            raise UserSigError("user_sig_provider returned a UserSig for another account", code=70013)
        return claims
