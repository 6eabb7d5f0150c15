"""JSON with damaged texts is repaired, and nothing else in it changes."""

from __future__ import annotations

import json
import re
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tim_async._api import damage
from tim_async._api.damage import repair

LOST = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        pytest.param(rb"\ud83d", LOST, id="first half"),
        pytest.param(rb"\ude00", LOST, id="second half"),
        pytest.param(rb"\uD83Dab\uDE00", f"{LOST}ab{LOST}", id="halves apart"),
        pytest.param(rb"\ud83d\ud83d\ude00", f"{LOST}😀", id="half before a pair"),
        pytest.param(rb"\ud83d\u0041\n", f"{LOST}A\n", id="half before other escapes"),
        pytest.param(rb"\\ud83d\ud83d", rf"\ud83d{LOST}", id="backslash, not half"),
        pytest.param("好".encode()[:2], LOST, id="cut character"),
        pytest.param("a😀".encode()[:3] + b"b", f"a{LOST}b", id="cut in the middle"),
        pytest.param(b"\xed\xa0\xbd", LOST * 3, id="half as bytes"),
        pytest.param("中文".encode("gbk"), "����", id="another encoding"),
        pytest.param(b"a\x00\x01\nb\t\x1f", "a\x00\x01\nb\t\x1f", id="raw controls"),
        pytest.param(rb"C:\x\u12", r"C:\x\u12", id="no escapes"),
        pytest.param(b"\\\n", "\\\n", id="raw break after a backslash"),
        pytest.param(rb"\"\ud83d\"", f'"{LOST}"', id="quotes around it"),
    ],
)
def test_a_damaged_text_is_repaired_between_sound_ones(inside: bytes, text: str) -> None:
    document = (
        b'{"first":"\\ud83d\\ude00\\"\\\\ ' + "中".encode() + b'",\n\t"damaged":"' + inside + b'","last":[1.50,"x"]}'
    )
    with pytest.raises((msgspec.DecodeError, UnicodeError)):
        msgspec.json.decode(document)
    repaired = repair(document)
    assert repaired is not None
    assert msgspec.json.decode(repaired) == {"first": '😀"\\ 中', "damaged": text, "last": [1.5, "x"]}
    assert repair(repaired) is None


def test_names_are_texts_too() -> None:
    repaired = repair(b'{"a\\ud83d":1}')
    assert repaired is not None
    assert msgspec.json.decode(repaired) == {f"a{LOST}": 1}


def test_halves_in_decoded_text_are_repaired() -> None:
    assert repair('{"a":"\ud83d"}') == f'{{"a":"{LOST}"}}'.encode()
    assert repair('{"a":"😀"}') is None


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b'{"a":', b'{"a":"cut', b'{"a":NaN}', b'{"a":"x"}{', b"\x00", b'"\\', b'{"a":\x01}', b"["],
)
def test_what_is_wrong_outside_texts_stays_wrong(document: bytes) -> None:
    repaired = repair(document)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(document if repaired is None else repaired)


TEXTS = st.text(st.characters() | st.sampled_from("\ud83d\ude00"))


@given(st.recursive(st.integers() | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_halves_anywhere_are_repaired_as_decoding_replaces_them(value: object) -> None:
    document = json.dumps(value)
    repaired = repair(document)
    units = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    sound = json.loads(units.decode("utf-16", "replace"))
    assert msgspec.json.decode(document if repaired is None else repaired) == sound


@given(st.binary())
def test_any_bytes_are_repaired_or_left(data: bytes) -> None:
    repaired = repair(data)
    assert repaired is None or repair(repaired) is None


@pytest.mark.parametrize(
    "document",
    [
        b'"' * 1_000_000,
        b'"\\"' * 300_000,
        b"\\u" * 500_000,
        b'"' + b"\\ud83d" * 160_000,
        b'"\x01"' * 300_000,
        b'"\\x' * 300_000,
    ],
    ids=["quotes", "escaped quotes", "no text", "halves", "texts", "backslashes"],
)
def test_a_megabyte_of_the_worst_kind_takes_no_more_than_a_moment(document: bytes) -> None:
    began = time.process_time()
    repair(document)
    assert time.process_time() - began < 1.0  # it takes 0.05 s; anything not linear takes minutes


def test_what_is_damaged_everywhere_is_left() -> None:
    assert repair(b'["' + b'\x01","' * 10_001 + b'"]') is None
    assert repair(b'["' + b'\x01","' * 9_999 + b'"]') is not None


@pytest.mark.parametrize("pattern", damage._patterns(), ids=["damaged", "part"])
def test_no_group_repeats_possessively(pattern: re.Pattern[str]) -> None:
    """Python 3.11.0 to 3.11.4 match such groups wrongly, and nothing would be repaired."""
    assert not re.search(r"\)(?:[*+?]|\{\d+(?:,\d*)?\})\+", pattern.pattern)
