"""Determine the encoding of a file of recipients before any row is accepted.

A byte order mark decides. Without one it is UTF-8, unless another encoding is named. A file that is not in its encoding
is refused as a whole: rows of plain ASCII would pass, and the others would be lost or reach the wrong people. The
refusal names the encoding that would read the file and shows a decoded line, so that the user can see at once whether
it is right.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from typing import BinaryIO, Final, NamedTuple

from ..._api.checks import nearest
from ..._printable import one_line
from ...errors import UsageError

# Large pieces: the decoder works at the speed of C, and the Python code around it does not matter.
CHUNK_BYTES: Final = 1 << 20
_SAMPLE_BYTES: Final = 1 << 16
_SHOWN_CHARS: Final = 60

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_COMMON: Final = ("utf-8", "utf-16", "gb18030", "gbk", "gb2312", "big5", "cp932", "cp1251", "cp1252", "latin-1")
# The ordinary characters of text in encodings without a mark: the frequent characters of Chinese (simplified: GB2312;
# traditional: Big5 level 1) and Japanese (kana and JIS level 1).
_FREQUENT: Final = (
    ("gb18030", re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")),
    ("big5", re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")),
    ("cp932", re.compile(rb"[\x82\x83\x88-\x97][\x40-\x7e\x80-\xfc]")),
)
_MIN_FREQUENT: Final = 0.5
# In languages with a Latin alphabet, other letters appear singly among the common ones.
_LATIN: Final = re.compile(rb"(?:(?<=[A-Za-z])[\xc0-\xff]|(?<![\x80-\xff])[\xc0-\xff](?=[a-z]))(?![\x80-\xff])")
_PAIR: Final = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
# Three bytes in UTF-8: in every other encoding, these rarely appear by chance.
_WIDE: Final = re.compile("[\u0800-\U0010ffff]")
_WIDE_CHARS: Final = 1 << 16


class Encoding(NamedTuple):
    """The encoding of a file.

    Attributes:
        name: its name among Python's codecs.
        mark_bytes: the length of its byte order mark, 0 without one.
    """

    name: str
    mark_bytes: int


def encoding_of(head: bytes, given: str | None) -> Encoding:
    """Return the encoding of a file that begins with these bytes.

    Raises:
        UsageError: the given encoding is unknown.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    return Encoding("utf-8" if given is None else _known(given), 0)


def _known(given: str) -> str:
    try:
        TextIOWrapper(BytesIO(), encoding=given)  # also refuses codecs that are not for text
        return codecs.lookup(given).name
    except (LookupError, UnicodeError, ValueError):
        pass  # raised below, without Python's own text
    raise UsageError(f"unknown encoding {given!r}{nearest(given.lower(), _COMMON)}", field="encoding")


def check_encoding(
    open_again: Callable[[], Iterator[bytes]], name: str, encoding: Encoding, seen: Callable[[bytes], object]
) -> None:
    """Read a file to its end, and refuse it if it is not in its encoding.

    Args:
        open_again: yields the content in chunks of `CHUNK_BYTES`, from the beginning.
        name: the file's name.
        encoding: its encoding.
        seen: called with every chunk.

    Raises:
        UsageError: it is in another encoding, truncated, or not a text.
    """
    fault = _read_through(open_again(), encoding, seen)
    if fault is None:
        return
    if not fault.is_encoding:
        raise UsageError(f"{name}: {fault.what}", field="recipients")
    problem = f"{name} is not {_shown(encoding.name)}: {fault.what}"
    found = _readable_as(open_again, encoding, fault)
    if found is not None:
        line = _line_as(fault, found)
        problem += f"; encoding={found!r} reads it" + (f" (line {fault.line}: {line!r})" if line else "")
    raise UsageError(problem, field="recipients")


class _Fault(NamedTuple):
    """Where the reading failed.

    Attributes:
        line: the line, from 1.
        what: what was found there.
        near: the bytes from the beginning of that line, as far as they are available.
        guess: the encoding that it looks like, if that is obvious.
        is_encoding: whether the file is in another encoding; otherwise no encoding would make a list of it.
    """

    line: int
    what: str
    near: bytes
    guess: str | None = None
    is_encoding: bool = True


