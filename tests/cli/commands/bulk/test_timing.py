"""`tim-async bulk set`, and the options that say when and how fast."""

from __future__ import annotations

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke
from tim_async.bulk import Report
from tim_async.cli._errors import CommandError
from tim_async.cli.commands.bulk._running import show_report

DAY = ("--between", "09:00-21:00", "--time-zone", "Asia/Shanghai")


def test_plan_keeps_what_was_given_and_set_changes_it(invoke: Invoke, people: WritePeople) -> None:
    line = ("bulk", "plan", people(7200), "--name", "spring", "--text", "Hi $name", *DAY)
    planned = invoke(*line, "--rate", "1")
    assert planned.exit_code == 0
    assert "between 09:00 and 21:00 (Asia/Shanghai), at most 1 recipients per second; done at about " in planned.stdout
    assert "lanes=single: 7,200 calls, 2 h 00 min" in planned.stdout
    done = invoke("bulk", "set", "--name", "spring", "--share", "40%", "--between", "18:00-01:00")
    assert (done.exit_code, done.stdout) == (
        0,
        "campaign spring: between 18:00 and 01:00 (Asia/Shanghai), at most 40% of the limit\n",
    )
    status = invoke("bulk", "status", "--name", "spring")
    assert "  between 18:00 and 01:00 (Asia/Shanghai), at most 40% of the limit\n" in status.stdout
    assert '"share":0.4' in invoke("bulk", "status", "--name", "spring", "--json").stdout.replace(" ", "")
    bare = invoke("bulk", "set", "--name", "spring", "--share", "none", "--between", "none", "--time-zone", "none")
    assert bare.stdout == "campaign spring: at any time, as fast as the limits allow\n"


def test_rehearsal_at_a_rate(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "run", people(30), "--name", "spring", "--text", "Hi $name", "--emulator", "--rate", "600")
    assert result.exit_code == 0
    assert "at most 600 recipients per second" in result.stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--between", "09:00"), "--between 09:00: give two hours of the day, such as 09:00-21:00"),
        (
            ("--between", "9-21", "--time-zone", "UTC"),
            "--between must be two hours of the day, such as 09:00 and 21:00",
        ),
        (("--between", "09:00-21:00"), "--between requires --time-zone, such as Asia/Shanghai"),
        (("--time-zone", "Mars"), "--time-zone is 'Mars', an unknown time zone"),
        (("--not-before", "9 o'clock"), "--not-before is"),
        (
            ("--not-before", "2030-01-02T00:00Z", "--until", "2030-01-01T00:00Z"),
            "--until (2030-01-01 00:00:00+00:00 (UTC)) is before --not-before (2030-01-02",
        ),
        (("--rate", "fast"), "--rate fast: not a number"),
        (("--share", "half"), "--share half: not a number or percentage, such as 40%"),
        (("--share", "140%"), "--share must be a number from 0.001 to 1"),
        (("--rate", "5", "--share", "40%"), "--rate and --share are both given"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_said_before_anything_is_read(
    invoke: Invoke, people: WritePeople, options: tuple[str, ...], problem: str
) -> None:
    planned = invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi", *options)
    assert planned.exit_code == 2
    assert problem in planned.stderr
    assert invoke("bulk", "status", "--name", "spring").exit_code == 1


def test_set_says_what_it_lacks(invoke: Invoke, people: WritePeople) -> None:
    nothing = invoke("bulk", "set", "--name", "spring")
    assert (nothing.exit_code, "give what to change, such as --rate 50" in nothing.stderr) == (2, True)
    none = invoke("bulk", "set", "--name", "spring", "--rate", "5")
    assert (none.exit_code, "does not exist" in none.stderr) == (1, True)
    assert invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi").exit_code == 0
    other = invoke("bulk", "set", "--name", "autumn", "--rate", "5")
    assert (other.exit_code, "has no campaign 'autumn'; it has spring" in other.stderr) == (1, True)


def test_campaign_at_its_end_says_how_to_send_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tim-async", "bulk", "run", "people.csv", "--name", "spring"])
    report = Report(
        name="spring",
        status="ended",
        reason="its end was at 21:00",
        total=5,
        sent=3,
        failed=0,
        unknown=0,
        in_flight=0,
        codes=[],
        duplicates=0,
        bad_rows=0,
        duration_s=1.0,
        rate=3.0,
    )
    with pytest.raises(CommandError):
        show_report(report)
    shown = capsys.readouterr().err
    assert "to send the rest, set a later end: tim-async bulk set --name spring --until TIME" in shown
    assert "run it again" not in shown
