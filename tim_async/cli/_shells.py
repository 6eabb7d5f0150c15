"""Lines for the shell of this machine: setting a variable, and a command with its arguments."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

WINDOWS: Final = os.name == "nt"


def set_variable(name: str, value: str) -> str:
    """Return the line that sets a variable: for PowerShell on Windows, for POSIX shells otherwise."""
    if WINDOWS:
        return f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'"
    import shlex

    return f"export {name}={shlex.quote(value)}"


def example(line: str) -> str:
    """Return an example line, written for POSIX shells, in the syntax of this machine."""
    if not WINDOWS:
        return line
    import shlex

    if line.startswith("export "):
        pairs = (word.partition("=") for word in shlex.split(line)[1:])
        return "; ".join(set_variable(name, value) for name, _, value in pairs)
    command, arrow, file = line.partition(" < ")
    return f"Get-Content {file} | {command}" if arrow else line


def join(words: Sequence[str]) -> str:
    """Return the line that runs a command."""
    if WINDOWS:
        return " ".join(_for_powershell(word) for word in words)
    import shlex

    return shlex.join(words)


def _for_powershell(word: str) -> str:
    is_plain = word and all(sign.isalnum() or sign in r"-_./\:=+" for sign in word)
    return word if is_plain else "'" + word.replace("'", "''") + "'"