def _read_through(chunks: Iterator[bytes], encoding: Encoding, seen: Callable[[bytes], object]) -> _Fault | None:
    decode = codecs.getincrementaldecoder(encoding.name)().decode
    skip, line, tail, is_sure, is_first = encoding.mark_bytes, 1, b"", False, True
    for chunk in chunks:
        seen(chunk)
        if line == 1 and not skip and (guess := _utf_16_without_mark(chunk)) and encoding.name == "utf-8":
            return _Fault(1, "it looks like UTF-16 without a byte order mark", b"", guess)
        if is_first and encoding.name == "utf-16" and not chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            # The name alone does not determine the byte order.
            wide = _utf_16_without_mark(chunk)
            what = "it does not begin with a byte order mark"
            return _Fault(1, what, chunk[:_SAMPLE_BYTES] if wide is None else b"", wide)
        is_first = False
        try:
            text = decode(chunk[skip:])
        except UnicodeDecodeError as error:
            pending = len(error.object) - len(chunk) + skip  # bytes of the previous chunk, also in the tail
            good = error.object[max(0, error.start - _SAMPLE_BYTES) : error.start].decode(encoding.name, "replace")
            is_sure = is_sure or (encoding.name == "utf-8" and _WIDE.search(good.strip("\ufffd")) is not None)
            return _fault(error, line, tail[: len(tail) - pending], next(chunks, b""), is_sure=is_sure)
        lines = text.count("\n")
        if not lines and len(chunk) == CHUNK_BYTES and "\r" not in text:
            array = ", and begins a JSON array" if line == 1 and text.lstrip().startswith("[") else ""
            what = f"line {line} has more than {CHUNK_BYTES:,} bytes{array}; one recipient per line is expected"
            return _Fault(line, what, b"", is_encoding=False)
        line += lines
        is_sure = is_sure or (encoding.name == "utf-8" and _WIDE.search(text, 0, _WIDE_CHARS) is not None)
        skip, tail = 0, chunk[chunk.rfind(b"\n") + 1 :][-_SAMPLE_BYTES:]
    try:
        decode(b"", final=True)
    except UnicodeDecodeError:
        what = f"line {line} ends in the middle of a character (is the file truncated?)"
        return _Fault(line, what, b"" if is_sure else tail)
    return None


def _fault(error: UnicodeDecodeError, line: int, tail: bytes, following: bytes, *, is_sure: bool) -> _Fault:
    """Return the fault, judged by the bytes before the error in its line, and those after it."""
    data, at = error.object, error.start
    begin = data.rfind(b"\n", 0, at) + 1
    line += data.count(b"\n", 0, at)
    near = (data[begin : begin + _SAMPLE_BYTES] + following)[:_SAMPLE_BYTES]
    if not begin:
        near = tail + near
    what = f"invalid byte 0x{data[at]:02x} in line {line}"
    if is_sure:
        return _Fault(line, f"{what}, after valid UTF-8 (were files in two encodings joined?)", b"")
    return _Fault(line, what, near)


def _utf_16_without_mark(head: bytes) -> str | None:
    """Return the kind of UTF-16 if every other byte at the start of a file is zero, as in its ASCII characters."""
    head = head[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 20 < len(head) or min(even, odd) * 10 > max(even, odd) or len(head) < 4:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _readable_as(open_again: Callable[[], Iterator[bytes]], encoding: Encoding, fault: _Fault) -> str | None:
    """Return the most probable encoding that can decode the whole file."""
    if fault.guess is not None:
        candidates = [fault.guess]
    elif b"\0" in fault.near:  # a picture, a program: not a text in any encoding
        candidates = []
    else:
        candidates = list(_candidates(fault.near)) if fault.near else []
    for candidate in candidates:
        if candidate == encoding.name:
            continue
        if _read_through(open_again(), Encoding(candidate, 0), lambda _: None) is None:
            return candidate
    return None


def _candidates(near: bytes) -> Iterator[str]:
    """Yield encodings, the most probable first, judged by some bytes that are not ASCII."""
    yield "utf-8"
    pairs = _PAIR.findall(near)
    counts = {name: sum(frequent.match(pair) is not None for pair in pairs) for name, frequent in _FREQUENT}
    for name in sorted(counts, key=lambda name: -counts[name]):
        if counts[name] and counts[name] >= _MIN_FREQUENT * len(pairs):
            yield name
    is_latin = 2 * len(_LATIN.findall(near)) >= len(re.findall(rb"[\x80-\xff]+", near))
    yield from ("cp1252", "gb18030", "cp1251", "latin-1") if is_latin else ("gb18030", "cp1251", "cp1252", "latin-1")


def _line_as(fault: _Fault, encoding: str) -> str:
    line = re.split(rb"[\r\n]", fault.near, maxsplit=1)[0]
    return one_line(line.decode(encoding, "replace").strip(), _SHOWN_CHARS)


def _shown(name: str) -> str:
    return name.upper() if name.startswith("utf") else name


def chunks_of(content: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a file in chunks of `CHUNK_BYTES`; only the last is shorter."""
    while chunk := content.read(CHUNK_BYTES):
        yield chunk
