"""Where outcomes are written to, and what is left there when that fails."""

from __future__ import annotations

import os
import stat

import pytest

from tests.bulk.conftest import accounts
from tim_async import UsageError
from tim_async.bulk import export


@pytest.fixture
async def planned(campaign):
    await campaign(recipients=accounts(3), message="Hi").plan()
    return campaign()


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("spring.db"))


@pytest.mark.parametrize("name", ["file.txt/out.csv", "x" * 252 + ".csv", "no/out.csv", "fol\0der/out.csv", "o\0.csv"])
async def test_path_that_cannot_be_written(planned, tmp_path, name):
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(UsageError, match="cannot write") as caught:
        await planned.export(tmp_path / name)
    assert caught.value.field == "path"
    assert names(tmp_path) == ["file.txt"]
    assert (tmp_path / "file.txt").read_text() == "mine"


async def test_path_that_is_a_folder(planned, tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        await planned.export(tmp_path / "out.csv")
    assert names(tmp_path) == ["out.csv"]


async def test_files_beside_it_stay_as_they_are(planned, tmp_path):
    for name in ("out.csv.part", "out.part", ".out.csv"):
        (tmp_path / name).write_text("mine")
    assert await planned.export(tmp_path / "out.csv") == 3
    assert names(tmp_path) == [".out.csv", "out.csv", "out.csv.part", "out.part"]
    assert {(tmp_path / name).read_text() for name in ("out.csv.part", "out.part", ".out.csv")} == {"mine"}


async def test_longest_name_there_is(planned, tmp_path):
    assert await planned.export(tmp_path / ("x" * 251 + ".csv")) == 3


@pytest.mark.skipif(os.name != "posix", reason="rights")
async def test_others_may_read_it_as_any_file(planned, tmp_path):
    await planned.export(tmp_path / "out.csv")
    (tmp_path / "any").touch()
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out.csv", "any")]
    assert rights[0] == rights[1]


async def test_export_that_breaks_leaves_the_old_one(planned, tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("old")

    async def fail(rows, file, file_format):
        file.write("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write", fail)
    with pytest.raises(UsageError, match=r"cannot write .*: No space left on device"):
        await planned.export(tmp_path / "out.csv")
    assert names(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "old"
