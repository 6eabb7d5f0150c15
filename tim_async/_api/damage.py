r"""JSON with damaged texts: one broken message must not make a whole page unreadable.

Texts in answers and events come from users and other software, and may have been cut, joined and converted on the way.
Three kinds of damage are repaired, inside texts only:

- bytes that are not UTF-8, such as a character cut in the middle: U+FFFD
- half a surrogate pair as an escape (`\ud83d` alone): U+FFFD
- an unescaped character that needs escaping, and a backslash that starts no escape: escaped, which keeps them

Any other defect (truncation, NaN, a number out of range, unlimited nesting) means that this is not the expected
document, and stays an error.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# Repairing blocks the event loop; text with more damage than this was never JSON.
_MAX_DAMAGED_TEXTS: Final = 10_000

_SOUND: Final = (
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    r"|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r'|\\["\\/bfnrt]'
)
# Repeated groups are atomic, not possessive, which means the same: Python up to 3.11.4 matches possessive ones wrongly.
_TEXT: Final = r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)(?:"|\\?\Z)'
# A damaged text and all sound ones before it. It never backtracks, so it looks at each character once.
_DAMAGED: Final = rf'((?>(?:[^"]++|"(?>(?:[^"\\\x00-\x1f\ud800-\udfff]++|{_SOUND})*)")*))({_TEXT})'
_PART: Final = (
    rf"(?P<sound>(?>(?:{_SOUND})+))"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\ud800-\udfff])"
    r"|(?P<stray>\\)"
    r"|[\x00-\x1f]"
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile them at the first damage: most processes never see any and start faster."""
    return re.compile(_DAMAGED, re.DOTALL), re.compile(_PART)


def repair(data: bytes | str) -> bytes | None:
    """Return JSON with its damaged texts repaired; None if none are damaged, or far too many."""
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
