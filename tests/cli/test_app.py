from __future__ import annotations

import pytest

from tim_async import __version__

COMMANDS = ["demo", "emulator", "explain", "send", "user-sig"]


def test_version(tim_async):
    done = tim_async("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tim-async {__version__}\n", "")


def test_help_lists_all_commands(invoke):
    output = invoke("--help").stdout
    assert all(f" {name} " in output for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(invoke, name):
    result = invoke(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: tim-async {name} " in result.stdout
    assert "Attributes:" not in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_or_argument_is_named_for_a_secret(invoke, name):
    words = invoke(name, "--help").stdout.lower().replace("-", "_").split()
    assert not {"__secret_key", "__key", "__user_sig", "__secret", "secret_key"} & set(words)


@pytest.mark.parametrize("args", [[], ["sned"]], ids=["nothing", "misspelt"])
def test_wrong_usage(invoke, args):
    assert invoke(*args).exit_code == 2
