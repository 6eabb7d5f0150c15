"""The default location of a campaign's ledger: a place of the user's, whatever the working folder.

`TIM_LEDGER` names one ledger for all campaigns. Without it, each campaign has a file in the user's state folder, by app
and name: run from cron, by systemd or from another folder, the same line finds the same ledger, and two apps never
share one.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from ...errors import UsageError

VARIABLE: Final = "TIM_LEDGER"

# Names that every file system takes unchanged. Names that a file system treats as equal share a ledger.
_PLAIN: Final = re.compile(r"\w[\w.-]*")
_MAX_NAME_BYTES: Final = 120


def is_named() -> bool:
    """Return whether the environment sets a ledger for all campaigns."""
    return bool(os.environ.get(VARIABLE))


def default_ledger(campaign: str, app: int | None) -> str | Path:
    """Return the location of the ledger of a campaign that names none.

    Args:
        campaign: its name.
        app: the app; None if it is not known, and the ledger of that name of any app is meant.

    Raises:
        UsageError: it cannot be determined; the message names the argument to give.
    """
    if given := os.environ.get(VARIABLE):
        _check_absolute(given)
        return given
    folder = _state_folder() / "campaigns"
    file = file_name(campaign)
    if app is not None:
        return folder / str(app) / file
    found = _all_of(folder, file)
    if len(found) == 1:
        return found[0]
    if found:
        apps = ", ".join(each.parent.name for each in found)
        problem = f"campaign {campaign!r} exists for several apps ({apps})"
    else:
        problem = f"campaign {campaign!r} has no ledger, and its app is not known"
    raise UsageError(f"{problem}: give ledger or sdk_app_id", field="ledger")


def default_ledgers(app: int | None) -> list[str | Path]:
    """Return the ledgers of campaigns that name none: the one of the variable, else all in the user's folder.

    Args:
        app: only those of this app; None for all.

    Raises:
        UsageError: the variable is wrong, or the folder cannot be read.
    """
    if given := os.environ.get(VARIABLE):
        _check_absolute(given)
        return [given]
    folder = _state_folder() / "campaigns"
    try:
        folders = [folder / str(app)] if app is not None else sorted(each for each in folder.iterdir() if each.is_dir())
        return [file for each in folders for file in sorted(each.glob("*.db"))]
    except FileNotFoundError:
        return []
    except OSError as error:
        problem = f"cannot read {folder}: {error.strerror}: give ledger, or set {VARIABLE}"
    raise UsageError(problem, field="ledger")


def file_name(campaign: str) -> str:
    """Return the name of a campaign's file."""
    if _PLAIN.fullmatch(campaign) and len(campaign.encode()) <= _MAX_NAME_BYTES:
        return f"{campaign}.db"
    shown = re.sub(r"[^\w-]+", "-", campaign, flags=re.ASCII).strip("-")[:40]
    return f"{shown or 'campaign'}-{hashlib.sha256(campaign.encode()).hexdigest()[:16]}.db"


def make_parents(ledger: str | Path) -> None:
    """Create the folder of a default ledger and its missing parents, accessible to the owner only.

    Raises:
        UsageError: it cannot be made.
    """
    if isinstance(ledger, str):  # from the variable: its folder is up to the user
        return
    try:
        _make_folder(ledger.parent)
    except OSError as error:
        problem = (
            f"cannot make the folder {ledger.parent} for the ledger: {error.strerror}: give ledger, or set {VARIABLE}"
        )
    else:
        return
    raise UsageError(problem, field="ledger")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _check_absolute(given: str) -> None:
    scheme, mark, rest = given.partition("://")
    if mark and scheme.partition("+")[0] != "sqlite":
        return
    path = rest.partition("/")[2].partition("?")[0] if mark else given
    if not Path(path).is_absolute():
        raise UsageError(
            f"{VARIABLE} is {given!r}; it must be an absolute path or a URL: a relative path would "
            "name another ledger in every working folder",
            field="ledger",
        )


def _state_folder() -> Path:
    try:
        from platformdirs import user_state_path  # only the default needs it
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'the default ledger needs platformdirs: pip install "tim-async[bulk]"', name="platformdirs"
        ) from None
    folder = user_state_path("tim-async", appauthor=False)
    if not folder.is_absolute():  # a user without a home, or a variable that is wrong
        raise UsageError(f"no state folder for the user ({folder}): give ledger, or set {VARIABLE}", field="ledger")
    return folder


def _all_of(folder: Path, file: str) -> list[Path]:
    try:
        return sorted(each / file for each in folder.iterdir() if (each / file).is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        problem = f"cannot read {folder}: {error.strerror}: give ledger, or set {VARIABLE}"
    raise UsageError(problem, field="ledger")
