"""`tim-async bulk cancel`: workers stop working on a campaign, for good."""

from __future__ import annotations

import asyncio

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ._campaign import make_cluster_campaign
from ._options import LedgerOption, NameOption, ReasonOption


def cancel(*, name: NameOption, ledger: LedgerOption = None, reason: ReasonOption = "it was cancelled") -> None:
    """Stop a campaign of workers for good.

    Recipients who were not sent to yet do not get the message.
    """
    if not asyncio.run(make_cluster_campaign(name, ledger).cancel(reason)):
        stop(f"campaign {name!r} has already ended", EXIT_FAILED)


command = make_command(cancel, examples=("tim-async bulk cancel --name spring",))
