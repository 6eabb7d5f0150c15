from __future__ import annotations

import pytest

from tim_async import (
    BodyTooLargeError,
    BreakerOpenError,
    ConnectError,
    LimiterSetupError,
    LimiterUnavailableError,
    ReplyTimeoutError,
    UsageError,
    WaitTooLongError,
)
from tim_async.bulk.stopping import FailureJudge, FailureScope, scope_of
from tim_async.errors import from_reply


def api(code):
    return from_reply("openim", code, "refused")


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def failures(time):
    return FailureJudge(lambda: time[0], patience_s=60)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        *((api(code), FailureScope.RECIPIENT) for code in (20003, 70107, 90012, 90003, 90048)),
        *((api(code), FailureScope.SLOWER) for code in (60007, 90057, 60011)),
        *((api(code), FailureScope.CREDENTIALS) for code in (20002, 70001, 70009, 90009, 60010)),
        *((api(code), FailureScope.QUOTA) for code in (60028, 22007)),
        *((api(code), FailureScope.TROUBLE) for code in (20004, 20005, 91000, 90992)),
        *((api(code), FailureScope.MESSAGE) for code in (80001, 90010, 93000, 20006, 120_500, 424_242)),
        (ConnectError("x"), FailureScope.TROUBLE),
        (ReplyTimeoutError("x", timeout=1), FailureScope.TROUBLE),
        (WaitTooLongError(wait=1, remaining=0), FailureScope.NO_TURN),
        (WaitTooLongError(wait=None, remaining=None, waiting=5, max_waiting=5), FailureScope.NO_TURN),
        (BreakerOpenError(silent_s=12.0, failures=7, look_in_s=None), FailureScope.TROUBLE),
        (BodyTooLargeError(actual=2, limit=1, field="MsgBody", field_bytes=1), FailureScope.MESSAGE),
        (UsageError("x", field="msg_body"), FailureScope.MESSAGE),
        (UsageError("the client is closed"), FailureScope.PROGRAM),
        (LimiterSetupError("wrong password", field="url"), FailureScope.PROGRAM),
        (LimiterUnavailableError("x"), FailureScope.TROUBLE),
    ],
    ids=lambda value: str(getattr(value, "code", None) or type(value).__name__) if isinstance(value, Exception) else "",
)
def test_whom_an_error_speaks_of(error, what):
    assert scope_of(error) is what


@pytest.mark.parametrize(("code", "status"), [(70001, "stopped"), (60010, "stopped"), (60028, "paused")])
def test_some_stop_at_once_and_say_why(failures, code, status):
    stop = failures.judge(api(code))
    assert stop.status == status
    assert str(code) in stop.reason


def test_closed_client_stops(failures):
    assert failures.judge(UsageError("the client is closed")).reason == "the client is closed"


def test_webhook_that_does_not_answer_stops_after_ten_in_a_row(failures):
    for _ in range(3):
        assert all(failures.judge(api(90992)) is None for _ in range(9))
        failures.succeed()
    assert all(failures.judge(api(90992)) is None for _ in range(9))
    assert "webhook" in failures.judge(api(90992)).reason


def test_other_trouble_stops_only_when_it_lasts(failures, time):
    assert all(failures.judge(ConnectError("no route")) is None for _ in range(500))
    time[0] = 59.9
    assert failures.judge(ConnectError("no route")) is None
    failures.succeed()
    time[0] = 61
    assert all(failures.judge(api(20004)) is None for _ in range(50))
    time[0] = 130
    stop = failures.judge(ConnectError("no route"))
    assert stop.status == "stopped"
    assert "no call has succeeded for 69 s" in stop.reason
    assert "no route" in stop.reason


def test_one_slow_call_is_no_reason(failures, time):
    assert failures.judge(api(20004)) is None
    time[0] = 1000
    assert failures.judge(api(20004)) is None


def test_message_that_all_are_refused_with_stops(failures):
    assert failures.judge(api(80001), 60) is None
    assert failures.judge(api(90010), 60) is None  # another code: counted from the start
    assert failures.judge(api(90010), 39) is None
    assert "100 recipients in a row were refused" in failures.judge(api(90010)).reason


@pytest.mark.parametrize("code", [90012, 20006, 120_001, 130_000])
def test_refusals_of_recipients_and_of_the_apps_webhook_do_not(failures, code):
    assert all(failures.judge(api(code), 500) is None for _ in range(20))


def test_too_many_calls_for_ever_pauses(failures, time):
    for minute in range(10):
        time[0] = 60.0 * minute
        assert failures.judge(api(60007)) is None
    time[0] = 600
    assert failures.judge(api(60007)).status == "paused"
    failures.succeed()
    assert failures.judge(api(60007)) is None
