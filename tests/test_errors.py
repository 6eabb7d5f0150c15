"""The tree of errors: classes for codes, texts, pickling, and whether something may have been delivered."""

import asyncio
import copy
import inspect
import pickle
import re

import pytest

from tim_async import errors
from tim_async.errors import (
    AnswerError,
    ApiError,
    ArchiveError,
    AuthError,
    BodyTimeoutError,
    BodyTooLargeError,
    BreakerOpenError,
    ClusterError,
    ConnectError,
    ConnectionLostError,
    EventDecodeError,
    EventLostError,
    EventTooLargeError,
    HandlerTimeoutError,
    InvalidRequestError,
    LedgerError,
    LimiterSetupError,
    LimiterUnavailableError,
    MethodError,
    PartialFailureError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    ServiceBusyError,
    SignatureError,
    StaleRequestError,
    TimError,
    TransportError,
    UsageError,
    UserSigError,
    WaitTooLongError,
    WebhookError,
    WrongAppError,
    from_reply,
    may_have_been_delivered,
)
from tim_async.models.c2c import SendMsg
from tim_async.models.elements import RawElem, TextElem


@pytest.mark.parametrize(
    ("service", "code", "advice"),
    [
        pytest.param(
            "openim", 90012, "import the account first: client.account.import_account(user_id=...)", id="call"
        ),
        pytest.param("group_open_http_svc", 10007, "check that this type of group supports the operation", id="10007"),
        pytest.param("openim", 60018, errors.ADVICE["quota"], id="by-hint"),
    ],
)
def test_error_says_what_to_do(service, code, advice):
    error = from_reply(service, code, "received")
    assert error.advice.startswith(advice)
    assert error.message.endswith(f"received [{error.advice}]")


def test_error_without_advice_ends_with_its_reason():
    error = from_reply("openim", 424242, "received")
    assert error.advice == ""
    assert error.message == "the service answered 424242 (unknown code): received"


@pytest.mark.parametrize(
    ("service", "code", "kind", "hint"),
    [
        pytest.param("openim", 90001, InvalidRequestError, "fix_request", id="json-wrong"),
        pytest.param("openim", 93000, InvalidRequestError, "fix_request", id="too-long"),
        pytest.param("openim", 70001, AuthError, "auth", id="usersig-expired"),
        pytest.param("openim", 60007, RateLimitedError, "quota", id="too-many-calls"),
        pytest.param("openim", 60028, RateLimitedError, "quota", id="trial-quota"),
        pytest.param("openim", 20004, ServiceBusyError, "retry", id="busy"),
        pytest.param("openim", 60004, AuthError, "auth", id="wrong-account"),
        pytest.param("group_open_http_svc", 10007, InvalidRequestError, "fix_request", id="10007-group-type"),
        pytest.param("sns", 30008, ApiError, "none", id="write-conflict"),
        pytest.param("openim", 91000, ServiceBusyError, "retry", id="timeout-inside"),
        pytest.param("openim", 80005, ApiError, "none", id="no-advice"),
        pytest.param("openim", 424242, ApiError, "none", id="unknown"),
        pytest.param("openim", 10004, ApiError, "none", id="ambiguous-here"),
        pytest.param("group_open_http_svc", 10002, ServiceBusyError, "retry", id="10002-group"),
        pytest.param("openim_msg_ext_http_svc", 10004, InvalidRequestError, "fix_request", id="10004-extension"),
        pytest.param("group_open_http_svc", 10008, AuthError, "auth", id="10008-group"),
        pytest.param("openim_msg_ext_http_svc", 10008, ApiError, "none", id="10008-extension"),
        pytest.param("openconfigsvr", 130002, InvalidRequestError, "fix_request", id="130002-mute"),
        pytest.param("official_account_open_http_svc", 130002, AuthError, "auth", id="130002-official"),
        pytest.param("open_msg_svc", 130009, ServiceBusyError, "retry", id="130009-operation"),
        pytest.param("official_account_open_http_svc", 130009, ApiError, "none", id="130009-official"),
        pytest.param("open_msg_svc", 130010, ServiceBusyError, "retry", id="130010-operation"),
        pytest.param("official_account_open_http_svc", 130010, RateLimitedError, "quota", id="130010-official"),
    ],
)
def test_code_becomes_the_class_of_its_hint(service, code, kind, hint):
    error = from_reply(service, code, "received")
    assert type(error) is kind
    assert (error.code, error.info, error.hint) == (code, "received", hint)
    assert error.transient == (hint == "retry")


