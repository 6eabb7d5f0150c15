"""`tim-async bulk adopt`: accept a ledger whose log is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._frame import make_command
from ..._output import JsonOption, echo, print_json


def adopt(
    ledger: Annotated[str, typer.Argument(metavar="LEDGER", show_default=False, help="The file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Accept a ledger whose log is missing as complete.

    A ledger that was copied while it was open lacks what was sent last, which is in its log, LEDGER-wal. If the log is
    lost, this makes the file usable: recipients whose message it does not know of get the message, perhaps for the
    second time. It is harmless if another program has already merged the log and removed it.
    """
    from ....bulk import adopt_ledger

    path = adopt_ledger(ledger)
    if as_json:
        print_json({"ledger": str(path)})
    else:
        echo(f"{path} can be used again; run its campaigns to continue", err=True)


command = make_command(adopt, examples=("tim-async bulk adopt spring.db",))
