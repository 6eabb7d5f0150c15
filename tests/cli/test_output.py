from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path

import pytest

from tim_async.cli import _output
from tim_async.cli._log import PlainFormatter
from tim_async.cli._output import echo, for_data, one_line, plain, print_json, show_facts, show_time
from tim_async.cli.commands import worker


class Facts(dict[str, int]):
    def __str__(self) -> str:
        return "1 sent\n  2 failed"


def test_facts_are_text_for_people_or_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts(Facts(sent=1, failed=2), as_json=False)
    assert capsys.readouterr().out == "1 sent\n  2 failed\n"
    show_facts(Facts(sent=1, failed=2), as_json=True)
    assert capsys.readouterr().out == '{"sent":1,"failed":2}\n'


def test_json_indented(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "你好\x1b"}, indent=2)
    output = capsys.readouterr().out
    assert output.splitlines()[0] == "{"
    assert "\x1b" not in output
    assert json.loads(output) == {"text": "你好\x1b"}


def test_text_keeps_its_lines_and_spacing_and_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    echo("a  b\n    b\x1b[2J\tc\r\n\rd\x85\u2028e")
    assert capsys.readouterr().out == "a  b\n    b [2J c\n d  e\n"
    echo("x", err=True)
    assert capsys.readouterr() == ("", "x\n")


HOSTILE = "\x1b[31m\x9b1m\u202e\x1b]8;;http://evil\x07link\x1b]8;;\x07\x7f\u2066\u200e\U000e0041"


def test_nothing_that_steers_a_terminal_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"你好\u3000👩\u200d👧{HOSTILE}"
    echo(text)
    echo(one_line(text))
    print_json(text)
    show_facts(text, as_json=True)
    output = capsys.readouterr().out
    assert not [each for each in output.replace("\n", "") if not each.isprintable() and each not in "\u3000\u200d"]
    assert output.count("👩\u200d👧") == 4


def test_json_with_escapes_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for indent in (0, 2):
        print_json({HOSTILE: [HOSTILE]}, indent=indent)
        output = capsys.readouterr().out
        assert json.loads(output) == {HOSTILE: [HOSTILE]}
        assert "\\u009b" in output
        assert len(output.splitlines()) == (5 if indent else 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_data_is_changed_on_a_terminal_only() -> None:
    for stream, written in ((io.StringIO(newline=""), f"{HOSTILE}\r\n"), (Terminal(), f"{plain(HOSTILE)}\n")):
        for_data(stream).write(f"{HOSTILE}\r\n")
        assert stream.getvalue() == written


def test_lines_of_a_log_are_plain() -> None:
    record = logging.LogRecord("aio_pika", logging.WARNING, "", 0, "refused by %s", (HOSTILE,), None)
    line = PlainFormatter("%(name)s %(message)s").format(record)
    assert line == f"aio_pika refused by {plain(HOSTILE)}"
    assert line.isprintable()


def test_one_module_prints() -> None:
    """All others go through it: typer, `print` and the streams print nowhere else, and rich draws on its console."""
    printing = re.compile(r"typer\.s?echo|\bprint\(|\.write\(|\bConsole\(|click\.echo")
    folder = Path(_output.__file__).parent
    users = {
        path.name: set(found)
        for path in folder.rglob("*.py")
        if path.name != "_output.py" and (found := printing.findall(path.read_text("utf-8")))
    }
    # Help, which click prints, tables without texts of others, what a shell reads, a file of JSON, and accounts, which
    # `for_data` makes fit.
    assert users == {
        "_frame.py": {".write("}, "stage.py": {"print("}, "_listing.py": {"print("}, "_completion.py": {".write("},
        "show.py": {".write("}, "doctor.py": {"print("}, "report.py": {".write("},
    }  # fmt: skip


def test_one_line() -> None:
    assert one_line("a\n\x07b\u202e  c 你好 👋") == "a  b  c 你好 👋"


def test_moment_is_in_utc() -> None:
    assert show_time(1_700_000_000) == "2023-11-14 22:13:20 UTC"


def test_worker_logs_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process would, with no handler there before."""
    stream = io.StringIO()
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr("sys.stderr", stream)
    worker._set_up_logging(verbose=False)
    root.warning("refused by %s", HOSTILE)
    assert stream.getvalue().endswith(f" root WARNING refused by {plain(HOSTILE)}\n")
