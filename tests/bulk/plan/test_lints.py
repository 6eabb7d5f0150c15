from __future__ import annotations

import pytest

from tim_async import AndroidInfo, CustomElem, FaceElem, OfflinePushInfo, TextElem
from tim_async.bulk import Message
from tim_async.bulk._message.messages import PreparedMessage
from tim_async.bulk._message.rendering import MessageSource
from tim_async.bulk._plan.lints import lint, push_lints


def lints(message, *, is_template=False):
    """The findings about a message, and about its stored form."""
    said = list(lint(message, is_template=is_template))
    assert list(lint(PreparedMessage(MessageSource(message).stored).message, is_template=is_template)) == said
    return said


def text(content, **options):
    return Message(msg_body=[TextElem(text=content)], **options)


def test_plain_text_has_nothing_to_mind():
    assert lints(text("hi")) == []


@pytest.mark.parametrize(
    ("message", "is_linted"),
    [
        (Message(msg_body=[CustomElem(data="{}")]), True),
        (Message(msg_body=[CustomElem(data="{}", desc="[Order]")]), False),
        (Message(msg_body=[CustomElem(data="{}")], offline_push_info=OfflinePushInfo(desc="[Order]")), False),
        (Message(msg_body=[CustomElem(data="{}"), FaceElem(index=1)]), False),
    ],
)
def test_custom_element_that_is_not_pushed(message, is_linted):
    assert any("get no push" in line for line in lints(message)) == is_linted


def test_push_that_vendors_cut():
    assert lints(text("字" * 50)) == []
    [line] = lints(text("字" * 51))
    assert line == "the push text has 51 characters, more than these vendors show: OPPO (50)"
    [line] = lints(text("x" * 129))
    assert "Xiaomi (128), OPPO (50), vivo (100), Meizu (100)" in line
    assert lints(text("x" * 129, offline_push_info=OfflinePushInfo(desc="short"))) == []
    assert lints(text("x" * 129, offline_push_info=OfflinePushInfo(push_flag=1))) == []
    large = OfflinePushInfo(android_info=AndroidInfo(push_style=1))
    assert lints(text("x" * 100, offline_push_info=large)) == []
    [line] = lints(text("x", offline_push_info=OfflinePushInfo(title="👋" * 17)))  # two units each
    assert line == "the push title has 34 characters, more than these vendors show: Meizu (32)"


def test_push_data_that_is_large():
    said = lints(text("x", offline_push_info=OfflinePushInfo(ext=f'"{"e" * 3100}"')))
    assert [line.partition(" bytes")[0] for line in said] == [
        "the push's ext has 3,102",
        "the push's text and ext have 3,103",
    ]


def test_push_that_a_vendor_may_not_take():
    [line] = push_lints(text("x", offline_push_info=OfflinePushInfo(ext="plain")))
    assert "is not JSON" in line
    [line] = push_lints(text("x", offline_push_info=OfflinePushInfo(android_info=AndroidInfo(oppo_notify_level=2))))
    assert "without oppo_category" in line
    assert push_lints(text("x", offline_push_info=OfflinePushInfo(push_flag=1, ext="plain"))) == []
    assert push_lints(text("x")) == []


def test_message_that_the_service_does_not_keep():
    for options in ({"online_only_flag": 1}, {"msg_life_time": 0}):
        assert any("cannot be verified" in line for line in lints(text("x", **options)))


def test_dollar_in_what_is_no_template():
    assert any("sent as it is" in line for line in lints(text("Hi $name")))
    assert lints(text("Hi $name"), is_template=True) == []
