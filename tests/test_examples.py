"""Every example runs on its own, prints nothing to stderr and shows what it is meant to show."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import tim_async
from tests.services import POSTGRES_URL, need_port
from tim_async.emulator import DEFAULT_SECRET_KEY
from tim_async.errors import from_reply

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))

# What each of them must print, as regular expressions for whole lines.
EXPECTED = {
    "aiohttp_app.py": [
        r"a text: HTTP 200",
        r"an account that is not imported: HTTP 400",
        r"a text that is too long: HTTP 422",
        r"trouble inside the service: HTTP 503, Retry-After 1",
        r"a lost connection: HTTP 502",
        r'  \{.*"ConnectionLostError".*"maybe_delivered": ?true\}',
        r"a proxy that waits 0.1 s: HTTP 504",
        r"carol got: pong",
    ],
    "campaign.py": [
        r"campaign spring: 10,000 recipients, 1 duplicate row, 1 bad row",
        r"  -> lanes=batch: 200 calls, 2 s",
        r"  10,000 of 10,000, [\d,]+ a second",
        r"  9,900 of 10,000 recipients sent, 100 failed, 0 unknown, 0 to do",
        r"in the export: 9900 sent, 100 failed, 1 bad row",
    ],
    "database_rows.py": [
        r"campaign sqlalchemy: done",
        r"campaign asyncpg: done",
        r"  500 of 500 recipients sent, 0 failed, 0 unknown, 0 to do",
        r"user-500 got: Hi Name 500, you have 5000 points 🌸",
    ],
    "fan_out.py": [
        r"990 sent, 10 failed, in \d+\.\d\d s: \d+\.\d a second",
        r"busiest second at the emulator: (\d\d|1\d\d|20\d|210) calls, 200 are allowed",  # and 5 % for the way
    ],
    "webhooks_app.py": [
        r"'hello 👋' reached bob as 'hello 👋'",
        r"'damn, it works' reached bob as '\*\*\*\*, it works'",
        r"'see http://example.com' was refused: 120001 no links, please",
        r"archived: \['hello 👋', '\*\*\*\*, it works'\]",
    ],
    "quickstart.py": [
        r"sent: MsgKey \d+_\d+_\d+, time \d+",
        r"in bob's history: alice wrote \[TextElem\(text='你好, Bob! 👋'\)\]",
    ],
}
EXPECTED["flask_app.py"] = EXPECTED["django_app.py"] = [
    r"a text: HTTP 200 \{'msg_key': '\d+_\d+_\d+'\}",
    r"an account that is not imported: HTTP 400 .*90012.*",
    r"a text that is too long: HTTP 422 .*BodyTooLargeError.*",
]
EXPECTED["celery_app.py"] = [
    r"sent: \d+_\d+_\d+ \d+_\d+_\d+",
    r"bob got: TextElem\(text='您有一条新通知 🔔'\)",
    r"attempts: 6",
]
EXPECTED["script.py"] = [
    r"400 messages, 400 attempts, refused: 0",
    r"to all: 400 sent, 0 failed",
    r"in the history: TextElem\(text='Thank you!'\)",
    r"in the history: TextElem\(text='您的订单已发货 📦'\)",
    r"refused: the service answered 90012 .*",
]
EXPECTED["fastapi_app.py"] = EXPECTED["aiohttp_app.py"]
# What an example imports that is in the dependency group `web`, and what it needs beside the package.
FRAMEWORKS = {"flask_app.py": "flask", "django_app.py": "django", "celery_app.py": "celery"}
SERVICES = {"database_rows.py": (POSTGRES_URL, "PostgreSQL")}


def environment() -> dict[str, str]:
    """The environment without anything that would point an example at a real app."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIM_")}
    database = POSTGRES_URL.replace("+asyncpg", "")
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "DATABASE_URL": database}


def test_every_example_is_expected_and_the_other_way_round():
    assert {path.name for path in EXAMPLES} == set(EXPECTED)


@pytest.mark.docs
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_by_itself(path):
    if path.name in FRAMEWORKS:
        pytest.importorskip(FRAMEWORKS[path.name], reason="it is in the dependency group `web`")
    if path.name in SERVICES:
        need_port(*SERVICES[path.name])
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    for line in EXPECTED.get(path.name, ()):
        assert re.search(rf"^{line}$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_opens_with_what_it_shows(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_holds_no_secret(path):
    """The key is the emulator's, by its name; nothing else in the file looks like a key or a UserSig."""
    text = path.read_text("utf-8")
    keys = {
        ast.unparse(key)
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "TimClient"
        for key in [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "secret_key")]
    }
    assert keys in ({"DEFAULT_SECRET_KEY"}, {"emulator.secret_key"})
    assert not re.search(r"[0-9a-fA-F]{32}|eJ[\w*-]{40}", text.replace(DEFAULT_SECRET_KEY, ""))


@pytest.mark.docs
def test_sample_project_passes_its_own_tests(tmp_path):
    """With the plugin as pytest finds it where tim-async is installed, and named where this is only the source."""
    plugin = "tim_async.testing.plugin"
    is_installed = any(entry.value == plugin for entry in entry_points(group="pytest11"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *([] if is_installed else ["-p", plugin])],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=FOLDER / "order_notes",
        env={**environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


@pytest.mark.parametrize("name", ["aiohttp_app", "fastapi_app"])
@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (from_reply("openim", 60007, ""), 503, "1"),
        (from_reply("openim", 91000, ""), 503, "1"),
        (tim_async.WaitTooLongError(wait=2.3, remaining=2.0), 503, "3"),
        (tim_async.WaitTooLongError(wait=None, remaining=2.0), 503, "1"),
        (tim_async.BreakerOpenError(silent_s=12.0, failures=7, look_in_s=3.2), 503, "4"),
        (tim_async.BreakerOpenError(silent_s=12.0, failures=7, look_in_s=None), 503, "1"),
        (from_reply("openim", 90012, ""), 400, None),
        (tim_async.BodyTooLargeError(actual=9000, limit=8192, field="MsgBody", field_bytes=8900), 422, None),
        (tim_async.UsageError("to_account is empty"), 422, None),
        (from_reply("openim", 90009, ""), 502, None),
        (from_reply("openim", 20006, ""), 502, None),
        (tim_async.ConnectError("no connection"), 502, None),
        (tim_async.ReplyTimeoutError("no answer", timeout=1.0), 504, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
async def test_web_app_tells_errors_apart(name, error, status, retry_after):
    spec = importlib.util.spec_from_file_location(f"examples_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer = module.answer_error(error) if name == "aiohttp_app" else module.answer_error(None, error)
    answer = await answer if inspect.isawaitable(answer) else answer
    assert (getattr(answer, "status_code", None) or answer.status) == status
    assert answer.headers.get("Retry-After") == retry_after
    assert b'"maybe_delivered"' in answer.body
