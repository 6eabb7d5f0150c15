"""The secret key and its sources; and passwords in URLs, which are not shown."""

from __future__ import annotations

import os
import re
import sys
from typing import Final

import typer

from .._hidden import Hidden, hide, hide_in
from ._errors import stop

# A URL, alone or as --option=URL.
_URL: Final = re.compile(r"((?:-[-\w]*=)?[A-Za-z][-+.\w]*://)(.*)", re.DOTALL)
# The pattern of a UserSig, also in a URL: zlib's first bytes, in the service's own alphabet.
_USER_SIG: Final = re.compile(r"eJ(?:[\w*\-]|%(?:25)*(?:2[aAdD]|5[fF])){60,}")


def hide_password(argument: str) -> str:
    """Return an argument for display: without the password and the query of a URL, which may contain one, too."""
    url = _URL.fullmatch(argument)
    if url is None:
        return argument
    # A password may contain any character: everything up to the last @ is treated as the user.
    login, at, place = url[2].rpartition("@")
    user, place = re.split("[:/?]", login)[0], re.sub(r"\?.*", "?***", place, flags=re.DOTALL)
    return f"{url[1]}{user}{':***' if user != login else ''}{at}{place}"


def without_secrets(text: str, key: str) -> str:
    """Return a text for display without the key, and without anything that looks like a UserSig."""
    return _USER_SIG.sub("<hidden>", hide_in(text, key))


def is_terminal() -> bool:
    """Return whether the user can be prompted; standard input may also be closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def secret_key() -> Hidden:
    """Return the app's key: from TIM_SECRET_KEY, or from a hidden prompt if there is a terminal."""
    from .._api.checks import check_secret_key

    key = hide(os.environ.get("TIM_SECRET_KEY"))
    if key:
        return check_secret_key(key, "TIM_SECRET_KEY")
    if not is_terminal():
        stop("TIM_SECRET_KEY is missing: set it, or run this in a terminal, which prompts for it")
    return Hidden(typer.prompt("Secret key of the app (not shown)", hide_input=True, err=True))
