"""A template as the JSON that it makes, cut at its placeholders: filled in without making a message first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from secrets import token_hex
from typing import Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode


class JsonTemplate:
    """JSON with values inside its texts. It must be valid whatever the values are.

    Args:
        names: what the placeholders are called.
        make: returns the JSON with given texts in the place of the placeholders.
    """

    def __init__(self, names: Iterable[str], make: Callable[[Mapping[str, str]], str]) -> None:
        known = list(names)
        mark = token_hex(8)
        made = make({name: f"<{mark}:{index}>" for index, name in enumerate(known)})
        # Texts and placeholders take turns.
        self._texts = re.split(f"<{mark}:([0-9]+)>", made)
        self._names: Final = [known[int(index)] for index in self._texts[1::2]]

    def fill(self, values: Mapping[str, object]) -> str:
        """Return the JSON with the values in place.

        Raises:
            KeyError: a value is missing.
            UnicodeError: a value is not valid text.
        """
        texts = self._texts.copy()
        texts[1::2] = [_encode(str(values[name])).decode()[1:-1] for name in self._names]
        return "".join(texts)
