"""Write the generated classes, and take away those of families that are gone."""

from __future__ import annotations

from tests.calls.modules import TARGET, files

if __name__ == "__main__":
    made = files()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for path in set(TARGET.rglob("*.py")) - set(made):
        path.unlink()
