"""Code that pages show, as those have it who paste it into a file of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[1]


def check_types(sources: Mapping[str, str], folder: Path) -> None:
    """Have pyright check programs by their names, which may have folders; what it complains about fails the test."""
    pytest.importorskip("pyright", reason="pyright is in the group `typing`")
    for name, source in sources.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    options = {"pythonVersion": "3.11", "typeCheckingMode": "standard", "extraPaths": [str(_ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(options), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--project", str(folder), "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
