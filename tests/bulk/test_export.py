"""Where outcomes are written, and what remains after a failure."""

from __future__ import annotations

import asyncio
import csv
import errno
import io
import json
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.bulk.conftest import accounts
from tim_async import UsageError
from tim_async.bulk import export, restore_cell
from tim_async.bulk._ledger import whole_file


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
    assert caught.value.field == "target"
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
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)
@pytest.mark.parametrize("can", [True, False], ids=["without a name", "named"])
async def test_only_its_owner_may_read_it(planned, tmp_path, monkeypatch, mask, can):
    if not can:
        monkeypatch.setattr(whole_file, "_open_unnamed", lambda folder: -1)
    (tmp_path / "open.csv").touch(0o666)
    before = os.umask(mask)
    try:
        for name in ("out.csv", "open.csv"):
            await planned.export(tmp_path / name)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out.csv", "open.csv")] == [0o600, 0o600]


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


async def test_link_keeps_and_its_file_is_replaced(planned, tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "out.csv").symlink_to("real.csv")
    assert await planned.export(tmp_path / "out.csv") == 3
    assert (tmp_path / "out.csv").is_symlink()
    assert "u2" in (tmp_path / "real.csv").read_text()


@pytest.mark.skipif(os.name != "posix", reason="devices")
async def test_device_is_not_replaced(planned, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match=r"^cannot write .*pipe\.csv: it is not a regular file$"):
        await planned.export(tmp_path / "pipe.csv")
    assert stat.S_ISFIFO((tmp_path / "pipe.csv").stat().st_mode)


async def test_cells_and_lines_hold_what_would_be_run_as_text(campaign, tmp_path):
    bad = ["=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "'quoted", "x;=1+1", "esc\x1b[31m\u202e", "\tx"]
    rows = [{"account": f"+86138{number}", "name": "x"} for number in range(2)]
    await campaign(recipients=[*rows, *bad], message="Hi").plan()
    expected = [row["account"] for row in rows]
    found = [each.account async for each in campaign().outcomes()]
    assert expected == found[:2]
    assert sorted(found) == sorted(expected + bad)
    await campaign().export(tmp_path / "out.csv")
    await campaign().export(tmp_path / "out.jsonl")
    text = (tmp_path / "out.csv").read_bytes().decode()
    assert text.replace("\r\n", "").isprintable()
    cells = [row["account"] for row in csv.DictReader(text.splitlines())]
    assert cells[:2] == ["'+861380", "'+861381"]
    assert {r"esc\x1b[31m\u202e", r"\tx", r"x\x3b=1+1", "''quoted", "'=HYPERLINK(1)"} <= set(cells)
    assert [restore_cell(cell) for cell in cells] == found
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert all(line.isprintable() for line in lines)
    assert [json.loads(line)["account"] for line in lines] == found


PLAIN = [
    ("u1", "sent", None, None, None, "key", 1700000000, 2),
    ("u2", "failed", 20003, "NAME", "not there", None, None, 3),
    ("", "bad_row", None, None, "account is empty", None, None, 4),
    ("u3", "failed", 0, None, None, None, 0, 5),
]


def test_plain_pages_are_written_as_others_are():
    file = io.StringIO()
    csv.writer(file).writerows(map(export._cells, PLAIN))
    assert export._is_plain(PLAIN)
    assert export._plain_lines(PLAIN) == file.getvalue()


@pytest.mark.parametrize("place", [0, 3, 4, 5], ids=["account", "name", "info", "msg_key"])
@pytest.mark.parametrize("text", ["=1", "a,b", 'a"b', "a\\b", "a;b", "a\x1bb", "'a", "a\nb"], ids=ascii)
def test_page_with_one_text_that_is_not_plain(text, place):
    row = list(PLAIN[1])
    row[place] = text
    assert not export._is_plain([*PLAIN, tuple(row)])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files without a name")
@pytest.mark.parametrize("can", [True, False], ids=["without a name", "named"])
async def test_killed_in_the_middle_it_leaves_nothing(planned, tmp_path, can):
    """A file without a name is gone with its process; another is removed by the next export into the folder."""
    (tmp_path / "out.csv").write_text("old")
    code = f"""
import asyncio, os, signal
from tim_async.bulk import Campaign, export
from tim_async.bulk._ledger import whole_file
if not {can}:
    whole_file._open_unnamed = lambda folder: -1

async def write(rows, file, file_format):
    file.write("half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

export.write = write
asyncio.run(Campaign("spring", ledger={str(tmp_path / "spring.db")!r}).export({str(tmp_path / "out.csv")!r}))
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == -signal.SIGKILL
    assert (tmp_path / "out.csv").read_text() == "old"
    left = [name for name in names(tmp_path) if name != "out.csv"]
    assert len(left) == (0 if can else 1)
    await planned.export(tmp_path / "other.csv")
    assert names(tmp_path) == ["other.csv", "out.csv"]


async def test_file_of_a_living_process_and_what_only_looks_like_one_stay(planned, tmp_path, monkeypatch):
    monkeypatch.setattr(whole_file, "_open_unnamed", lambda folder: -1)
    (tmp_path / ".tim-async-0123456789abcdef.part").mkdir()
    (tmp_path / ".tim-async-mine.part").touch()
    os.mkfifo(tmp_path / ".tim-async-0123456789abcdee.part")
    with whole_file.whole_file(tmp_path / "other.csv", may_replace=False) as file:
        file.write(b"mine")
        before = names(tmp_path)
        await planned.export(tmp_path / "out.csv")
        assert names(tmp_path) == [*before, "out.csv"]
    assert (tmp_path / "other.csv").read_text() == "mine"


@pytest.mark.parametrize("can", [True, False], ids=["without a name", "named"])
def test_file_that_may_not_replace_another(tmp_path, monkeypatch, can):
    if not can:
        monkeypatch.setattr(whole_file, "_open_unnamed", lambda folder: -1)
    (tmp_path / "there").write_text("old")
    with pytest.raises(FileExistsError), whole_file.whole_file(tmp_path / "there", may_replace=False) as file:
        file.write(b"new")
    assert names(tmp_path) == ["there"]
    assert (tmp_path / "there").read_text() == "old"


def test_system_without_files_that_have_no_name(tmp_path, monkeypatch):
    refused = [errno.EOPNOTSUPP, errno.ENOSPC]
    real = os.open

    def refuse(path, flags, *args, **options):
        if path == ".":
            raise OSError(refused[0], os.strerror(refused[0]))
        return real(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    with whole_file.whole_file(tmp_path / "out", may_replace=True) as file:
        file.write(b"new")
    assert names(tmp_path) == ["out"]
    del refused[0]
    with pytest.raises(OSError, match="No space"), whole_file.whole_file(tmp_path / "out", may_replace=True):
        pass
