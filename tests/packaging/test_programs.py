"""Programs built from the package have every command: a zip file that Python runs, and one that PyInstaller builds."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipapp
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tim_async
import tim_async.emulator
from tim_async import _pyinstaller

pytestmark = pytest.mark.soak

PACKAGE = Path(tim_async.__file__).parent
# As a user's program would be, but that it can also load every command, and every public name, of the package.
MAIN = """
import sys
import tim_async
import tim_async.emulator
from tim_async.__main__ import main

if sys.argv[1:] == ["everything"]:
    from tim_async.cli._frame import LazyGroup
    from tim_async.cli.app import app
    from typer.main import get_command

    def load(group):
        for entry in group.entries:
            command = group.load(entry.name)
            yield entry.name
            if isinstance(command, LazyGroup):
                yield from load(command)

    print(tim_async.__file__, *load(get_command(app)))
    for name in tim_async.__all__:
        getattr(tim_async, name)
    for endpoint in tim_async.endpoints().values():
        endpoint.fields
else:
    main()
"""
# What the tests' environment has and no dependency needs: building goes without looking through it.
_ELSEWHERE = (
    "IPython", "PIL", "django", "docutils", "fastapi", "flask", "hypothesis", "litestar", "matplotlib", "mypy", "numpy",
    "opentelemetry.sdk", "pandas", "playwright", "pytest", "sentry_sdk", "sphinx", "starlette", "tkinter",
    "uvicorn",
)  # fmt: skip


@pytest.fixture(scope="module", params=["zipapp", "pyinstaller"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs a program."""
    folder = tmp_path_factory.mktemp(request.param)
    main = folder / "main" / "__main__.py"
    main.parent.mkdir()
    main.write_text(MAIN, "utf-8")
    if request.param == "zipapp":
        shutil.copytree(PACKAGE, main.parent / "tim_async", ignore=shutil.ignore_patterns("__pycache__"))
        zipapp.create_archive(main.parent, folder / "tim.pyz")
        return [sys.executable, "-W", "error", str(folder / "tim.pyz")]
    if importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("PyInstaller is not installed")
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--name", "tim"),
            *("--distpath", folder, "--workpath", folder / "build", "--specpath", folder, "--paths", PACKAGE.parent),
            *("--additional-hooks-dir", _pyinstaller.get_hook_dirs()[0]),
            *(word for name in _ELSEWHERE for word in ("--exclude-module", name)),
            main,
        ],
        check=True,
        capture_output=True,
        timeout=1200,
    )
    return [str(folder / "tim" / "tim")]


def environment() -> dict[str, str]:
    """The environment without the source, which only the program must have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIM_")}
    kept.pop("PYTHONPATH", None)
    return {**kept, "PYTHONUTF8": "1"}


def run(program: list[str], *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [*program, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        cwd=cwd,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_every_command_and_public_name_is_there(program: list[str], tmp_path: Path) -> None:
    where, *commands = run(program, "everything", cwd=tmp_path).split()
    assert Path(where) != Path(tim_async.__file__), "it is the program's own"
    assert {"emulator", "send", "bulk", "worker", "doctor", "explain"} <= set(commands)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param(["--version"], tim_async.__version__, id="version"),
        pytest.param(["endpoints", "portrait"], "profile/portrait_get", id="endpoints"),
        pytest.param(["explain", "60005"], "account_check_failed_2", id="explain"),
    ],
)
def test_what_only_reads_runs(program: list[str], arguments: list[str], shown: str, tmp_path: Path) -> None:
    assert shown in run(program, *arguments, cwd=tmp_path)


@contextmanager
def emulator(program: list[str], folder: Path) -> Iterator[str]:
    """Run the emulator; yield its address."""
    with subprocess.Popen(
        [*program, "emulator", "--port", "0"],
        stdout=subprocess.PIPE, encoding="utf-8", env=environment(), cwd=folder,
    ) as running:  # fmt: skip
        try:
            assert running.stdout is not None
            for line in running.stdout:
                if found := re.search(r"http://[\d.]+:\d+", line):
                    yield found[0]
                    break
        finally:
            running.terminate()


def test_emulator_answers_and_shows_its_pages(program: list[str], tmp_path: Path) -> None:
    with emulator(program, tmp_path) as url:
        for path in ("/", "/_emulator/v1/openapi.json"):
            asked = urllib.request.Request(url + path, headers={"Accept": "text/html, application/json"})
            with urllib.request.urlopen(asked, timeout=60) as response:
                assert response.status == 200
                assert len(response.read()) > 500
        key = tim_async.emulator.DEFAULT_SECRET_KEY
        done = subprocess.run(
            [*program, "send", "bob", "你好 👋"],
            env={**environment(), "TIM_BASE_URL": url, "TIM_SDK_APP_ID": "1400000000", "TIM_SECRET_KEY": key},
            capture_output=True, encoding="utf-8", cwd=tmp_path, timeout=60, check=False,
        )  # fmt: skip
        # It went through families, client and emulator: bob was not imported.
        assert "90012" in done.stdout + done.stderr or done.returncode == 0