def test_api_error_carries_the_facts_of_the_catalogue():
    error = from_reply("openim", 70001, "UserSig expired")
    assert error.name == "usersig_expired"
    assert error.meaning
    assert "70001 usersig_expired" in str(error)
    assert "UserSig expired" in str(error)
    assert str(error).endswith("; with a secret_key the client renews it automatically]")


def test_api_error_without_info_reports_the_meaning():
    error = from_reply("openim", 70001, "")
    assert error.info == ""
    assert error.meaning in str(error)


def test_api_error_with_unknown_code_keeps_its_info():
    error = from_reply("openim", 424242, "surprise")
    assert (error.code, error.info, error.name, error.meaning) == (424242, "surprise", None, None)
    assert str(error) == "the service answered 424242 (unknown code): surprise"
    assert "no ErrorInfo" in str(from_reply("openim", 424242, ""))


def test_tree():
    assert issubclass(TimError, Exception)
    assert {UsageError, TransportError, ApiError, PartialFailureError} <= set(TimError.__subclasses__())
    for kind in (BodyTooLargeError, UserSigError):
        assert issubclass(kind, UsageError)
    assert WaitTooLongError.__bases__ == (TimError,)  # busy, not wrong
    for kind in (ConnectError, BreakerOpenError, ConnectionLostError, ReplyTimeoutError, ReplyDecodeError):
        assert issubclass(kind, TransportError)
    for kind in (InvalidRequestError, AuthError, RateLimitedError, ServiceBusyError):
        assert issubclass(kind, ApiError)
    drawn = errors.__doc__
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, TimError):
            assert f"{name} " in drawn or f"{name}\n" in drawn, f"{name} is missing in the drawing"


@pytest.mark.parametrize(
    ("attempts", "command", "maybe", "text"),
    [
        pytest.param(0, None, False, "why", id="plain"),
        pytest.param(1, "openim/sendmsg", False, "openim/sendmsg: why", id="one-attempt"),
        pytest.param(3, "openim/sendmsg", False, "openim/sendmsg: why (after 3 attempts)", id="three-attempts"),
        pytest.param(1, None, True, "why; the request may have taken effect all the same", id="unsure"),
    ],
)
def test_text_names_command_attempts_and_doubt(attempts, command, maybe, text):
    error = TransportError("why")
    error.attempts, error.command, error.maybe_delivered = attempts, command, maybe
    assert str(error) == text
    assert error.message == "why"


EVERY_ERROR = [
    pytest.param(error, id=type(error).__name__)
    for error in (
        TimError("x"),
        UsageError("x", field="to_account"),
        BodyTooLargeError(actual=9000, limit=8192, field="MsgBody", field_bytes=8900),
        WaitTooLongError(wait=3.5, remaining=1.25),
        WaitTooLongError(wait=None, remaining=1.25),
        WaitTooLongError(wait=2.5, remaining=None, waiting=500, max_waiting=500),
        BreakerOpenError(silent_s=12.5, failures=7, look_in_s=2.5),
        UserSigError("x", code=70001),
        TransportError("x"),
        ConnectError("x"),
        ConnectionLostError("x"),
        ReplyTimeoutError("x", timeout=5.0),
        ReplyDecodeError("x", status=502, content_type="text/html", size=17),
        ArchiveError("x", source="x.gz"),
        LedgerError("x"),
        LimiterSetupError("x", field="url"),
        LimiterUnavailableError("x"),
        ClusterError("x"),
        PartialFailureError(["a", "b"]),
        WebhookError("x"),
        SignatureError("x"),
        StaleRequestError(age=-61.5, window=60.0),
        WrongAppError("x"),
        MethodError("x"),
        EventTooLargeError(limit=1024),
        BodyTimeoutError(timeout=1.5),
        EventDecodeError("x", field="MsgBody"),
        AnswerError("x"),
        HandlerTimeoutError(timeout=1.5),
        EventLostError("x"),
        from_reply("openim", 80005, "你好"),
        from_reply("openim", 90001, "bad"),
        from_reply("openim", 70001, "old"),
        from_reply("openim", 60007, "slow"),
        from_reply("openim", 20004, "busy"),
    )
]


