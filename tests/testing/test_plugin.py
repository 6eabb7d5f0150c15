"""The pytest plugin, in separate runs of pytest: one for every way to run asynchronous tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = "tim_async.testing.plugin"
PATH = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))

TESTS = """
    import pytest

    from tim_async import ApiError, RetryPolicy, TimClient
    from tim_async.emulator import Emulator
    from tim_async.webhooks import AfterSendMsg

    {mark}

    @pytest.fixture
    def tim_client_options():
        return {{"retry": RetryPolicy(base=0.001)}}

    async def test_sent(tim_emulator: Emulator, tim_client: TimClient):
        tim_emulator.add_accounts("bob")
        await tim_client.c2c.send_text("bob", "你好")
        assert tim_emulator.sent(to="bob")[0].text == "你好"
        assert tim_emulator.sent(to="alice") == []
        assert len(tim_emulator.events(AfterSendMsg)) == 1

    async def test_faults(tim_emulator: Emulator, tim_client: TimClient):
        tim_emulator.add_accounts("bob")
        tim_emulator.faults.answer(20004, times=2)
        await tim_client.c2c.send_text("bob", "hi")
        assert tim_emulator.count("openim/sendmsg") == 3

    async def test_every_test_has_an_emulator_of_its_own(tim_emulator: Emulator):
        assert set(tim_emulator.accounts) == {{"administrator"}}
        assert tim_emulator.sent() == []

    async def test_client_alone(tim_client: TimClient):
        with pytest.raises(ApiError) as caught:
            await tim_client.c2c.send_text("nobody", "hi")
        assert caught.value.code == 90012

    class TestOptions:
        @pytest.fixture
        def tim_emulator_options(self):
            return {{"auto_import": True, "admins": ["root"], "sdk_app_id": 5}}

        async def test_options(self, tim_emulator: Emulator, tim_client: TimClient):
            await tim_client.c2c.send_text("anybody", "hi")
            assert [message.from_account for message in tim_emulator.sent()] == ["root"]
"""
ANYIO = """
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend():
        return "asyncio"
"""
WAYS = {
    "asyncio strict": ("pytestmark = pytest.mark.asyncio", ["-p", "no:anyio", "-o", "asyncio_mode=strict"]),
    "asyncio auto": ("", ["-p", "no:anyio", "-o", "asyncio_mode=auto"]),
    "anyio": (ANYIO, ["-p", "no:asyncio"]),
    "asyncio strict beside anyio": ("pytestmark = pytest.mark.asyncio", ["-o", "asyncio_mode=strict"]),
    "asyncio auto beside anyio": ("", ["-o", "asyncio_mode=auto"]),
    "anyio beside asyncio": (ANYIO, ["-o", "asyncio_mode=strict"]),
}


def run(folder: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a file, with warnings as errors.

    It has the plugins of this package and of the runners, less those that an argument leaves out: to load all that are
    installed takes much longer than these tests. `tests/test_examples.py` runs one with all.
    """
    lines = source.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    folder.joinpath("test_it.py").write_text("\n".join(line[indent:] for line in lines), encoding="utf-8")
    is_installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    runners = [name for name in ("asyncio", "anyio") if f"no:{name}" not in arguments]
    plugins = ["tim_async" if is_installed else PLUGIN, *runners]  # by the names of their entry points
    load = [argument for plugin in plugins for argument in ("-p", plugin)]
    if "no:asyncio" not in arguments:
        load += ["-o", "asyncio_default_fixture_loop_scope=function"]  # unset, it is a warning of pytest-asyncio
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            *load,
            *arguments,
        ],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PATH, "PYTHONUTF8": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        timeout=120,
    )


@pytest.mark.parametrize(("mark", "arguments"), WAYS.values(), ids=WAYS)
def test_fixtures_work_under_every_runner(tmp_path, mark, arguments):
    indented = "\n".join(f"    {line.strip()}" if "pytestmark" in line else line for line in mark.splitlines())
    done = run(tmp_path, TESTS.replace("    {mark}", indented).replace("{{", "{").replace("}}", "}"), *arguments)
    assert "5 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("def test_it(tim_emulator): pass", ["-p", "no:anyio"]),
        ("def test_it(tim_client): pass", ["-p", "no:anyio", "-p", "no:asyncio"]),
    ],
    ids=["plain test", "no runner"],
)
def test_plain_tests_fail_with_what_is_missing(tmp_path, source, arguments):
    done = run(tmp_path, source, *arguments)
    assert "can be used only in asynchronous tests" in done.stdout
    assert "1 error" in done.stdout


