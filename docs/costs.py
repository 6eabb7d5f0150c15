"""Measures what the library costs and shows it: tables in README and in the pages, and plots.

`python -m docs.costs` runs the benchmarks on this machine, which should be idle (about ten minutes; Redis
is needed), saves their rows in `docs/static/costs.json`, and writes tables and plots. `--saved` writes them from the
rows that were saved before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

_DOCS: Final = Path(__file__).parent
_ROOT: Final = _DOCS.parent
SAVED: Final = _DOCS / "static" / "costs.json"
# Where the tables stand, and in which language. README has one of its own.
PAGES: Final = {
    _ROOT / "README.md": "en",
    _ROOT / "README.zh-CN.md": "zh",
    _DOCS / "en" / "explanation" / "costs.md": "en",
    _DOCS / "zh" / "explanation" / "costs.md": "zh",
}
# The cases of the benchmarks, by how often each is run: the ratios of small times are those of the run in the middle.
CASES: Final = {
    3: ("overhead-connection-asyncio",),
    1: (
        "overhead-session-asyncio", "throughput-asyncio", "encoding", "import", "memory", "blocking-cost",
        "cap-50-asyncio", "cap-5000-asyncio", "blocking-cap", "host-8", "cluster", "bursts",
        "priority", "stall", "side-by-side", "soak-any",
    ),
}  # fmt: skip
_HEADS: Final = {
    "en": ("| What | Measured | Promised |", "{machine}, Python {python}, {date}."),
    "zh": ("| 项目 | 实测 | 承诺 |", "测量环境：{machine}，Python {python}，{date}。"),
}
_PROMISES: Final = {
    ("en", "<="): "at most {}",
    ("en", ">="): "at least {}",
    ("zh", "<="): "至多 {}",
    ("zh", ">="): "至少 {}",
}


class Shown(NamedTuple):
    """A row of the benchmarks as pages show it.

    Attributes:
        row: the row's name.
        forms: how its value is written, by language.
        names: what was measured, by language.
        in_readme: whether README shows it.
    """

    row: str
    forms: Mapping[str, str]
    names: Mapping[str, str]
    in_readme: bool


def figures() -> dict[str, list[Shown]]:
    """Return what pages show, by the name of the table."""
    listed = tomllib.loads((_DOCS / "figures.toml").read_text("utf-8"))
    return {
        table: [
            Shown(
                each["row"],
                {"en": each["form"], "zh": each.get("form_zh", each["form"])},
                {"en": each["en"], "zh": each["zh"]},
                each.get("readme", False),
            )
            for each in rows
        ]
        for table, rows in listed.items()
    }


def measure() -> dict[str, Any]:
    """Run the benchmarks; return what they saved, as one document."""
    document: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.json")
        for repeat, cases in CASES.items():
            only = [part for case in cases for part in ("--only", case)]
            command = ["-m", "benchmarks", *only, "--repeat", str(repeat), "--json", str(file)]
            # 1 means that a budget was missed: the table shows it.
            if subprocess.run([sys.executable, *command], cwd=_ROOT, check=False).returncode not in {0, 1}:
                sys.exit("a benchmark failed")
            saved = json.loads(file.read_text("utf-8"))
            document = {**saved, "rows": [*document.get("rows", ()), *saved["rows"]]}
    return document


def tables(document: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return the tables in a language by their names, `readme` among them, each with where it was measured."""
    rows = {row["name"]: row for row in document["rows"]}
    head, where = _HEADS[language]
    listed = figures()
    listed["readme"] = [figure for each in listed.values() for figure in each if figure.in_readme]
    return {
        name: "\n".join(
            [head, "|---|---|---|", *(_line(figure, rows[figure.row], language) for figure in each), "", where]
        ).format_map(document)
        for name, each in listed.items()
    }


def _line(figure: Shown, row: Mapping[str, Any], language: str) -> str:
    form = figure.forms[language]
    promise = ""
    if row["limit"] is not None:
        limit = dict.fromkeys(("value", "ratio"), row["limit"])
        promise = form.format(**limit)
        if row["limit"]:  # "0", not "at most 0"
            promise = _PROMISES[language, row["sense"]].format(promise)
    return f"| {figure.names[language]} | {form.format(**row)} | {promise} |"


def filled(text: str, tables: Mapping[str, str]) -> str:
    """Return a page with its tables between their marks."""
    for name, table in tables.items():
        begin, end = f"<!-- figures: {name} -->\n", f"<!-- /figures: {name} -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            text = f"{before}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    """Measure, unless what was saved is to be shown, and write tables and plots."""
    parser = argparse.ArgumentParser(prog="python -m docs.costs", description=__doc__)
    parser.add_argument("--saved", action="store_true", help="measure nothing: show what was saved before")
    if not parser.parse_args().saved:
        SAVED.write_text(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    document = json.loads(SAVED.read_text("utf-8"))
    for path, language in PAGES.items():
        path.write_text(filled(path.read_text("utf-8"), tables(document, language)), "utf-8")
    from docs.cost_plots import draw  # matplotlib is in the group `docs`

    draw({row["name"]: row for row in document["rows"]})


if __name__ == "__main__":
    main()
