"""Options that several commands share: the app, the admin, the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from ._errors import stop

if TYPE_CHECKING:
    from .._core.config import Region

APP_PANEL: Final = "App"
LEDGER_VARIABLE: Final = "TIM_LEDGER"
DEFAULT_ADMIN: Final = "administrator"
DEFAULT_REGION: Final = "china"
_MAX_DIGITS: Final = 20


def read_app_id(value: str | int) -> int:
    """Return the number of an app id; anything else ends the command like any wrong option."""
    if isinstance(value, int):  # a default
        return value
    # The value is not repeated: a key in the wrong variable must not appear on the screen. Python refuses numbers of
    # thousands of digits.
    if not value.isascii() or not value.isdigit() or len(value) > _MAX_DIGITS or int(value) == 0:
        raise typer.BadParameter(
            "it must be a number greater than 0", param_hint="'--sdk-app-id' (env var: 'TIM_SDK_APP_ID')"
        )
    return int(value)


AppIdOption = Annotated[
    int,
    typer.Option(
        "--sdk-app-id",
        envvar="TIM_SDK_APP_ID",
        parser=read_app_id,
        metavar="NUMBER",
        show_default=False,
        help="The app's id.",
        rich_help_panel=APP_PANEL,
    ),
]
OptionalAppIdOption = Annotated[
    str | None,
    typer.Option(
        "--sdk-app-id",
        envvar="TIM_SDK_APP_ID",
        metavar="NUMBER",
        show_default=False,
        help="The app's id.",
        rich_help_panel=APP_PANEL,
    ),
]
AdminOption = Annotated[
    str,
    typer.Option(
        "--identifier",
        envvar="TIM_IDENTIFIER",
        metavar="ACCOUNT",
        help="The admin account that calls.",
        rich_help_panel=APP_PANEL,
    ),
]
RegionOption = Annotated[
    str,
    typer.Option(
        "--region", envvar="TIM_REGION", metavar="NAME", help="The app's data centre.", rich_help_panel=APP_PANEL
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        envvar="TIM_BASE_URL",
        metavar="URL",
        show_default=False,
        help="An address to use instead of the region's, such as an emulator's.",
        rich_help_panel=APP_PANEL,
    ),
]


def read_region(name: str) -> Region:
    """Return the region of this name; another name ends the command like any wrong option."""
    from .._core.config import region_named
    from ..errors import UsageError

    try:
        return region_named(name, "it")
    except UsageError as error:
        problem = str(error)
    raise typer.BadParameter(problem, param_hint="'--region' (env var: 'TIM_REGION')")


def require(value: str | None, option: str, command: str) -> str:
    """Return the value of a required option; end the command if it is missing."""
    if value is None:
        stop(f"{option} is missing; see tim-async {command} --help")
    return value
