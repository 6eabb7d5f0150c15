"""How long the command line takes to start: for scripts, for people, and for shell completion."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from typing import Final

from tim_async.cli._completion_scripts import VARIABLE

from .report import Row

_PAIRS: Final = 15
_PROGRAM: Final = ("-m", "tim_async")
_HELP: Final = (("--help",), ("send", "--help"), ("bulk", "run", "--help"), ("endpoints", "--help"))
_WORDS: Final = (("bu",), ("call", "c2c."), ("call", "c2c.send", "to"), ("bulk", "run", "--ra"))


def _cpu(args: tuple[str, ...], compiled: str, **env: str) -> float:
    """Return the CPU time of a Python process, its modules compiled as pip does when it installs."""
    env = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, **env}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _row(name: str, args: tuple[str, ...], base: str, limit: float, **env: str) -> Row:
    with tempfile.TemporaryDirectory() as compiled:
        pairs = [(_cpu(args, compiled, **env), _cpu(("-c", base), compiled)) for _ in range(_PAIRS + 1)][1:]
    ratio = statistics.median(own / base for own, base in pairs)
    baseline = statistics.median(base for _, base in pairs)
    return Row(
        name=name,
        value=ratio * baseline * 1e3,
        unit="ms",
        baseline=baseline * 1e3,
        limit=limit,
        note=f"median of {_PAIRS} pairs of processes",
    )


async def startup() -> list[Row]:
    """Run the command line and its baseline, one after the other; CPU of fresh processes."""
    imports = "import typer, rich"
    return [
        _row("--version against python -c pass", (*_PROGRAM, "--version"), "pass", 4.0),
        *(_row(f"{' '.join(args)} against {imports}", (*_PROGRAM, *args), imports, 1.3) for args in _HELP),
        *(
            _row(f"completion of {' '.join(words)} against {imports}", (*_PROGRAM, *words), imports, 1.3, **asked)
            for words in _WORDS
            for asked in [{VARIABLE: "zsh"}]
        ),
    ]
