"""Cells that a spreadsheet treats as text, and that can be restored."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tim_async.bulk import restore_cell
from tim_async.bulk.csv_cells import protect_cell

TEXTS = st.text(st.sampled_from("=+-@'\\;,\"\t\r\n\x1b\x9b\u202e＝xnu0 ") | st.characters(), max_size=20)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("user-1", "user-1"),
        ("你好 👩\u200d👧", "你好 👩\u200d👧"),
        ("=1", "'=1"),
        ("+8613800000000", "'+8613800000000"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("\t=1", r"\t=1"),
        ("\r=1", r"\r=1"),
        ("\n=1", r"\n=1"),
        ("a\x1b[2J\x9b1m\u202e", r"a\x1b[2J\x9b1m\u202e"),
        (r"a\x1b", r"a\\x1b"),
        ('a; "=1', r'a\x3b "=1'),
        ("a;b", "a;b"),
        ("", ""),
    ],
    ids=ascii,
)
def test_cell(text: str, cell: str) -> None:
    assert protect_cell(text) == cell
    assert restore_cell(cell) == text


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert restore_cell(protect_cell(text)) == text


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_no_cell_is_a_formula_whatever_the_separator_is_taken_for(texts: list[str]) -> None:
    file = io.StringIO()
    csv.writer(file).writerow(map(protect_cell, texts))
    line = file.getvalue().removesuffix("\r\n")
    assert line.isprintable() or all(each.isprintable() or each in "\u00a0\u3000\u200c\u200d" for each in line)
    for cell in (*next(csv.reader([line])), *line.split(";")):
        assert cell.strip(" \"'\u00a0\u3000")[:1] not in set("=+-@＝＋－＠") or cell.lstrip(' "')[:1] == "'"
