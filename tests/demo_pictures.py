"""Pictures of `tim-async demo`: `python -m tests.demo_pictures FOLDER` writes one for 80 and one for 60 columns."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from tim_async.cli._demo.play import play
from tim_async.cli._demo.stage import Terminal

COLUMNS: Final = (80, 60)
# As rich draws it, with fonts of the reader's machine in place of some of the web's.
FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: "Fira Code", "DejaVu Sans Mono", "Noto Sans Mono CJK SC", "Noto Color Emoji", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def picture(columns: int) -> str:
    """Play the demo on a terminal of this many columns, and return the final screen."""
    screen = Console(
        record=True, file=io.StringIO(), width=columns, height=24, force_terminal=True, color_system="truecolor",
        legacy_windows=False, _environ={},
    )  # fmt: skip
    asyncio.run(play(Terminal(screen, pace=0, is_live=False)))
    return screen.export_svg(title="tim-async demo", code_format=FORMAT, unique_id=f"demo-{columns}")


def write(folder: Path) -> None:
    """Write the pictures."""
    for columns in COLUMNS:
        (folder / f"demo-{columns}.svg").write_text(picture(columns), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
