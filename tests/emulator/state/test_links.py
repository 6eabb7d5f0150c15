"""Links between accounts."""

from __future__ import annotations

from tim_async.emulator.state.links import Links


def test_links_are_found_from_both_ends_in_order():
    links = Links()
    for source, target in [("a", "c"), ("a", "b"), ("b", "c"), ("c", "c")]:
        links.add(source, target, source + target)
    links.add("a", "c", "again")
    assert dict(links.of("a")) == {"c": "again", "b": "ab"}
    assert list(links.to("c")) == ["a", "b", "c"]
    assert (links.get("a", "c"), links.get("c", "a"), links.has("c", "a")) == ("again", None, False)
    assert (links.remove("a", "b"), links.remove("a", "b"), links.remove("x", "y")) == (True, False, False)
    links.forget("c")
    assert [dict(links.of(user)) for user in "abc"] == [{}, {}, {}]
    assert [list(links.to(user)) for user in "abcx"] == [[], [], [], []]
