"""`tim-async bulk pause`: workers stop working on a campaign."""

from __future__ import annotations

import asyncio

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ._campaign import make_cluster_campaign
from ._options import LedgerOption, NameOption, ReasonOption


def pause(*, name: NameOption, ledger: LedgerOption = None, reason: ReasonOption = "it was paused") -> None:
    """Pause a campaign of workers; `resume` continues it.

    The limits are free for others meanwhile.
    """
    if not asyncio.run(make_cluster_campaign(name, ledger).pause(reason)):
        stop(f"no worker is working on campaign {name!r}", EXIT_FAILED)


command = make_command(pause, examples=("tim-async bulk pause --name spring --reason 'price is wrong'",))
