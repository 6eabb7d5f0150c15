"""The size limit: bytes of the encoded request, a list of recipients not counted."""

import json

import pytest

from tim_async._api.wire import check_size, encode
from tim_async.errors import BodyTooLargeError
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg
from tim_async.models.elements import TextElem

LIMIT = 8192


def message_of(size, unit):
    """Build a message that has exactly this size: units of text, filled up with ASCII."""
    bare = len(C2C.send.encode(SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem("")])))
    room = size - bare
    text = unit * (room // len(unit.encode()))
    text += "." * (room - len(text.encode()))
    return SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text)])


units = pytest.mark.parametrize("unit", ["a", "你", "😀"], ids=["ascii", "chinese", "emoji"])


@units
def test_message_at_the_limit_passes(unit):
    body = C2C.send.encode(message_of(LIMIT, unit))
    assert len(body) == LIMIT
    assert unit.encode() * 1000 in body
    check_size(body, LIMIT)


@units
def test_message_one_byte_over_the_limit_is_refused_with_the_facts(unit):
    request = message_of(LIMIT + 1, unit)
    body = C2C.send.encode(request)
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, LIMIT)
    error = caught.value
    assert (error.actual, error.limit, error.field) == (LIMIT + 1, LIMIT, "MsgBody")
    assert error.field_bytes == len(encode(request.msg_body))
    for fact in ("8193 bytes", "1 over the limit of 8192", f"MsgBody with {error.field_bytes} bytes"):
        assert fact in str(error)
    assert unit * 3 not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("limit", [8192, 12_288, 300])
def test_limit_is_the_callers(limit):
    check_size(C2C.send.encode(message_of(limit, "a")), limit)
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(C2C.send.encode(message_of(limit + 1, "a")), limit)
    assert (caught.value.actual, caught.value.limit) == (limit + 1, limit)


@pytest.mark.parametrize(
    ("size", "limit", "is_named"),
    [(8193, 8192, True), (12_288, 8192, True), (12_289, 8192, False), (12_289, 12_288, False), (10_241, 10_240, False)],
)
def test_the_setting_for_what_newer_documents_allow_is_named_where_it_helps(size, limit, is_named):
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(C2C.send.encode(message_of(size, "a")), limit)
    assert ("body_limit=12288" in str(caught.value)) is is_named


def test_largest_field_is_measured_in_bytes_and_not_in_characters():
    body = encode({"A": "x" * 200, "B": "你" * 100, "C": 1})
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, 400)
    assert (caught.value.field, caught.value.field_bytes) == ("B", 302)


EVERYBODY = [f"account-{n:024}" for n in range(500)]
RECIPIENTS = ["user-1", "用户", "x" * 32]
ORDERS = [
    pytest.param(["To_Account", "MsgBody", "MsgRandom"], id="list-first"),
    pytest.param(["MsgBody", "To_Account", "MsgRandom"], id="list-in-the-middle"),
    pytest.param(["MsgRandom", "MsgBody", "To_Account"], id="list-last"),
    pytest.param(["To_Account", "MsgBody"], id="list-before-the-only-other"),
    pytest.param(["MsgBody", "To_Account"], id="list-after-the-only-other"),
]


def batch(order, recipients):
    values = {"To_Account": recipients, "MsgBody": [TextElem("你好" * 100)], "MsgRandom": 7}
    return encode({name: values[name] for name in order})


@pytest.mark.parametrize(
    "recipients", [[], RECIPIENTS, [f"account-{n:024}" for n in range(500)]], ids=["0", "3", "500"]
)
@pytest.mark.parametrize("order", ORDERS)
def test_list_of_recipients_is_not_counted(order, recipients):
    """What counts is the size the same request would have without the list."""
    counted = len(batch([name for name in order if name != "To_Account"], recipients))
    body = batch(order, recipients)
    check_size(body, counted)
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, counted - 1)
    assert (caught.value.actual, caught.value.limit, caught.value.field) == (counted, counted - 1, "MsgBody")


def test_single_recipient_counts():
    body = encode({"To_Account": "x" * 32, "A": 1})
    check_size(body, len(body))
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, len(body) - 1)
    assert (caught.value.actual, caught.value.field) == (len(body), "To_Account")


def test_list_elsewhere_counts():
    body = encode({"Nested": {"To_Account": ["x" * 32] * 10}, "Other_Account": ["y"] * 10})
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, len(body) - 1)
    assert caught.value.actual == len(body)
    assert caught.value.field == "Nested"


def test_text_that_looks_like_a_list_of_recipients_counts():
    body = encode({"Text": json.dumps({"To_Account": ["x"] * 50})})
    with pytest.raises(BodyTooLargeError) as caught:
        check_size(body, len(body) - 1)
    assert caught.value.actual == len(body)
