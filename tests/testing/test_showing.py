"""What the plugin shows of a failed test's emulator, and the report of what tests sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.helpers import posix
from tests.testing.test_plugin import PATH, run
from tim_async.emulator import Emulator
from tim_async.testing import _html_report
from tim_async.testing._html_report import reported, write_report

HOSTILE = "<script>alert(1)</script>\\x1b[31m\\u202e</pre><img src=x onerror=alert(1)>"
TESTS = f"""
    import pytest

    async def test_good(tim_emulator, tim_client):
        tim_emulator.add_accounts("bob")
        await tim_client.c2c.send_text("bob", "你好 🌸")

    async def test_bad(tim_client, tim_emulator):
        tim_emulator.add_accounts("<b>eve</b>")
        await tim_client.c2c.send_text("<b>eve</b>", "{HOSTILE}")
        await tim_client.c2c.send_text("carol", "hi")

    async def test_silent(tim_emulator):
        pass

    def test_without():
        pass
"""
AUTO = ("-p", "no:anyio", "-o", "asyncio_mode=auto")


class Page(HTMLParser):
    """Gathers the tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize(
    "processes",
    [(), pytest.param(("-p", "xdist", "-n", "2"), marks=pytest.mark.soak)],
    ids=["one process", "pytest-xdist"],
)
def test_failed_test_shows_its_emulator_and_the_report_what_was_sent(
    tmp_path: Path, processes: tuple[str, ...]
) -> None:
    done = run(tmp_path, TESTS, "--tim-show", "--tim-report", "out/report.html", *processes, *AUTO)
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("- tim_emulator -") == 1
    assert re.search(r"^http://127\.0\.0\.1:\d+/_emulator/v1$", done.stdout, re.MULTILINE)
    assert "openim/sendmsg administrator -> carol hi 90012 " in done.stdout
    assert "Enter goes on" not in done.stdout, "there is no terminal"
    assert "\x1b" not in done.stdout
    assert "tim_async: what 3 tests sent is in out/report.html" in done.stdout
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    page = Page(text)
    assert page.tags == {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "details", "summary", "pre"
    }  # fmt: skip
    assert page.attributes <= {"lang", "charset", "name", "content", "http-equiv", "class"}
    assert "url(" not in text
    assert not re.search(r"https?://", text)
    assert not [each for each in text if not each.isprintable() and each != "\n"]
    shown = " ".join(page.texts)
    assert "你好 🌸" in shown
    assert "administrator -> <b>eve</b>" in shown
    assert '"To_Account": "carol"' in shown
    assert "nothing was sent" in shown
    assert "90012" in shown
    assert "3 tests, 1 of them failed, 3 calls" in shown
    assert "usersig" not in text.lower()


@posix
def test_report_that_cannot_be_written_leaves_the_summary_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    done = run(tmp_path, TESTS, "--tim-report", "taken", *AUTO)
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "tim_async: --tim-report could not be written: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not [each.name for each in tmp_path.iterdir() if each.name.endswith(".new")]


def test_report_of_no_test_and_of_many_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(tmp_path / "report.html", [])
    assert "0 tests" in (tmp_path / "report.html").read_text("utf-8")
    monkeypatch.setattr(_html_report, "_MAX_CALLS", 2)
    emulator = Emulator()
    for _ in range(5):
        emulator._log.answered(emulator._log.enter("openim/sendmsg", 1.0), None, b"")
    write_report(tmp_path / "report.html", [reported("test_it", "passed", emulator)])
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "3 older calls are left out" in text
    assert text.count("no answer") == 2
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


@posix
def test_emulator_stays_open_until_enter_on_a_terminal(tmp_path: Path) -> None:
    import pty

    (tmp_path / "test_it.py").write_text(
        "async def test_it(tim_emulator, tim_client):\n"
        "    tim_emulator.add_accounts('bob')\n"
        "    await tim_client.c2c.send_text('bob', 'hi')\n"
        "    assert False\n"
    )
    master, slave = pty.openpty()
    line = [sys.executable, "-m", "pytest", "-q", "-p", "tim_async.testing.plugin", "-p", "asyncio", "--tim-show"]
    process = subprocess.Popen(
        [
            *line,
            "-p",
            "no:cacheprovider",
            "-o",
            "asyncio_mode=auto",
            "-o",
            "asyncio_default_fixture_loop_scope=function",
        ],
        cwd=tmp_path,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": PATH, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    with process, os.fdopen(master, "wb", buffering=0) as keyboard:
        try:
            assert process.stdout is not None
            seen = ""
            while "Enter goes on" not in seen:
                part = process.stdout.read(1)
                assert part, seen
                seen += part
            found = re.search(r"the control API is (http://\S+/v1)\)", seen)
            assert found is not None, seen
            with urllib.request.urlopen(f"{found[1]}/messages", timeout=60) as response:
                assert [each["text"] for each in json.load(response)["messages"]] == ["hi"]
            keyboard.write(b"\n")
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(slave)
    assert "1 failed" in rest
