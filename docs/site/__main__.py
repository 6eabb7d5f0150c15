"""Builds the site in both languages: `python -m docs.site [FOLDER]`, by default `build/site`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from .words import LANGUAGES

_DOCS = Path(__file__).parents[1]


def main() -> int:
    """Build each language; warnings are errors."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build", "site"), help="where it is written")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this language")
    options = parser.parse_args()
    failed = 0
    for name in options.language or LANGUAGES:
        arguments = ["-W", "--keep-going", "-q", "-b", "html", "-c", str(_DOCS), "-d", str(options.folder / f".{name}")]
        arguments += ["-D", f"language={LANGUAGES[name].code}", str(_DOCS / name), str(options.folder / name)]
        failed |= build_main(arguments)
    return failed


if __name__ == "__main__":
    sys.exit(main())
