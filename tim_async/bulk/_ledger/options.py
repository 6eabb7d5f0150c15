"""The options of a campaign's run, as the ledger keeps them."""

from __future__ import annotations

from typing import Literal

import msgspec

OnUnknown = Literal["verify", "skip", "send"]


Lanes = Literal["auto", "single", "batch", "both"]


class Options(msgspec.Struct, kw_only=True, frozen=True):
    """The options of a campaign's run; described at `Campaign`."""

    lanes: Lanes = "auto"
    on_unknown: OnUnknown = "verify"
    import_missing: bool = False
    retry_failed: bool = False
    concurrency: int | None = None
    patience_s: float = 60.0
