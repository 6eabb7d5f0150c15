"""The HTTP statuses of errors: one table that has every class, and the answer that is made from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.scripted import SECRET_KEY
from tests.servers import Exchange, Server
from tim_async import HTTP_STATUS, TimClient, error_response, errors
from tim_async.errors import TimError, from_reply


def tree(kind: type[TimError]) -> Iterator[type[TimError]]:
    yield kind
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from tree(each)


def test_table_has_every_class_in_the_order_of_the_tree() -> None:
    assert set(HTTP_STATUS) == set(tree(TimError))
    assert {200, 400, 401, 422, 500, 502, 503, 504} <= set(HTTP_STATUS.values())
    with pytest.raises(TypeError):
        HTTP_STATUS[TimError] = 200  # type: ignore[index]


def test_webhook_errors_have_the_status_that_the_router_answers_with() -> None:
    kinds = [kind for kind in tree(TimError) if issubclass(kind, errors.WebhookError)]
    assert len(kinds) == 11
    assert [kind.status for kind in kinds] == [HTTP_STATUS[kind] for kind in kinds]


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (from_reply("openim", 60007, ""), 503, "1"),
        (from_reply("openim", 91000, ""), 503, "1"),
        (errors.WaitTooLongError(wait=2.3, remaining=2.0), 503, "3"),
        (errors.WaitTooLongError(wait=None, remaining=2.0), 503, "1"),
        (errors.WaitTooLongError(wait=0.0, remaining=-1.0), 503, "1"),
        (errors.BreakerOpenError(silent_s=12.0, failures=7, look_in_s=3.2), 503, "4"),
        (errors.BreakerOpenError(silent_s=12.0, failures=7, look_in_s=None), 503, "1"),
        (errors.LimiterUnavailableError("the disk is full"), 503, "1"),
        (from_reply("openim", 90012, ""), 400, None),
        (errors.BodyTooLargeError(actual=9000, limit=8192, field="MsgBody", field_bytes=8900), 422, None),
        (errors.UsageError("to_account is empty"), 422, None),
        (errors.UserSigError("expired", code=70001), 401, None),
        (from_reply("openim", 90009, ""), 502, None),
        (from_reply("openim", 20006, ""), 502, None),
        (errors.ConnectError("no connection"), 502, None),
        (errors.ReplyTimeoutError("no answer", timeout=1.0), 504, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_answer_says_what_to_do(error: TimError, status: int, retry_after: str | None) -> None:
    answer = error_response(error)
    assert answer.status == status
    assert answer.headers == ({} if retry_after is None else {"Retry-After": retry_after})
    body = json.loads(json.dumps(answer.body))
    assert body == {
        "error": type(error).__name__, "detail": str(error), "code": error.code, "maybe_delivered": False
    }  # fmt: skip


def test_body_says_whether_it_may_have_been_delivered() -> None:
    error = errors.ConnectionLostError("the connection broke")
    error.maybe_delivered = True
    assert error_response(error).body["maybe_delivered"] is True


class ShopError(errors.RateLimitedError):
    """A program's own."""


def test_subclass_of_a_program_has_the_status_of_its_base() -> None:
    assert error_response(ShopError(60007, "", None)).status == 503


@pytest.mark.parametrize(
    "error", [ValueError("secret"), KeyError(), asyncio.CancelledError()], ids=lambda error: repr(error)
)
def test_error_that_is_none_of_ours_is_a_500_without_its_text(error: BaseException) -> None:
    answer = error_response(error)
    assert (answer.status, answer.headers) == (500, {})
    assert answer.body == {
        "error": type(error).__name__, "detail": "internal error", "code": None, "maybe_delivered": False
    }  # fmt: skip


async def test_timeout_around_a_call_says_that_it_may_have_been_delivered() -> None:
    async def hang(exchange: Exchange) -> None:
        await asyncio.sleep(60)

    async with Server(hang).running() as server, TimClient(1400000000, SECRET_KEY, base_url=server.url) as client:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await client.c2c.send_text("bob", "hi")
    assert error_response(caught.value).status == 500
    assert error_response(caught.value).body["maybe_delivered"] is True
