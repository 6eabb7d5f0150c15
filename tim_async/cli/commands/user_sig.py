"""`tim-async user-sig`: create a UserSig, or check one."""

from __future__ import annotations

import base64
import binascii
import sys
from typing import Annotated, Final

import typer

from .._errors import EXIT_FAILED, stop
from .._frame import make_command
from .._options import AppIdOption
from .._output import JsonOption, echo, one_line, print_json, show_time
from .._secrets import is_terminal, secret_key

DEFAULT_LIFETIME_S: Final = 180 * 86_400
# Far longer than any UserSig: longer input is not one, and is not read to its end.
_MAX_CHARS: Final = 100_000


def user_sig(
    sdk_app_id: AppIdOption,
    identifier: Annotated[
        str | None,
        typer.Argument(
            metavar="IDENTIFIER",
            show_default=False,
            help="The account to sign for; with --verify, the account it must be for, any by default.",
        ),
    ] = None,
    *,
    expire: Annotated[
        int, typer.Option("--expire", min=1, metavar="SECONDS", help="How long it is valid.")
    ] = DEFAULT_LIFETIME_S,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read a UserSig from standard input and check it, instead of making one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print a UserSig for an account, or check one.

    With --verify, reads one from standard input and prints its account, its expiry and whether it verifies: exit code 0
    if so, 1 if not.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    if verify:
        _verify(sdk_app_id, identifier, as_json=as_json)
        return
    if identifier is None:
        stop("name the account to sign for: tim-async user-sig IDENTIFIER")
    key = secret_key()
    from ...usersig import generate_user_sig

    made = generate_user_sig(sdk_app_id, key, identifier, expire)
    if as_json:
        print_json({"account": identifier, "sdk_app_id": sdk_app_id, "expire": expire, "user_sig": made})
    else:
        echo(made)


def _verify(sdk_app_id: int, identifier: str | None, *, as_json: bool) -> None:
    from ...errors import UserSigError
    from ...usersig import read_user_sig, verify_user_sig

    key = secret_key()
    if is_terminal():
        given: str = typer.prompt("UserSig (not shown)", hide_input=True, err=True)
    else:
        given = sys.stdin.read(_MAX_CHARS) if sys.stdin is not None else ""
    given = given.strip()
    facts: dict[str, object] = {}
    try:
        claims = read_user_sig(given)
        if not as_json:
            echo(f"account  {one_line(claims.identifier)}")
            echo(f"app      {claims.sdkappid}")
            echo(f"made     {_moment(claims.time)}")
            echo(f"expires  {_moment(claims.expires_at)}")
        facts |= {
            "account": claims.identifier,
            "sdk_app_id": claims.sdkappid,
            "made_at": claims.time,
            "expires_at": claims.expires_at,
        }
        verify_user_sig(given, sdk_app_id, key, identifier, userbuf=_unpack(claims.userbuf))
    except UserSigError as error:
        if as_json:
            print_json({**facts, "verifies": False, "code": error.code})
        stop(
            f"the UserSig does not verify: {error} (code {error.code}; more: tim-async explain {error.code})",
            EXIT_FAILED,
        )
    if as_json:
        print_json({**facts, "verifies": True})
    else:
        echo("verifies yes")


def _unpack(userbuf: str | None) -> bytes | None:
    """Return the extra bytes that a UserSig claims to carry; only the signature shows whether they were signed."""
    try:
        return None if userbuf is None else base64.b64decode(userbuf, validate=True)
    except binascii.Error:
        return None


def _moment(seconds: int) -> str:
    try:
        return show_time(seconds)
    except (OverflowError, OSError, ValueError):  # a year outside the calendar
        return f"{seconds} (unix seconds)"


command = make_command(
    user_sig,
    examples=(
        "tim-async user-sig alice",
        "tim-async user-sig alice --expire 3600",
        "tim-async user-sig --verify < user_sig.txt",
    ),
)
