"""Where a campaign is kept: the same in any working folder, and never treated as new by mistake."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import APP, Invoke, RunProcess, command, emulated, posix


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: None) -> Path:
    """A separate home, without any ledger setting."""
    monkeypatch.delenv("TIM_LEDGER")
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def default(home: Path, app: str = APP, name: str = "spring.db") -> Path:
    return home / ".local" / "state" / "tim-async" / "campaigns" / app / name


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@posix
def test_same_line_from_two_folders_reaches_everybody_once(
    tim_async: RunProcess, people: WritePeople, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("bulk", "run", people(600), "--name", "spring", "--text", "Hi", "--new")
    with emulated() as emulator:
        for folder, state in (("one", "new"), ("two", "continued")):
            (tmp_path / folder).mkdir()
            monkeypatch.chdir(tmp_path / folder)
            done = tim_async(*line, TIM_BASE_URL=emulator.url)
            assert done.returncode == 0, done.stderr
            assert done.stderr.splitlines()[0] == f"campaign spring ({state}), ledger: {default(home)}"
            assert f"  ledger: {default(home)}\n" in done.stdout
            assert files(tmp_path / folder) == []
        counts = Counter(message.to_account for message in emulator.messages())
    assert Counter(counts.values()) == {1: 600}
    assert files(home) == [str(default(home).relative_to(home)), f"{default(home).relative_to(home)}.lock"]


@posix
@pytest.mark.parametrize("verb", ["plan", "run"])
def test_campaign_that_would_be_new_without_a_terminal_is_refused(
    tim_async: RunProcess, people: WritePeople, home: Path, verb: str
) -> None:
    line = ("bulk", verb, people(3), "--name", "spring", "--text", "Hi")
    done = tim_async(*line, TIM_BASE_URL="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"tim-async: campaign 'spring' would be new, in {default(home)}: give --ledger to continue it where it is "
        "kept, or --new to start it there (standard input is not a terminal)\n"
    )
    assert list(home.iterdir()) == []


@posix
def test_new_campaign_is_begun_when_that_is_said_and_carried_on_without(
    invoke: Invoke, people: WritePeople, home: Path
) -> None:
    line = ("bulk", "plan", people(3), "--name", "spring", "--text", "Hi")
    first = invoke(*line, "--new")
    assert first.stdout.endswith(f"\n  ledger (new): {default(home)}\n")
    assert invoke(*line).stdout.endswith(f"\n  ledger (continued): {default(home)}\n")
    assert invoke("bulk", "status", "--name", "spring").stdout.endswith(f"\n  ledger: {default(home)}\n")
    assert default(home).stat().st_mode & 0o777 == 0o600
    assert default(home).parent.stat().st_mode & 0o777 == 0o700


@posix
@pytest.mark.parametrize("named", ["--ledger", "TIM_LEDGER"])
def test_campaign_that_names_its_ledger_is_begun(
    invoke: Invoke, people: WritePeople, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    path = tmp_path / "mine.db"
    args = ["--ledger", "mine.db"] if named == "--ledger" else []
    if not args:
        monkeypatch.setenv("TIM_LEDGER", str(path))
    done = invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi", *args)
    assert done.stdout.endswith(f"\n  ledger (new): {path}\n")
    assert files(home) == []


@posix
def test_on_a_terminal_it_begins_and_says_where(people: WritePeople, home: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("bulk", "plan", people(3), "--name", "spring", "--text", "Hi"),
        stdin=theirs,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
    )
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"\n  ledger (new): {default(home)}\n")


@posix
def test_variable_that_depends_on_the_folder_is_refused(
    invoke: Invoke, people: WritePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in ("spring.db", "~/spring.db", "sqlite:///spring.db"):
        monkeypatch.setenv("TIM_LEDGER", given)
        done = invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi")
        assert done.exit_code == 2
        assert done.stderr == (
            f"tim-async: TIM_LEDGER is {given!r}; it must be an absolute path or a URL: a relative path "
            "would name another ledger in every working folder; more: tim-async explain usage\n"
        )


@posix
def test_without_an_app_the_only_ledger_of_that_name_is_meant(
    invoke: Invoke, people: WritePeople, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("bulk", "plan", people(3), "--name", "spring", "--text", "Hi", "--new")
    monkeypatch.delenv("TIM_SDK_APP_ID")
    done = invoke(*line)
    assert done.exit_code == 2
    assert done.stderr == (
        "tim-async: campaign 'spring' has no ledger, and its app is not known: give --ledger or "
        "--sdk-app-id; more: tim-async explain usage\n"
    )
    assert invoke(*line, "--sdk-app-id", "1400000001").exit_code == 0
    assert str(default(home, "1400000001")) in invoke("bulk", "status", "--name", "spring").stdout
    assert invoke(*line, "--sdk-app-id", "1400000002").exit_code == 0
    assert invoke("bulk", "status", "--name", "spring").stderr == (
        "tim-async: campaign 'spring' exists for several apps (1400000001, 1400000002): give --ledger or "
        "--sdk-app-id; more: tim-async explain usage\n"
    )
    assert (
        str(default(home, "1400000002"))
        in invoke("bulk", "status", "--name", "spring", "--sdk-app-id", "1400000002").stdout
    )


@posix
def test_home_that_is_none(invoke: Invoke, people: WritePeople, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ("bulk", "plan", people(3), "--name", "spring", "--text", "Hi", "--new")
    with monkeypatch.context() as patch:
        # The result for a user without a home.
        patch.setattr("platformdirs.user_state_path", lambda *_, **__: Path("state/tim-async"))
        done = invoke(*line)
    assert "no state folder for the user (state/tim-async): give --ledger, or set TIM_LEDGER" in done.stderr
    (home / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    done = invoke(*line)
    assert "cannot make the folder" in done.stderr
    assert " for the ledger: File exists: give --ledger, or set TIM_LEDGER; more: " in done.stderr


@posix
@pytest.mark.parametrize("args", [("missing.csv",), ("people.csv", "--account-column", "uid")], ids=["file", "column"])
def test_failed_plan_leaves_nothing(
    invoke: Invoke, people: WritePeople, home: Path, args: tuple[str, ...], tmp_path: Path
) -> None:
    people(3)
    done = invoke("bulk", "plan", *args, "--name", "spring", "--text", "Hi", "--new")
    assert done.exit_code == 2
    assert files(home) == []
    done = invoke("bulk", "plan", *args, "--name", "spring", "--text", "Hi", "--ledger", "mine.db")
    assert done.exit_code == 2
    assert files(tmp_path) == ["people.csv"]


def no_ledger(path: Path, kind: str) -> str:
    """Put something else in place of the ledger; return the error."""
    match kind:
        case "empty":
            path.touch()
            return (
                f"{path} is empty (0 bytes), so it is not a ledger: restore a copy of the ledger, or remove the file "
                "to start a new one"
            )
        case "text":
            path.write_text("account,name\n")
            return f"{path} is not a ledger: give another path"
        case "another database":
            with sqlite3.connect(path) as file:
                file.execute("CREATE TABLE people (name)")
            file.close()
            return f"{path} is a database, but not a ledger of campaigns: use another one"
        case "another application's":
            with sqlite3.connect(path) as file:
                file.execute("PRAGMA application_id = 7")
                file.execute("CREATE TABLE people (name)")
            file.close()
            return f"{path} is the database of another application, not a ledger: give another path"
        case "folder":
            path.mkdir()
            return f"{path} is a folder: give the path of a ledger file"
    raise AssertionError(kind)


@posix
@pytest.mark.parametrize("kind", ["empty", "text", "another database", "another application's", "folder"])
def test_what_is_no_ledger_is_refused_and_left_alone(
    invoke: Invoke, people: WritePeople, tmp_path: Path, credentials: None, kind: str
) -> None:
    people(3)
    path = tmp_path / "spring.db"
    problem = no_ledger(path, kind)
    before = path.read_bytes() if path.is_file() else b""
    with emulated() as emulator:
        for args in (
            ("plan", "people.csv", "--text", "Hi"),
            ("run", "people.csv", "--text", "Hi", "--base-url", emulator.url),
            ("status",),
            ("export", "out.csv"),
        ):
            done = invoke("bulk", *args, "--name", "spring")
            assert (done.exit_code, done.stdout) == (1, "")
            assert done.stderr == f"tim-async: {problem}; more: tim-async explain ledger\n"
        assert emulator.messages() == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["people.csv", "spring.db"]
    assert (path.read_bytes() if path.is_file() else b"") == before


@posix
def test_copy_without_its_log_is_adopted_when_that_is_said(invoke: Invoke, people: WritePeople, tmp_path: Path) -> None:
    assert invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi").exit_code == 0
    path = tmp_path / "spring.db"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 7")  # as a copy has it that was made while the ledger was open
    file.close()
    refused = invoke("bulk", "status", "--name", "spring")
    assert refused.exit_code == 1
    assert "To use the file without it, run `tim-async bulk adopt`" in refused.stderr
    done = invoke("bulk", "adopt", "spring.db")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{path} can be used again; run its campaigns to continue\n"
    assert invoke("bulk", "status", "--name", "spring").exit_code == 0
    assert invoke("bulk", "adopt", "spring.db").stderr == (
        "tim-async: the ledger spring.db is complete: nothing was changed; more: tim-async explain ledger\n"
    )
