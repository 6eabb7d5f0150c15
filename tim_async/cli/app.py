"""The root of the command line: all commands under one name, each loaded when it is called.

The imports are written out, one function for each command, so that packagers (PyInstaller) find them.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

from .._version import __version__
from ._frame import Entry, LazyGroup, make_app
from ._output import echo

_Loaded: TypeAlias = TyperCommand | TyperGroup

_TRY = "Begin"
_SEND = "Send"
_LOOK_UP = "Look up and sign"

_DOCTOR = "Check whether an app can be called, and report what is right and what to change."
_COMPLETION = "Print the script with which a shell completes commands, options, endpoints and fields."


def _demo() -> _Loaded:
    from .commands.demo import command

    return command


def _emulator() -> _Loaded:
    from .commands.emulator import command

    return command


def _send() -> _Loaded:
    from .commands.send import command

    return command


def _call() -> _Loaded:
    from .commands.call import command

    return command


def _console() -> _Loaded:
    from .commands.console import command

    return command


def _bulk() -> _Loaded:
    from .commands.bulk.group import command

    return command


def _worker() -> _Loaded:
    from .commands.worker import command

    return command


def _doctor() -> _Loaded:
    from .commands.doctor import command

    return command


def _endpoints() -> _Loaded:
    from .commands.endpoints import command

    return command


def _explain() -> _Loaded:
    from .commands.explain import command

    return command


def _user_sig() -> _Loaded:
    from .commands.user_sig import command

    return command


def _completion() -> _Loaded:
    from .commands.completion import command

    return command


class Root(LazyGroup):
    """The commands of `tim-async`."""

    entries = (
        Entry("demo", _TRY, "Show in ten seconds what the library promises, inside an emulator.", _demo),
        Entry("emulator", _TRY, "Run the emulator of the service, until Ctrl-C or SIGTERM.", _emulator),
        Entry("doctor", _TRY, _DOCTOR, _doctor),
        Entry("send", _SEND, "Send a message to an account, and print its MsgKey and time.", _send),
        Entry("call", _SEND, "Call an endpoint and print its answer as JSON.", _call),
        Entry(
            "console",
            _SEND,
            "Open the explorer for an app: any endpoint as a form that is checked and sent, error codes, and limits.",
            _console,
        ),
        Entry("bulk", _SEND, "Send one message, or a personal one, to any number of recipients.", _bulk),
        Entry("worker", _SEND, "Work on the campaigns of an app, together with any number of other workers.", _worker),
        Entry("endpoints", _LOOK_UP, "List the endpoints, or those that match some words.", _endpoints),
        Entry("explain", _LOOK_UP, "Explain an error code of the service, or the topic of an error.", _explain),
        Entry("user-sig", _LOOK_UP, "Print a UserSig for an account, or check one.", _user_sig),
        Entry("completion", _LOOK_UP, _COMPLETION, _completion),
    )


app = make_app(
    name="tim-async",
    cls=Root,
    no_args_is_help=True,
    epilog="tim-async demo\ntim-async explain 20003\ntim-async endpoints mute",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        echo(f"tim-async {__version__}")
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
    TIM_SECRET_KEY, TIM_IDENTIFIER, TIM_REGION, TIM_BASE_URL); if the secret key is missing, you are prompted for it.
    """
