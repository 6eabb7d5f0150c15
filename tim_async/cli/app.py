"""The application: all commands under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from .._version import __version__
from .bulk import bulk_app
from .call import call
from .demo import demo
from .emulator import emulator
from .endpoints import endpoints
from .explain import explain
from .send import send
from .user_sig import user_sig
from .worker import worker

# Typer's own tracebacks may show the values of variables, among them the secret key: Python's are used instead.
app = typer.Typer(
    name="tim-async",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tim-async {__version__}")
        raise typer.Exit


@app.callback()
def tim_async(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Work with the REST API of Tencent Cloud IM from the command line.

    Start with `tim-async demo`: it needs no account. Credentials come from the environment (TIM_SDK_APP_ID,
    TIM_SECRET_KEY, TIM_IDENTIFIER, TIM_REGION, TIM_BASE_URL); the secret key is asked for when it is missing.
    """


app.add_typer(bulk_app)
app.command()(demo)
app.command()(send)
app.command()(call)
app.command()(endpoints)
app.command()(emulator)
app.command("user-sig")(user_sig)
app.command()(worker)
# A negative code looks like an option; it is none.
app.command(context_settings={"ignore_unknown_options": True})(explain)
