"""The service's error codes: what each one means and what the caller can do about it.

A code is not unique: 10004 means one thing in the group commands and another in the message extensions. A row is
therefore keyed by *scope* and code, and `lookup` picks the scope for a command's service.

The rows are in `table`: scope, code, name, hint, meaning. Hints: `none` (nothing to do), `fix_request`, `auth`,
`quota` (slow down, or the plan's limit is exceeded), `retry` (the service's own text says "try again"). `advice`
holds the Chinese meaning and specific advice; `advice_zh` holds that advice in Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, Literal, NamedTuple, cast

Hint = Literal["none", "fix_request", "auth", "quota", "retry"]


class Code(NamedTuple):
    """One row of the catalogue."""

    scope: str
    code: int
    name: str
    hint: Hint
    meaning: str
    meaning_zh: str
    advice: str

    @property
    def advice_zh(self) -> str:
        """The advice in Chinese."""
        from .advice_zh import TEXTS  # late: no call needs it

        return TEXTS.get(self.advice, "")


# Scopes to search first for a command of this service. Services not listed start at "common".
_SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "im_open_login_svc": ("account",),
    "openim": ("sendmsg",),
    "stream_msg": ("sendmsg",),
    "openim_robot_http_svc": ("sendmsg",),
    "profile": ("profile",),
    "sns": ("sns",),
    "follow": ("sns",),
    "recentcontact": ("conversation",),
    "group_open_http_svc": ("group",),
    "group_open_attr_http_svc": ("group",),
    "group_open_avchatroom_http_svc": ("group",),
    "million_group_open_http_svc": ("group",),
    "openim_msg_ext_http_svc": ("msg_ext",),
    "all_member_push": ("push",),
    "timpush": ("push",),
    "openconfigsvr": ("global_mute", "operation"),
    "open_msg_svc": ("operation",),
    "ConfigSvc": ("operation",),
    "im_cos_msg": ("file",),
    "official_account_open_http_svc": ("official_account",),
    "im_msg_audit_mgr": ("moderation",),
    "im_msg_audit": ("moderation",),
    "openim_dirty_words": ("moderation",),
}

# Codes that mean "too many calls": lower the rate, the request itself is right (rest-overview, "over the limit").
SLOW_DOWN_CODES: Final = frozenset({60007, 60011, 60018, 60019, 10006, 10023, 90024, 90051, 90057})
# Those that concern the whole app and not one command.
APP_WIDE_CODES: Final = frozenset({60011, 60018, 60019})


@cache
def _by_scope() -> Mapping[tuple[str, int], Code]:
    from .advice import ROWS as ADVICE  # late: a successful call needs none of them
    from .table import ROWS

    advice = {(scope, code): texts for scope, code, *texts in ADVICE}
    return {(row[0], row[1]): Code(*row[:3], cast(Hint, row[3]), row[4], *advice[row[:2]]) for row in ROWS}


@cache
def _by_code() -> Mapping[int, Sequence[Code]]:
    rows: dict[int, list[Code]] = {}
    for row in _by_scope().values():
        rows.setdefault(row.code, []).append(row)
    return rows


def lookup(service: str, code: int) -> Code | None:
    """Return the row for a code answered by a command of `service` (the part before the slash), or None."""
    for scope in (*_SCOPES.get(service, ()), "common", "account"):
        row = _by_scope().get((scope, code))
        if row is not None:
            return row
    rows = _by_code().get(code, ())
    # A code with one meaning is safe to explain for any service; with two meanings a guess could mislead.
    return rows[0] if len(rows) == 1 else None


def find(code: int) -> list[Code]:
    """Return every row with this code, in any scope."""
    return [*_by_code().get(code, ())]


def rows() -> list[Code]:
    """Return all rows."""
    return [*_by_scope().values()]


def codes_with_hint(hint: Hint) -> frozenset[int]:
    """Return the codes, except success, that carry this hint in every scope that has them."""
    return frozenset(code for code, rows in _by_code().items() if code != 0 and all(row.hint == hint for row in rows))