def every_subclass(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from every_subclass(sub)


def test_every_error_of_the_module_is_in_the_table_below():
    table = {type(param.values[0]) for param in EVERY_ERROR}
    assert {kind for kind in every_subclass(TimError) if kind.__module__ == errors.__name__} <= table


@pytest.mark.parametrize("clone", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
@pytest.mark.parametrize("error", EVERY_ERROR)
def test_error_survives_a_copy_with_all_its_facts(error, clone):
    error = copy.copy(error)
    error.command, error.attempts, error.maybe_delivered = "openim/sendmsg", 3, True
    error.request = SendMsg(to_account="bob", msg_body=[TextElem("你好"), RawElem("TIMNewElem", {"A": 1})], msg_seq=7)
    error.add_note("a note")
    twin = clone(error)
    if isinstance(twin, bytes):
        twin = pickle.loads(twin)
    assert type(twin) is type(error)
    assert twin is not error
    assert str(twin) == str(error)
    assert twin.args == error.args
    assert vars(twin) == vars(error)
    assert twin.__notes__ == ["a note"]


def test_wait_too_long_reports_both_times():
    known = WaitTooLongError(wait=3.5, remaining=1.25)
    assert (known.wait, known.remaining) == (3.5, 1.25)
    assert "3.500 s" in str(known)
    assert "1.250 s" in str(known)
    passed = WaitTooLongError(wait=None, remaining=1.25)
    assert passed.wait is None
    assert "None" not in str(passed)


def test_partial_failure_counts_and_shows_the_first():
    error = PartialFailureError(["bob", "carol"])
    assert error.failed == ["bob", "carol"]
    assert str(error) == "2 of the items failed, the first is 'bob'"


# may_have_been_delivered


def marked(error):
    error.maybe_delivered = True
    return error


@pytest.mark.parametrize("kind", [TimError, ConnectionLostError, asyncio.CancelledError, TimeoutError])
def test_marked_error_may_have_been_delivered(kind):
    assert may_have_been_delivered(marked(kind("x")))


@pytest.mark.parametrize("error", [*EVERY_ERROR, pytest.param(ValueError("x"), id="ValueError")])
def test_unmarked_error_was_not_delivered(error):
    assert not may_have_been_delivered(error)


async def test_timeout_from_a_marked_cancellation_may_have_been_delivered():
    async def call():
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError as error:
            error.maybe_delivered = True
            raise

    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0):
            await call()
    assert may_have_been_delivered(caught.value)
    with pytest.raises(TimeoutError) as caught:
        await asyncio.wait_for(call(), 0.001)
    assert may_have_been_delivered(caught.value)


async def test_timeout_from_an_unmarked_cancellation_was_not_delivered():
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0):
            await asyncio.get_running_loop().create_future()
    assert not may_have_been_delivered(caught.value)


def test_mark_is_found_behind_several_errors_and_from_none():
    inner = marked(asyncio.CancelledError())
    middle = TimeoutError()
    middle.__cause__ = inner
    outer = RuntimeError()
    outer.__context__ = middle
    outer.__suppress_context__ = True
    assert may_have_been_delivered(outer)


def test_cycle_of_contexts_ends():
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first
    assert not may_have_been_delivered(first)
    marked(second)
    assert may_have_been_delivered(first)


def test_every_class_has_a_topic_of_its_own():
    classes = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, TimError)]
    topics = [vars(each).get("topic") for each in classes]
    assert all(topic and re.fullmatch("[a-z]+(-[a-z]+)*", topic) for topic in topics), topics
    assert len(set(topics)) == len(classes)


def test_subclass_of_a_program_has_the_topic_of_its_base():
    class ShopError(RateLimitedError):
        pass

    assert ShopError.topic == "rate-limited"
