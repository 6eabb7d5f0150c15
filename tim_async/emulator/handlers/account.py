"""Accounts: import, delete, check, kick, login state. Source: I34953 to I34957, I35057, I35477.

Where the documents are silent: an id that is not a string refuses the whole request with 60015 (rest-overview); an id
of the wrong length fails alone if the answer has a result for each item. An admin cannot be deleted: 70402 for that
item. Kicking an account that is not logged in is not an error. query_online_status is refused with 70107 if no account
is known (its page names no code); the older querystate cannot report accounts that are not imported, and calls them
Offline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..._api.checks import ACCOUNT_MAX_BYTES
from ...families.account import Account
from ...models.account import (
    MAX_BATCH,
    MAX_STATUS_BATCH,
    AccountResultItem,
    AccountResults,
    ImportAccount,
    ImportAccountsResult,
    KickAccount,
    OnlineState,
    OnlineStates,
    OnlineStatus,
    OnlineStatuses,
    OnlineStatusFailure,
    PlatformStatus,
    QueryOnlineStatus,
    QueryState,
)
from ...models.common import Empty
from ..dispatch import Call, handles
from ..events.people import went_offline
from ..state.codes import AccountCode, CommonCode, MessageCode
from ..state.login import LoginState
from ..state.refusal import Refusal, account, is_account


@handles(Account.import_account)
def import_account(call: Call) -> Empty:
    """Import one account; update the nickname and avatar of an existing one."""
    user_id = account(
        call.raw, "UserID", code=AccountCode.PARAMS_INVALID, code_not_string=CommonCode.ACCOUNT_NOT_STRING
    )
    request = call.read(ImportAccount, code=AccountCode.PARAMS_INVALID)
    call.state.import_account(user_id, call.now, nick=request.nick, face_url=request.face_url)
    return Empty()


@handles(Account.import_accounts)
def import_accounts(call: Call) -> ImportAccountsResult:
    """Import 1 to 100 accounts; those with an id of the wrong length go into FailAccounts."""
    given = [field for field in ("Accounts", "AccountList") if field in call.raw]
    if len(given) != 1:
        raise Refusal(AccountCode.PARAMS_INVALID, "exactly one of Accounts and AccountList must be given")
    items = _batch(call.raw, given[0])
    failed: list[str] = []
    users: list[tuple[str, str | None, str | None]]
    if given == ["Accounts"]:
        users = [(_string(item), None, None) for item in items]
    else:
        users = [_user(item) for item in items]
    for user_id, nick, face_url in users:
        if is_account(user_id):
            call.state.import_account(user_id, call.now, nick=nick, face_url=face_url)
        else:
            failed.append(user_id)
    return ImportAccountsResult(fail_accounts=failed)


@handles(Account.delete)
def delete(call: Call) -> AccountResults:
    """Delete 1 to 100 accounts and their conversations."""
    results: list[AccountResultItem] = []
    for user_id in _user_ids(call, "DeleteItem"):
        known = call.state.accounts.get(user_id)
        if known is None:
            results.append(_failed(user_id, AccountCode.ACCOUNT_NOT_IMPORTED, "the account is not imported"))
        elif known.is_admin:
            results.append(_failed(user_id, AccountCode.PARAMS_INVALID, "the account is an admin"))
        else:
            call.state.delete_account(user_id)
            results.append(AccountResultItem(user_id=user_id))
    return AccountResults(result_item=results)


@handles(Account.check)
def check(call: Call) -> AccountResults:
    """Return which of 1 to 100 accounts are imported."""
    results: list[AccountResultItem] = []
    for user_id in _user_ids(call, "CheckItem"):
        if not is_account(user_id):
            results.append(
                _failed(user_id, AccountCode.PARAMS_INVALID, f"an account must be 1 to {ACCOUNT_MAX_BYTES} bytes")
            )
            continue
        status = "Imported" if user_id in call.state.accounts else "NotImported"
        results.append(AccountResultItem(user_id=user_id, account_status=status))
    return AccountResults(result_item=results)


@handles(Account.kick)
def kick(call: Call) -> Empty:
    """Log an account out everywhere."""
    user_id = account(
        call.raw, "UserID", code=AccountCode.PARAMS_INVALID, code_not_string=CommonCode.ACCOUNT_NOT_STRING
    )
    call.read(KickAccount, code=AccountCode.PARAMS_INVALID)
    if user_id not in call.state.accounts:
        raise Refusal(AccountCode.ACCOUNT_NOT_IMPORTED, "the account is not imported")
    for _ in call.state.part(LoginState).log_out(user_id):
        call.emit(went_offline(user_id, call.now_ms))
    return Empty()


@handles(Account.query_online_status)
def query_online_status(call: Call) -> OnlineStatuses:
    """Return the login status of 1 to 500 accounts."""
    _check_status_batch(call.raw)
    request = call.read(QueryOnlineStatus, code=MessageCode.JSON_INVALID)
    logins = call.state.part(LoginState)
    result = OnlineStatuses()
    for user_id in request.to_account:
        if user_id not in call.state.accounts:
            result.error_list.append(
                OnlineStatusFailure(to_account=user_id, error_code=AccountCode.ACCOUNT_NOT_IMPORTED)
            )
            continue
        known = OnlineStatus(to_account=user_id, status=logins.status(user_id))
        if request.is_need_detail == 1:
            known.detail = _platforms(logins, user_id)
        result.query_result.append(known)
    if not result.query_result:
        raise Refusal(AccountCode.ACCOUNT_NOT_IMPORTED, "none of the accounts is imported")
    return result


@handles(Account.query_state)
def query_state(call: Call) -> OnlineStates:
    """Return the login state of 1 to 500 accounts, by the older command."""
    _check_status_batch(call.raw)
    request = call.read(QueryState, code=MessageCode.JSON_INVALID)
    logins = call.state.part(LoginState)
    is_detailed = request.is_need_detail == 1
    return OnlineStates(
        query_result=[
            OnlineState(
                to_account=user_id,
                state=logins.status(user_id),
                detail=_platforms(logins, user_id) if is_detailed else [],
            )
            for user_id in request.to_account
        ]
    )


def _check_status_batch(raw: Mapping[str, object]) -> None:
    given = raw.get("To_Account")
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise Refusal(MessageCode.TO_ACCOUNT_INVALID, "To_Account is not an array of strings")
    if len(given) > MAX_STATUS_BATCH:
        raise Refusal(
            MessageCode.TOO_MANY_RECIPIENTS,
            f"To_Account has {len(given)} accounts, at most {MAX_STATUS_BATCH} are allowed",
        )


def _platforms(logins: LoginState, user_id: str) -> list[PlatformStatus]:
    return [PlatformStatus(platform=platform, status=status) for platform, status in logins.platforms(user_id).items()]


def _failed(user_id: str, code: int, info: str) -> AccountResultItem:
    return AccountResultItem(user_id=user_id, result_code=code, result_info=info)


def _batch(raw: Mapping[str, object], field: str) -> Sequence[object]:
    items = raw.get(field)
    if not isinstance(items, list):
        raise Refusal(AccountCode.PARAMS_INVALID, f"{field} is {'not an array' if field in raw else 'missing'}")
    if not 1 <= len(items) <= MAX_BATCH:
        raise Refusal(AccountCode.PARAMS_INVALID, f"{field} has {len(items)} entries, it must have 1 to {MAX_BATCH}")
    return items


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise Refusal(CommonCode.ACCOUNT_NOT_STRING, "an account id is not a string")
    return value


def _user_ids(call: Call, field: str) -> list[str]:
    return [_user(item)[0] for item in _batch(call.raw, field)]


def _user(item: object) -> tuple[str, str | None, str | None]:
    """Read `{"UserID": ..., "Nick": ..., "FaceUrl": ...}`."""
    if not isinstance(item, dict) or "UserID" not in item:
        raise Refusal(AccountCode.PARAMS_INVALID, "an entry is not an object with a UserID")
    nick, face_url = item.get("Nick"), item.get("FaceUrl")
    for name, value in (("Nick", nick), ("FaceUrl", face_url)):
        if value is not None and not isinstance(value, str):
            raise Refusal(AccountCode.PARAMS_INVALID, f"{name} is not a string")
    return _string(item["UserID"]), nick, face_url
