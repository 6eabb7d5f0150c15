from __future__ import annotations

import pytest

from tim_async import errors
from tim_async.cli._topics import NEXT_STEPS, page, pages
from tim_async.cli._topics_zh import TOPICS
from tim_async.errors import TimError

TOPIC_NAMES = [
    each.topic for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.TimError)
]


def test_every_class_has_a_page_with_what_to_do() -> None:
    assert [each.topic for each in pages()] == TOPIC_NAMES == list(NEXT_STEPS)


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_page_follows_the_tree(topic: str) -> None:
    found = page(topic)
    assert found is not None
    assert found.meaning.endswith(".")
    kind = getattr(errors, found.name)
    assert found.broader == (None if kind is TimError else kind.__base__.topic)
    assert set(found.narrower) == {each.topic for each in kind.__subclasses__() if each.__module__ == errors.__name__}
    for name, text in found.attributes:
        assert name.isidentifier()
        assert text


def test_classes_of_a_program_do_not_show() -> None:
    class ShopError(TimError):
        topic = "shop"

    assert page("shop") is None
    found = page(TimError.topic)
    assert found is not None
    assert "shop" not in found.narrower
    assert ShopError.topic == "shop"


def test_every_topic_is_explained_in_chinese() -> None:
    assert list(TOPICS) == TOPIC_NAMES
    for meaning, step in TOPICS.values():
        assert meaning.endswith("。")
        assert not step.endswith("。")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in step)
