r"""JSON with damaged texts: a page must not become unreadable because of one message in it.

Texts in answers and events come from people and from other software, and have been cut, joined and converted on their
way. Three kinds of damage are repaired, inside texts only:

- bytes that are not UTF-8, such as a character that was cut in the middle: U+FFFD
- half a surrogate pair, as an escape (`\ud83d` alone): U+FFFD
- a character that must be escaped and is not, and a backslash that begins no escape: escaped, so that it is kept

Whatever else is wrong with JSON (cut off, NaN, a number out of range, nesting without end) says that it is not the
document it should be, and stays an error.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# Repairing blocks the event loop; what has more damaged texts than this was never JSON.
_MAX_DAMAGED_TEXTS: Final = 10_000

_SOUND: Final = (
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    r"|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r'|\\["\\/bfnrt]'
)
# Groups that repeat are atomic, not possessive, which means the same: up to 3.11.4 Python matches those wrongly.
_TEXT: Final = r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)(?:"|\\?\Z)'
# A damaged text, and all before it that is sound. Nothing is given back, so that it takes one look at each character.
_DAMAGED: Final = rf'((?>(?:[^"]++|"(?>(?:[^"\\\x00-\x1f\ud800-\udfff]++|{_SOUND})*)")*))({_TEXT})'
_PART: Final = (
    rf"(?P<sound>(?>(?:{_SOUND})+))"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\ud800-\udfff])"
    r"|(?P<stray>\\)"
    r"|[\x00-\x1f]"
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile them for the first damage: most processes meet none, and start up faster."""
    return re.compile(_DAMAGED, re.DOTALL), re.compile(_PART)


def repair(data: bytes | str) -> bytes | None:
    """Return JSON with its damaged texts repaired; None where there are none, or far too many."""
    damaged, part = _patterns()
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    parts: list[str] = []
    end = 0
    while found := damaged.match(text, end):
        parts += (found[1], part.sub(_repair_part, found[2]))
        end = found.end()
        if len(parts) > 2 * _MAX_DAMAGED_TEXTS:
            return None
    result = "".join((*parts, text[end:])).encode()
    given = data.encode("utf-8", "replace") if isinstance(data, str) else data
    return None if result == given else result


def _repair_part(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "sound":
            return found[0]
        case "half":
            return "\N{REPLACEMENT CHARACTER}"
        case "stray":
            return r"\\"
    return f"\\u{ord(found[0]):04x}"
