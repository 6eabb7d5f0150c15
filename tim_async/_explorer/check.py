"""The dry run of a request: decoded, checked and measured by the library's own code, and not sent.

The library stops at the first wrong field. A form shows all of them, so a wrong optional field is removed, and the rest
is checked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from .._api.checks import nearest
from .._api.endpoint import Endpoint
from .._api.fields import RequestField
from .._api.lints import collected_lints
from .._api.wire import check_size, decode, encode
from ..errors import BodyTooLargeError, UsageError
from .places import Step, fields_at, in_wire_names, path_text, steps_to
from .unknown import unknown_fields

_MOST_PROBLEMS: Final = 20
_MOST_ADVICE: Final = 50


class Remark(msgspec.Struct, kw_only=True):
    """A remark about a field.

    Attributes:
        path: the steps from the body to it; empty for the body as a whole.
        message: a sentence.
    """

    path: list[Step]
    message: str


class Checked(msgspec.Struct, kw_only=True):
    """The result of the dry run.

    Attributes:
        problems: what is refused.
        advice: what is sent but probably wrong.
        size_bytes: the size of the request as given.
        limit_bytes: the limit of the size, None without one.
    """

    problems: list[Remark]
    advice: list[Remark]
    size_bytes: int
    limit_bytes: int | None


def read_body(text: str) -> dict[str, Any]:
    """Read a request; raise `UsageError` if it is not a JSON object."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        problem = str(error)
    raise UsageError(f"not a JSON object: {problem}")


def check(endpoint: Endpoint[..., Any], body: Mapping[str, Any], body_limit: int) -> Checked:
    """Check a request as a typed call does before anything is sent."""
    given = endpoint.resolve_aliases(body)
    fields = endpoint.fields
    with collected_lints() as lints:
        problems = _problems(endpoint, given, body_limit)
    advice = [Remark(path=[], message=in_wire_names(each, fields, None, ())) for each in dict.fromkeys(lints)]
    advice += [_unknown(each, fields, given) for each in islice(unknown_fields(endpoint, body), _MOST_ADVICE)]
    return Checked(
        problems=problems,
        advice=advice[:_MOST_ADVICE],
        size_bytes=len(encode(body)),
        limit_bytes=body_limit if endpoint.has_body_limit else None,
    )


def _unknown(steps: list[Step], fields: tuple[RequestField, ...], given: Mapping[str, Any]) -> Remark:
    """Return the remark about an undocumented field."""
    if steps[-1] == "MsgType":
        return Remark(path=steps, message="this kind of element is not documented; it is sent unchanged")
    names = [each.wire_name for each in fields_at(fields, steps[:-1], given)]
    near = nearest(str(steps[-1]), names)
    return Remark(path=steps, message=f"{steps[-1]} is not a documented field; it is sent unchanged{near}")


def _problems(endpoint: Endpoint[..., Any], given: Mapping[str, Any], body_limit: int) -> list[Remark]:
    fields = endpoint.fields
    missing = [each for each in fields if each.required and not each.is_filled_in and each.wire_name not in given]
    if missing:
        # Without them nothing else can be decoded.
        return [Remark(path=[each.wire_name], message=f"{each.wire_name} must be given") for each in missing]
    optional = {each.wire_name for each in fields if not each.required}
    problems: list[Remark] = []
    rest = dict(given)
    while len(problems) < _MOST_PROBLEMS:
        remark = _first_problem(endpoint, rest, body_limit)
        if remark is None:
            break
        problems.append(remark)
        name = str(remark.path[0]) if remark.path else ""
        if name not in optional or name not in rest:
            break
        del rest[name]
    return problems


def _first_problem(endpoint: Endpoint[..., Any], given: Mapping[str, Any], body_limit: int) -> Remark | None:
    fields = endpoint.fields
    try:
        request = decode(encode(given), endpoint.request).identified()
        body = endpoint.encode(request)
        if endpoint.has_body_limit:
            check_size(body, body_limit)
    except BodyTooLargeError as error:
        return Remark(path=steps_to(fields, error.field, given)[0], message=error.message)
    except UsageError as error:
        path, message = error.field, error.message
    else:
        return None
    steps, field = steps_to(fields, path, given)
    lacking = re.search(r"Object missing required field `(\w+)`", message)
    if lacking is not None:
        return Remark(path=[*steps, lacking[1]], message=f"{lacking[1]} must be given")
    if field is not None and field.choices and "Invalid enum value" in message:
        return Remark(path=steps, message=f"{path_text(steps)} must be {' or '.join(map(str, field.choices))}")
    return Remark(path=steps, message=in_wire_names(message, fields, path, steps))
