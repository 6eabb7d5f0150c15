"""Builds the site in both languages: `python -m docs.site [FOLDER]`, by default `build/site`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from subprocess import Popen

from sphinx.cmd.build import build_main

from .words import LANGUAGES

_DOCS = Path(__file__).parents[1]


def main() -> int:
    """Build each language; warnings are errors."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build", "site"), help="where it is written")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this language")
    options = parser.parse_args()
    names = options.language or list(LANGUAGES)
    if len(names) > 1:  # side by side, in processes of their own: Sphinx keeps state in modules
        command = [sys.executable, "-m", "docs.site", str(options.folder), "--language"]
        builds = [Popen([*command, name]) for name in names]
        failed = [build.wait() != 0 for build in builds]
        return int(any(failed))
    [name] = names
    arguments = ["-W", "--keep-going", "-q", "-b", "html", "-c", str(_DOCS), "-d", str(options.folder / f".{name}")]
    arguments += ["-D", f"language={LANGUAGES[name].code}", str(_DOCS / name), str(options.folder / name)]
    return int(build_main(arguments))


if __name__ == "__main__":
    sys.exit(main())
