"""The root and all its commands: what their help has, and what they import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.helpers import Invoke, read_line, root, run_code
from tim_async.cli._completion_scripts import VARIABLE
from tim_async.cli._frame import LazyGroup


def walk(group: LazyGroup, *path: str) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """Yield the path of every command, its summary in its group, and the command."""
    for entry in group.entries:
        command = group.load(entry.name)
        yield (*path, entry.name), entry.summary, command
        if isinstance(command, LazyGroup):
            yield from walk(command, *path, entry.name)


COMMANDS = list(walk(root()))
HELP = pytest.mark.parametrize(
    ("path", "summary", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in COMMANDS]
)


def test_help_lists_all_commands_with_what_they_do(invoke: Invoke) -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for entry in root().entries:
        assert f"{entry.panel}:\n" in result.stdout
        assert f"  {entry.name} " in result.stdout
        assert entry.summary.split()[0] in result.stdout


@HELP
def test_group_and_command_say_the_same_of_it(path: tuple[str, ...], summary: str, command: Any) -> None:
    assert command.name == path[-1]
    assert command.help.partition("\n\n")[0].replace("\n", " ") == summary


@HELP
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_has_examples(invoke: Invoke, path: tuple[str, ...], summary: str, command: Any, option: str) -> None:
    result = invoke(*path, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: tim-async {' '.join(path)} ")
    assert "Attributes:" not in result.stdout
    _, title, examples = result.stdout.partition("\nExamples:\n")
    assert title
    assert f"  tim-async {' '.join(path)}" in examples


@pytest.mark.usefixtures("credentials")
@HELP
def test_examples_are_read_as_they_stand(path: tuple[str, ...], summary: str, command: Any) -> None:
    """Each line names commands, options and arguments that there are; it is read and not run."""
    lines = [line for line in command.epilog.splitlines() if line.startswith("tim-async ")]
    assert lines
    for line in lines:
        read_line(line)


@HELP
def test_no_option_or_argument_is_named_for_a_secret(path: tuple[str, ...], summary: str, command: Any) -> None:
    names = {name for param in command.params for name in (param.name, *param.opts)}
    assert not {"secret_key", "key", "user_sig", "--secret-key", "--key", "--user-sig", "--secret"} & names


@HELP
def test_options_stand_in_panels(invoke: Invoke, path: tuple[str, ...], summary: str, command: Any) -> None:
    lines = invoke(*path, "--help").stdout.splitlines()
    for param in command.params:
        if param.rich_help_panel:
            start = lines.index(f"{param.rich_help_panel}:")
            section = lines[start : lines.index("", start)]
            assert any(line.startswith(f"  {param.opts[0]}") for line in section), param.opts[0]


@HELP
@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_and_breaks_no_name(columns: int, path: tuple[str, ...], summary: str, command: Any) -> None:
    name = f"tim-async {' '.join(path)}"
    context = command.make_context(name, [], terminal_width=columns, resilient_parsing=True)
    text, _, _ = command.get_help(context).partition("\nExamples:\n")
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    assert not [line for line in lines if line.endswith("-")]
    assert "\N{NON-BREAKING HYPHEN}" not in text


def test_misspelt_command_is_answered_with_a_near_one(invoke: Invoke) -> None:
    result = invoke("sned")
    assert result.exit_code == 2
    assert "No such command 'sned'" in result.stderr
    assert "send" in result.stderr


def test_without_a_command_the_help_is_printed(invoke: Invoke) -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "Usage: tim-async " in result.output


# typer has pydantic convert values: help and completion have none that must be.
HEAVY = {
    "aiohttp", "aiolimiter", "asyncio", "asyncpg", "logging", "msgspec", "opentelemetry", "pydantic", "redis",
    "rich.console", "sqlalchemy", "ssl", "taskiq", "tim_async.errors",
} | {
    f"tim_async.{room}" for room in ("_core", "_api", "families", "models", "emulator", "bulk", "cluster", "webhooks")
}  # fmt: skip
LOADED = """
import sys
before = set(sys.modules)  # a measurement of coverage brings some
from tim_async.__main__ import main
sys.argv = ["tim-async", *{args!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sorted({heavy!r} & (set(sys.modules) - before)), file=sys.stderr)
"""


@pytest.mark.parametrize("path", [(), *(path for path, _, _ in COMMANDS)], ids=lambda path: " ".join(path) or "root")
def test_help_imports_nothing_heavy(path: tuple[str, ...]) -> None:
    done = run_code(LOADED.format(args=[*path, "--help"], heavy=HEAVY))
    assert (done.returncode, done.stderr) == (0, "\n")
    assert done.stdout.startswith("Usage: tim-async ")


def test_version_does_not_even_import_typer() -> None:
    done = run_code(LOADED.format(args=["--version"], heavy=HEAVY | {"rich", "typer", "inspect"}))
    assert (done.returncode, done.stderr) == (0, "\n")


def test_call_imports_only_its_own_command() -> None:
    others = {f"tim_async.cli.commands.{name}" for name in ("send", "call", "demo", "emulator", "worker", "bulk.group")}
    done = run_code(LOADED.format(args=["explain", "20003"], heavy=others))
    assert (done.returncode, done.stderr) == (0, "\n")


@pytest.mark.parametrize(
    "words",
    [["bu"], ["call", "c2c."], ["call", "c2c.send", "to"], ["bulk", "run", "--ra"], ["send", "--region", ""]],
    ids=" ".join,
)
def test_completion_imports_nothing_heavy(words: list[str]) -> None:
    done = run_code(LOADED.format(args=words, heavy=HEAVY), **{VARIABLE: "zsh"})
    assert (done.returncode, done.stderr) == (0, "\n")
    assert done.stdout
