"""What PyInstaller asks for when it builds a program that imports this package."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return where the hook lies; PyInstaller finds this function by the entry point `pyinstaller40`."""
    return [str(Path(__file__).parent)]
