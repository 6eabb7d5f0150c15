"""Names of the files of campaigns that name no ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tim_async.bulk._ledger.home import default_ledger, file_name


@pytest.mark.parametrize("name", ["spring", "Spring_2026.1", "春节", "a-b"])
def test_name_that_is_a_file_name(name: str) -> None:
    assert file_name(name) == f"{name}.db"


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("../spring", "spring-"),
        ("a/b", "a-b-"),
        (".hidden", "hidden-"),
        ("New year: 20 % off?", "New-year-20-off-"),
        ("…", "campaign-"),
        ("x" * 300, "x" * 40 + "-"),
        ("a\nb", "a-b-"),
        ("CON ", "CON-"),
    ],
    ids=["folder above", "folder", "hidden", "words", "no letters", "long", "line break", "space"],
)
def test_other_name_gets_one_of_its_own(name: str, begins: str) -> None:
    found = file_name(name)
    assert found.startswith(begins)
    assert len(found) == len(begins) + 16 + len(".db")
    assert found != file_name(f"{name} ")


def test_place_does_not_depend_on_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_LEDGER", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = default_ledger("spring", 1400000001)
    monkeypatch.chdir(tmp_path)
    assert default_ledger("spring", 1400000001) == found
    assert Path(found).is_absolute()
    assert default_ledger("spring", 1400000002) != found
    monkeypatch.setenv("TIM_LEDGER", "postgresql+asyncpg://tim@db/tim")
    assert default_ledger("spring", 1400000001) == "postgresql+asyncpg://tim@db/tim"
