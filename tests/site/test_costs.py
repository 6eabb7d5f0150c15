"""The figures that pages show are those that were measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import CASES
from docs import costs

MEASURED = json.loads(costs.SAVED.read_text("utf-8"))


@pytest.mark.parametrize("page", costs.PAGES, ids=lambda page: str(page.relative_to(costs.SAVED.parents[2])))
def test_tables_of_a_page_are_what_was_measured(page: Path) -> None:
    """`python -m docs.costs --saved` writes them."""
    text = page.read_text("utf-8")
    tables = costs.tables(MEASURED, costs.PAGES[page])
    assert text == costs.filled(text, tables)
    shown = [name for name in tables if tables[name] in text]
    assert shown == (["readme"] if page.parent == costs.SAVED.parents[2] else list(costs.figures()))


def test_every_figure_has_a_budget_that_is_kept_or_none() -> None:
    rows = {row["name"]: row for row in MEASURED["rows"]}
    missed = [
        figure.row for table in costs.figures().values() for figure in table if rows[figure.row]["is_kept"] is False
    ]
    assert missed == []


def test_cases_that_are_measured_exist() -> None:
    assert [case for cases in costs.CASES.values() for case in cases if case not in CASES] == []


def test_date_and_machine_are_known() -> None:
    assert all(MEASURED[name] for name in ("date", "machine", "python"))