LOOPS = """
    import asyncio

    import pytest
    import pytest_asyncio
"""
# One class for each loop scope: its tests, and their fixtures, share a loop if the scope says so.
LOOP = """
    loops_{scope} = set()

    {mark}
    class Test{scope}:
        @pytest_asyncio.fixture(loop_scope="{scope}")
        async def greeted(self, tim_emulator, tim_client):
            tim_emulator.add_accounts("bob")
            await tim_client.c2c.send_text("bob", "hi")

        async def test_first(self, tim_emulator, tim_client):
            loops_{scope}.add(asyncio.get_running_loop())
            tim_emulator.add_accounts("bob")
            async with asyncio.timeout(60):
                await tim_client.c2c.send_text("bob", "hi")

        async def test_second(self, tim_emulator, greeted):
            loops_{scope}.add(asyncio.get_running_loop())
            assert len(tim_emulator.sent(to="bob")) == 1
            assert len(loops_{scope}) == {count}
"""
SCOPES = {"function": 2, "class": 1, "module": 1, "package": 1, "session": 1}


def test_fixtures_run_in_the_loop_of_the_test(tmp_path):
    source = LOOPS
    for scope, count in SCOPES.items():
        source += LOOP.format(mark=f'@pytest.mark.asyncio(loop_scope="{scope}")', scope=scope, count=count)
    done = run(tmp_path, source, "-p", "no:anyio")
    assert "10 passed" in done.stdout, done.stdout + done.stderr


def test_fixtures_run_in_the_loop_that_is_set_for_all_tests(tmp_path):
    source = LOOPS + LOOP.format(mark="@pytest.mark.asyncio", scope="module", count=1)
    done = run(tmp_path, source, "-p", "no:anyio", "-o", "asyncio_default_test_loop_scope=module")
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_fixtures_work_in_tests_of_hypothesis(tmp_path):
    source = """
        import pytest
        from hypothesis import HealthCheck, given, settings
        from hypothesis import strategies as st

        @pytest.mark.asyncio
        @pytest.mark.parametrize("account", ["bob", "carol"])
        @settings(max_examples=3, suppress_health_check=list(HealthCheck), deadline=None, database=None)
        @given(text=st.sampled_from(["a", "b"]))
        async def test_it(tim_emulator, tim_client, account, text):
            tim_emulator.add_accounts(account)
            await tim_client.c2c.send_text(account, text)

        @given(text=st.sampled_from(["a", "b"]))
        def test_plain(tim_emulator, text):
            pass
    """
    done = run(tmp_path, source, "-p", "no:anyio", "-p", "hypothesispytest")
    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "can be used only in asynchronous tests" in done.stdout


def test_entry_point_of_the_package_is_the_plugin():
    """Independent of the installed version: what a release will report."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"tim_async": PLUGIN}
    assert "tim_emulator" in vars(import_module(PLUGIN))
    assert any(requirement.startswith("pytest") for requirement in project["optional-dependencies"]["testing"])


def test_other_backends_fail_with_the_one_to_use(tmp_path):
    source = """
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "trio"

        @pytest.mark.anyio
        async def test_it(tim_emulator):
            pass
    """
    done = run(tmp_path, source, "-p", "no:asyncio")
    assert "tim_async runs on asyncio, not on trio" in done.stdout


def test_runs_that_do_not_use_it_import_nothing(tmp_path):
    source = """
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.startswith("tim_async")}
            assert ours <= {
                "tim_async",
                "tim_async.testing",
                "tim_async.testing.plugin",
                "tim_async.testing._asyncio_fixtures",
            }, ours
            assert "aiohttp" not in sys.modules
            assert "msgspec" not in sys.modules
    """
    done = run(tmp_path, source, "-p", "no:anyio")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_fixtures_are_listed_with_their_docstrings(tmp_path):
    done = run(tmp_path, "", "--fixtures")
    for words in ("An empty `Emulator` of the service", "A `TimClient` connected to `tim_emulator`"):
        assert words in done.stdout


def test_package_names_load_what_they_need_and_no_more():
    code = (
        "import sys, tim_async; assert not {'aiohttp', 'msgspec'} & set(sys.modules); "
        "from tim_async import *; from tim_async import _public; "
        "assert set(_public.__all__) <= set(globals()) and set(_public.__all__) <= set(dir(tim_async)); "
        "assert tim_async.TimClient is TimClient"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_unknown_name_of_the_package_is_an_attribute_error():
    import tim_async
    import tim_async.testing

    for module in (tim_async, tim_async.testing):
        with pytest.raises(AttributeError, match="has no attribute 'nope'"):
            module.nope  # noqa: B018
    with pytest.raises(AttributeError):
        tim_async.__wrapped__  # noqa: B018
