"""`tim-async bulk adopt`: a ledger whose log is missing is taken as it is."""

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
    """Take a ledger whose log is missing for all there is.

    A ledger that was copied while it was open lacks what was sent last, which is in its log, LEDGER-wal. Where that
    cannot be copied any more, this makes the file usable as it is: recipients that it does not know to have the message
    get it, perhaps for the second time. It is harmless after another program has put the log back and removed it.
    """
    from ....bulk import adopt_ledger

    path = adopt_ledger(ledger)
    if as_json:
        print_json({"ledger": str(path)})
    else:
        echo(f"{path} is a ledger again; run its campaigns to carry on", err=True)


command = make_command(adopt, examples=("tim-async bulk adopt spring.db",))
