"""Writes everything that is made from the tables, the structs and their checks: `python -m tests.renew`.

The ranges of fields come first, since the texts of calls show them.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

MODULES: Final = (
    "tests.field_ranges", "tests.calls", "tests.public_names", "tests.cli_catalogue",
)  # fmt: skip

if __name__ == "__main__":
    for module in MODULES:
        subprocess.run(
            [sys.executable, "-m", module], check=True
        )  # separate processes: each reads what the previous one wrote
