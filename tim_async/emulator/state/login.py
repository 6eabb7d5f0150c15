"""The accounts that are logged in, and their platforms. The REST API can only end a login (`kick`); tests set them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from .core import Part, State

ONLINE: Final = "Online"
PUSH_ONLINE: Final = "PushOnline"
OFFLINE: Final = "Offline"


class LoginState(Part):
    """The platforms on which every account is logged in."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._platforms: dict[str, dict[str, str]] = {}

    def log_in(self, user_id: str, platform: str, status: str) -> bool:
        """Set an account `Online` or `PushOnline` on a platform; return whether its status changed."""
        platforms = self._platforms.setdefault(user_id, {})
        before, platforms[platform] = platforms.get(platform), status
        return before != status

    def log_out(self, user_id: str, platform: str | None = None) -> list[str]:
        """Log an account out on a platform, or everywhere with None; return the platforms it was on."""
        known = self._platforms.get(user_id, {})
        gone = [each for each in list(known) if platform in (None, each)]
        for each in gone:
            del known[each]
        if not known:
            self._platforms.pop(user_id, None)
        return gone

    @property
    def accounts(self) -> Collection[str]:
        """The accounts that are not offline everywhere, in the order in which they logged in."""
        return self._platforms.keys()

    def platforms(self, user_id: str) -> dict[str, str]:
        """Return the status on every platform where the account is not offline."""
        return dict(self._platforms.get(user_id, {}))

    def status(self, user_id: str) -> str:
        """Return the best status that an account has on any platform."""
        states = self._platforms.get(user_id, {}).values()
        return ONLINE if ONLINE in states else PUSH_ONLINE if states else OFFLINE

    def forget_account(self, user_id: str) -> None:
        """Log a deleted account out."""
        self.log_out(user_id)
