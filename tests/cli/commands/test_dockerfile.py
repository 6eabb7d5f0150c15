"""The Dockerfile of the emulator, read: its instructions, its health check against a real one, and its options."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.helpers import Invoke, emulator_process, posix

FILE = Path(__file__).parents[3] / "examples" / "emulator" / "Dockerfile"
KNOWN = {"FROM", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions and their arguments, as an engine reads them."""
    lines = [line for line in FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, " ".join(rest.split())) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def of(name: str) -> str:
    (found,) = [rest for each, rest in instructions() if each == name]
    return found


def test_instructions_are_those_of_an_engine_and_in_order() -> None:
    names = [name for name, _ in instructions()]
    assert names[0] == "FROM"
    assert set(names) == KNOWN
    assert names.index("USER") > names.index("RUN"), "what runs is not root"
    assert re.fullmatch(r"python:3\.\d+-slim", of("FROM")), "a version, and no registry of anyone's own"
    assert "--no-cache-dir" in of("RUN")
    assert of("EXPOSE") == "8900"


@posix
def test_health_check_tells_one_that_listens_from_one_that_does_not() -> None:
    check: list[str] = json.loads(of("HEALTHCHECK").partition("CMD ")[2])
    assert check[0] == "python"

    def passes(port: str) -> bool:
        line = [each.replace("8900", port) for each in check]
        return subprocess.run([sys.executable, *line[1:]], capture_output=True, check=False, timeout=30).returncode == 0

    with emulator_process() as (process, exports, _):
        port = exports["TIM_BASE_URL"].rpartition(":")[2]
        assert passes(port)
        process.terminate()
        process.wait(timeout=60)
        assert not passes(port)


def test_entry_point_has_options_that_there_are(invoke: Invoke) -> None:
    program, command, *options = json.loads(of("ENTRYPOINT"))
    assert program == "tim-async"
    shown = invoke(command, "--help").stdout
    named = [each for each in options if each.startswith("--")]
    assert named
    assert all(re.search(rf"{option}\b", shown) for option in [*named, "--state", "--account"])
