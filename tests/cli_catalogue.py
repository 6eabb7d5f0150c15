"""What completion knows of endpoints, made from the registry: `python -m tests.cli_catalogue` writes it.

Completion must not load the families: it has the names of endpoints and fields in a module of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tim_async
from tim_async import Endpoint
from tim_async._api.fields import fields_of
from tim_async.families._registry import endpoints

TARGET = Path(tim_async.__file__).parent / "cli" / "_catalogue.py"
_HEAD = '''"""Names of endpoints and of their fields, for completion.

Made by `python -m tests.cli_catalogue`; a test keeps it current.
"""

from typing import Final

# fmt: off
ENDPOINTS: Final[dict[str, tuple[str, str, str]]] = {
'''
_FOOT = '''}
"""Command, title and fields of each endpoint. A field is `snake=Wire` for a text, `snake:=Wire` for anything else."""
'''


def row(endpoint: Endpoint[..., Any]) -> str:
    """Return the line of an endpoint."""
    fields = " ".join(
        f"{field.name}{'=' if field.type == 'String' else ':='}{field.wire_name}"
        for field in fields_of(endpoint.command, endpoint.request)
    )
    name = f"{endpoint.family}.{endpoint.name}"
    return (
        f"    {json.dumps(name)}: ({', '.join(map(json.dumps, (endpoint.command, endpoint.title or '', fields)))}),\n"
    )


def module() -> str:
    """Return the text of the module."""
    return _HEAD + "".join(row(endpoint) for endpoint in endpoints().values()) + _FOOT


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
