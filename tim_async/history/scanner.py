"""Splits a file of messages into messages, chunk by chunk.

The service writes `{"SdkAppId":..,"ChatType":..,"MsgTime":..,"MsgList":[`, then one message per line, then `]}`. Any
other layout of the same JSON is accepted too, such as one without line breaks or with indentation.

A truncated line must not lose the rest of the file. A message is abandoned if a line ends inside a text, which JSON
does not allow, or if a line begins with `{"` before the previous message has ended: in the service's layout only a
message begins like that.
"""

from __future__ import annotations

import re
from typing import Final

_WITHIN_TEXT: Final = re.compile(rb'["\\\n]')
_OUTSIDE: Final = re.compile(rb'["{}\[\]\n]')
_LIST: Final = re.compile(rb'"MsgList"\s*:\s*\Z')

_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_MAX_FRAME_BYTES: Final = 1024 * 1024


class LayoutError(Exception):
    """The content is not a list of messages; the text says why."""


class Scanner:
    """Takes the content of a file, and returns each message when its last byte has arrived.

    Attributes:
        frame: the text around the messages; valid JSON once the list has begun, if `]}` is added, and at the end.
        has_list: whether the list of messages has begun.
        damaged: number of abandoned messages.
    """

    def __init__(self) -> None:
        self.frame: bytearray = bytearray()
        self.has_list: bool = False
        self.damaged: int = 0
        self._message: bytearray | None = None  # the current message, without the part in the current chunk
        self._depth = 0
        self._list_depth = 0  # the depth of items directly in the list, 0 outside it
        self._in_text = False
        self._is_escaped = False
        self._offset = 0  # of the chunk in the content
        self._line_at = 0  # start of the line
        self._brace_at = -1  # where a line inside a message began with {

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next chunk; return the messages that it completes.

        Raises:
            LayoutError: it cannot be a list of messages.
        """
        found: list[bytes] = []
        start, position = 0, 0  # start of the uncollected part of this chunk; scan position
        if self._is_escaped and data:
            self._is_escaped, position = False, 1
        while (token := (_WITHIN_TEXT if self._in_text else _OUTSIDE).search(data, position)) is not None:
            at, position = token.start(), token.end()
            match token[0]:
                case b"\\":
                    position += 1
                    self._is_escaped = position > len(data)
                case b'"':
                    if not self._in_text and self._offset + at == self._brace_at + 1:
                        self._give_up(b"{")
                        self._depth, start = self._list_depth + 1, at
                    self._in_text = not self._in_text
                case b"\n":
                    self._line_at = self._offset + position
                    if self._in_text and self._message is not None:
                        self._give_up(None)
                        self._depth = self._list_depth
                    self._in_text = False
                case b"{" | b"[":
                    start = self._open(data, start, at)
                case _:
                    start = self._close(data, start, position, found)
        self._collect(data[start:])
        self._offset += len(data)
        return found

    def end(self) -> None:
        """Check that nothing is missing at the end.

        Raises:
            LayoutError: the content is truncated, or has no list of messages.
        """
        if not self.has_list:
            raise LayoutError("it has no MsgList")
        if self._depth:
            raise LayoutError("it ends before its last message does" if self._message else "its end is missing")

    def _open(self, data: bytes, start: int, at: int) -> int:
        if self._message is not None:
            if self._offset + at == self._line_at and data[at : at + 1] == b"{":
                self._brace_at = self._offset + at
        elif self._list_depth:
            if data[at : at + 1] == b"{" and self._depth == self._list_depth:
                self._message, start = bytearray(), at
        else:
            self._collect(data[start : at + 1])
            start = at + 1
            if not self.has_list and data[at : at + 1] == b"[" and self._is_list():
                self.has_list, self._list_depth = True, self._depth + 1
        self._depth += 1
        return start

    def _close(self, data: bytes, start: int, end: int, found: list[bytes]) -> int:
        self._depth = max(self._depth - 1, 0)
        if self._message is not None:
            if self._depth == self._list_depth:
                found.append(bytes(self._message) + data[start:end])
                self._message, start = None, end
        elif self._depth < self._list_depth:
            self._list_depth, start = 0, end - 1
        return start

    def _is_list(self) -> bool:
        return self._depth == 0 or (self._depth == 1 and _LIST.search(self.frame, 0, len(self.frame) - 1) is not None)

    def _give_up(self, rest: bytes | None) -> None:
        """Abandon the current message; continue with the one that begins with `rest`."""
        self.damaged += 1
        self._message = None if rest is None else bytearray(rest)

    def _collect(self, part: bytes) -> None:
        if self._message is not None:
            self._message += part
            if len(self._message) > _MAX_MESSAGE_BYTES:
                raise LayoutError(f"a message has more than {_MAX_MESSAGE_BYTES} bytes")
        elif not self._list_depth:
            self.frame += part
            if len(self.frame) > _MAX_FRAME_BYTES:
                raise LayoutError("it has no MsgList")
