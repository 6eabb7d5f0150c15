"""Campaigns in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

WritePeople: TypeAlias = Callable[..., str]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIM_LEDGER", str(tmp_path / "spring.db"))
    return tmp_path


@pytest.fixture
def people(in_folder: Path) -> WritePeople:
    """Write a CSV file of this many recipients; return its path."""

    def write(count: int, name: str = "people.csv", extra: str = "") -> str:
        path = in_folder / name
        rows = [f"user-{index},Name {index}" for index in range(count)]
        path.write_text("\n".join(["account,name", *rows]) + "\n" + extra, encoding="utf-8")
        return str(path)

    return write
