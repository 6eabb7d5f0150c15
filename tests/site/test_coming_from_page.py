"""What the guide for those who come from other packages names is there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import TimClient
from tim_async.emulator import Emulator

PAGE: Final[dict[str, Any]] = defined_by("how-to/coming-from")


@pytest.mark.parametrize(("column", "package"), [(0, "tencentcloud_im"), (1, "timsdk")])
def test_calls_of_other_packages_are_there(column: int, package: str) -> None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is in the group `bench`")
    sources = "".join(path.read_text("utf-8") for path in Path(spec.origin).parent.rglob("*.py"))
    defined = set(re.findall(r"def (\w+)\(", sources))
    table = written("en")["how-to/coming-from"].partition("### Python")[2].partition("###")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[column])}
    assert len(named) > 25
    assert named <= defined


@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_of_ours_are_there(language: str) -> None:
    client = TimClient(1400000000, "0" * 64)
    named = re.findall(r"`client\.(\w+)\.(\w+)`", written(language)["how-to/coming-from"])
    assert len(named) > 70
    for family, name in named:
        assert callable(getattr(getattr(client, family), name))


async def test_body_of_a_script_is_sent_as_it_is(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tim_emulator.add_accounts("bob")
    assert await PAGE["notify"](tim_client, "bob", "hi")
    assert not await PAGE["notify"](tim_client, "a stranger", "hi")
    assert re.match(r"90012|70107|20003", capsys.readouterr().out)
    assert len(tim_emulator.messages(to="bob")) == 1
