"""README's table of endpoints, made from the registry: `python -m tests.endpoint_table` writes it into README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tim_async import Endpoint, emulator  # noqa: F401 - the emulator's handlers are registered when it is imported
from tim_async.emulator.dispatch import STATELESS
from tim_async.families._registry import endpoints

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- endpoints -->\n", "<!-- /endpoints -->\n"
HEAD = "| call | command | limits | document | emulated |\n|---|---|---|---|---|\n"


def row(endpoint: Endpoint[..., Any]) -> str:
    """Return the row of an endpoint."""
    doc = endpoint.doc or f"none: {endpoint.why_no_doc}"
    if endpoint.not_read:
        doc += f"; not read: {endpoint.not_read}"
    limits = ", ".join(str(rate) for rate in endpoint.limits)
    kept = "checked" if endpoint.command in STATELESS else "stateful"
    return f"| `client.{endpoint.family}.{endpoint.name}` | `{endpoint.command}` | {limits} | {doc} | {kept} |\n"


def table() -> str:
    """Return the whole table, family by family."""
    return HEAD + "".join(row(endpoint) for endpoint in endpoints().values())


def in_readme(text: str) -> str:
    """Return the table as README has it."""
    (found,) = re.findall(f"{BEGIN}(.*?){END}", text, re.DOTALL)
    return str(found)


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")
