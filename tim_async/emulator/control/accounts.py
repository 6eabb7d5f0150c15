"""Accounts and their online status."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..state.core import Account
from ..state.login import LoginState
from .context import Control
from .routes import Asked, NotFoundError, route
from .views import Done, Page


class AccountView(msgspec.Struct, kw_only=True):
    """An account.

    Attributes:
        user_id: its id.
        nick: its nickname, None without one.
        face_url: its avatar's address, None without one.
        is_admin: whether it may call the REST API.
        imported_at: unix seconds.
        status: the best status on any of its platforms.
        platforms: its status by platform, except where it is offline.
        unread: one-to-one messages that it has not read.
    """

    user_id: str
    nick: str | None
    face_url: str | None
    is_admin: bool
    imported_at: float
    status: Literal["Online", "PushOnline", "Offline"]
    platforms: dict[str, str]
    unread: int


class AccountList(msgspec.Struct, kw_only=True):
    """Accounts.

    Attributes:
        total: the number of all accounts.
        accounts: those of this page, the oldest first.
    """

    total: int
    accounts: list[AccountView]


class AccountQuery(Page, kw_only=True):
    """The accounts to list.

    Attributes:
        text: a part of their ids or nicknames, None for all.
    """

    text: str | None = None


class ImportAccounts(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Accounts to import.

    Attributes:
        user_ids: 1 to 32 bytes each.
    """

    user_ids: list[str]


class LogIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A login.

    Attributes:
        platform: such as `Web`, `iOS`, `Android`.
        status: `PushOnline` is reached only by the vendor's pushes.
    """

    platform: str = "Web"
    status: Literal["Online", "PushOnline"] = "Online"


class LogOut(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The end of a login.

    Attributes:
        platform: the platform, None for all.
    """

    platform: str | None = None


def _view(control: Control, account: Account) -> AccountView:
    logins = control.state.part(LoginState)
    return AccountView(
        user_id=account.user_id,
        nick=account.nick,
        face_url=account.face_url,
        is_admin=account.is_admin,
        imported_at=account.imported_at,
        status=logins.status(account.user_id),  # type: ignore[arg-type] # one of the three
        platforms=logins.platforms(account.user_id),
        unread=control.state.unread(account.user_id, control.clock()),
    )


def _account(control: Control, user_id: str) -> Account:
    account = control.emulator.accounts.get(user_id)
    if account is None:
        raise NotFoundError(f"{user_id!r} is not imported", field="user_id")
    return account


@route("GET", "/accounts", query=AccountQuery, answer=AccountList, summary="The accounts, the oldest first.")
def accounts(control: Control, asked: Asked[AccountQuery, None]) -> AccountList:
    """Return a page of the accounts."""
    query = asked.query
    text = (query.text or "").lower()
    fitting = [
        each
        for each in control.emulator.accounts.values()
        if text in each.user_id.lower() or text in (each.nick or "").lower()
    ]
    page = fitting[query.offset : query.offset + query.limit]
    return AccountList(total=len(fitting), accounts=[_view(control, each) for each in page])


@route("GET", "/accounts/{user_id}", answer=AccountView, summary="One account.")
def account(control: Control, asked: Asked[None, None]) -> AccountView:
    """Return an account."""
    return _view(control, _account(control, asked.path["user_id"]))


@route("POST", "/accounts", body=ImportAccounts, answer=Done, summary="Import accounts.")
def import_accounts(control: Control, asked: Asked[None, ImportAccounts]) -> Done:
    """Import accounts; existing ones stay as they are."""
    control.emulator.add_accounts(*asked.body.user_ids)
    return Done(count=len(asked.body.user_ids))


@route("POST", "/accounts/{user_id}/login", body=LogIn, answer=AccountView, summary="Log an account in.")
def log_in(control: Control, asked: Asked[None, LogIn]) -> AccountView:
    """Log an account in on a platform."""
    known = _account(control, asked.path["user_id"])
    control.emulator.set_online(known.user_id, asked.body.platform, status=asked.body.status)
    return _view(control, known)


@route("POST", "/accounts/{user_id}/logout", body=LogOut, answer=AccountView, summary="Log an account out.")
def log_out(control: Control, asked: Asked[None, LogOut]) -> AccountView:
    """Log an account out on a platform, or everywhere."""
    known = _account(control, asked.path["user_id"])
    control.emulator.set_offline(known.user_id, asked.body.platform)
    return _view(control, known)
