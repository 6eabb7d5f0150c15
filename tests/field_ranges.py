"""What the checks of requests let pass, found by trying: `python -m tests.field_ranges` writes it into
`tim_async/_api/ranges.json`, which `Endpoint.fields` reads.

Every field of every golden request is given other values, one at a time: smaller and larger numbers, shorter and longer
texts, fewer and more items. What `Endpoint.encode` refuses with the field's name is out of its range.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tim_async import BodyTooLargeError, Endpoint, UsageError, decode
from tim_async._api import fields
from tim_async._api.fields import Range, RequestField
from tim_async._api.wire import python_path
from tim_async.families._registry import endpoints

TARGET = Path(fields.__file__).with_name("ranges.json")
WIRE = Path(__file__).parent / "wire"
FAR = 2**53
"""As large as a number of JSON can be and stay exact."""
LONG = 40_000
"""A text of more bytes than any check allows, and fewer than what would take long."""
MANY = 2_000
SMALL = 300
"""Up to this, every number is tried: it may be one of a few."""
FEW = 3
"""So many numbers one after the other are choices as well."""


@cache
def samples(command: str) -> tuple[dict[str, Any], ...]:
    """Return the golden requests of a command."""
    contents = [json.loads(path.read_text("utf-8")) for path in sorted(WIRE.glob("*/*.json"))]
    return tuple(each["request"] for each in contents if isinstance(each, dict) and each.get("command") == command)


ELEMENTS: tuple[dict[str, Any], ...] = (
    {"MsgType": "TIMLocationElem", "MsgContent": {"Desc": "park", "Latitude": 29.3, "Longitude": 116.7}},
    {"MsgType": "TIMFaceElem", "MsgContent": {"Index": 1, "Data": "smile"}},
    {
        "MsgType": "TIMSoundElem",
        "MsgContent": {"Url": "https://a.example/s", "UUID": "5f", "Size": 1, "Second": 2, "Download_Flag": 2},
    },
    {
        "MsgType": "TIMImageElem",
        "MsgContent": {
            "UUID": "5f",
            "ImageFormat": 1,
            "ImageInfoArray": [{"Type": 1, "Size": 1, "Width": 2, "Height": 3, "URL": "https://a.example/i"}],
        },
    },
    {
        "MsgType": "TIMFileElem",
        "MsgContent": {
            "Url": "https://a.example/f",
            "UUID": "5f",
            "FileSize": 1,
            "FileName": "f",
            "Download_Flag": 2,
        },
    },
    {
        "MsgType": "TIMVideoFileElem",
        "MsgContent": {
            "VideoUrl": "https://a.example/v",
            "VideoUUID": "5f",
            "VideoSize": 1,
            "VideoSecond": 2,
            "VideoFormat": "mp4",
            "VideoDownloadFlag": 2,
            "ThumbUrl": "https://a.example/t",
            "ThumbUUID": "5f",
            "ThumbSize": 1,
            "ThumbWidth": 2,
            "ThumbHeight": 3,
            "ThumbFormat": "JPG",
            "ThumbDownloadFlag": 2,
        },
    },
)
"""Elements that no golden request of the command below has."""
ONE_OF_MANY = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}
SENDS_ANY = "openim/sendmsg"


RELATIVE = {
    ("openim/admin_getroammsg", "MinTime"),
    ("openim/admin_getroammsg", "MaxTime"),
    ("openim/c2c_msg_read_receipt", "C2CMsgInfo[].From_Account"),
    ("openim/c2c_msg_read_receipt", "C2CMsgInfo[].To_Account"),
    ("group_open_http_svc/send_group_msg", "GroupAtInfo[].GroupAtAllFlag"),
    ("stream_msg/send_c2c_stream_msg", "MsgBody[].TIMStreamElem.Chunks"),
}
"""Fields whose range hangs on other fields."""


def found_ranges(endpoint: Endpoint[..., Any]) -> dict[str, Range]:
    """Return the range of every field of a command that has one, by wire path; what its list may hold is below `[]`."""
    found: dict[str, Range] = {}
    tried = samples(endpoint.command)
    if endpoint.command == SENDS_ANY:
        tried += tuple({**tried[0], "MsgBody": [element]} for element in ELEMENTS)
    for field, path in leaves(fields.fields_of(endpoint.command, endpoint.request, {})):
        if (endpoint.command, path) in RELATIVE:
            continue
        for sample in tried:
            place = find(sample, path)
            if place is None:
                continue
            trial = Trial(endpoint, sample, place)
            found[path] = trial.range_of(field)
            if field.items in ("String", "Integer") and trial.given:
                inner = msgspec.structs.replace(field, type=field.items, items=None)
                found[f"{path}[]"] = Trial(endpoint, sample, (*place, 0)).range_of(inner)
            break
    return {path: each for path, each in found.items() if each != Range()}


def leaves(below: tuple[RequestField, ...], path: str = "") -> Iterator[tuple[RequestField, str]]:
    """Yield every field of a request with its wire path, those of objects inside of it too."""
    for field in below:
        own = path + field.wire_name
        yield field, own
        inner = own + "[]" * (field.type == "Array")
        yield from leaves(field.fields, f"{inner}.")
        for kind, parts in field.kinds.items():
            # Elements are checked alike everywhere: the result for one command applies to all.
            if own == "MsgBody":  # a relayed message has elements too, which are not checked
                yield from leaves(parts, f"{inner}.{kind}.")


Place = tuple[str | int, ...]


def find(sample: object, path: str) -> Place | None:
    """Return where a golden request has a field, as keys and indexes; None when it lacks it."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(sample, dict):
        return None
    if sample.get("MsgType") == name:
        below = find(sample["MsgContent"], rest)
        return None if below is None else ("MsgContent", *below)
    if name not in sample:
        return None
    if not rest:
        return (name,)
    value = sample[name]
    for key, item in enumerate(value) if head != name and isinstance(value, list) else [(None, value)]:
        below = find(item, rest)
        if below is not None:
            return (name, *below) if key is None else (name, key, *below)
    return None


class Trial:
    """Tries values of one field in a golden request."""

    def __init__(self, endpoint: Endpoint[..., Any], sample: Mapping[str, Any], place: Place) -> None:
        self._endpoint = endpoint
        self._sample = json.dumps(sample)
        self._place = place
        self._path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)[1:]
        self.given = self._at(json.loads(self._sample), place)

    def _at(self, value: Any, place: Place) -> Any:
        for key in place:
            value = value[key]
        return value

    def refuses(self, value: object) -> bool:
        """Return whether the request is refused for this field when it has a value."""
        body = json.loads(self._sample)
        self._at(body, self._place[:-1])[self._place[-1]] = value
        problem = None
        try:
            request = decode(json.dumps(body), self._endpoint.request)
            self._endpoint.encode(request)
        except BodyTooLargeError:
            return False  # that is the whole request's size
        except UsageError as error:
            problem = re.sub(r"\bmsg_content\.", "", python_path(error.field or ""))
        own = re.sub(r"\bmsg_content\.", "", python_path(self._path))
        return bool(problem) and (own.startswith(str(problem)) or str(problem).startswith(own))

    def range_of(self, field: RequestField) -> Range:
        """Return what passes."""
        if field.type == "Integer" and isinstance(self.given, int):
            return self._numbers(field)
        if field.type == "String" and isinstance(self.given, str):
            return self._lengths(field)
        if field.type == "Array" and isinstance(self.given, list) and self.given:
            return self._counts(field)
        return Range()

    def _numbers(self, field: RequestField) -> Range:
        if field.choices:
            return Range()
        if all(self.refuses(number) for number in (-1, SMALL + 1, FAR)):
            passing = [number for number in range(SMALL + 1) if not self.refuses(number)]
            if passing and (len(passing) <= FEW or len(passing) <= passing[-1] - passing[0]):
                return Range(choices=tuple(passing))
        return Range(
            self._edge(self.given, -FAR, lambda number: number), self._edge(self.given, FAR, lambda number: number)
        )

    def _lengths(self, field: RequestField) -> Range:
        if field.choices:
            return Range()
        filler = self.given.encode() or b"a"

        def text(size: int) -> str:
            repeated = (filler * (size // len(filler) + 1))[:size]
            return repeated.decode("ascii", "replace").replace("\ufffd", "a")

        size = len(filler)
        low = 1 if self.refuses("") else None
        return Range(low, self._edge(size, LONG, text))

    def _counts(self, field: RequestField) -> Range:
        items: list[Any] = self.given
        if "MsgBody" in self._place[-1:]:
            items = [ONE_OF_MANY if items[0]["MsgType"] == "TIMCustomElem" else items[0]]

        def many(count: int) -> list[Any]:
            each = (items[index % len(items)] for index in range(count))
            return [item if field.choices else _other(item, index) for index, item in enumerate(each)]

        if self.refuses(many(len(items))):
            return Range()
        low = self._edge(len(items), 0, many)
        return Range(low, self._edge(len(items), MANY, many))

    def _edge(self, good: int, far: int, make: Callable[[int], object]) -> int | None:
        """Return the last size between one that passes and a far one that does; None when the far one passes."""
        if not self.refuses(make(far)):
            return None
        step = 1 if far > good else -1
        low, high = 0, abs(far - good)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.refuses(make(good + step * middle)) else (middle, high)
        return good + step * low


def _other(item: Any, index: int) -> Any:
    """Return an item that differs from those at other indexes, if possible."""
    if isinstance(item, str):
        return f"{item[:10]}{index}" if index else item
    if isinstance(item, dict):
        changed = dict(item)
        for name, value in item.items():
            if isinstance(value, str) and name.endswith(("_Account", "Key", "UserID", "TopicId")):
                changed[name] = _other(value, index)
            elif isinstance(value, int) and name in ("ContentId", "ResourceID"):
                changed[name] = value + index
        return changed
    return item


def row(endpoint: Endpoint[..., Any]) -> dict[str, Range]:
    """Return the entry of a command in `ranges.json`: everything not covered by the common entry."""
    shared = shared_ranges()
    return {path: each for path, each in found_ranges(endpoint).items() if fields.shared_range(path, shared) != each}


@cache
def shared_ranges() -> dict[str, Range]:
    """Return the ranges of elements and of push settings, which are checked alike wherever they are."""
    found = found_ranges(endpoints()[SENDS_ANY])
    return {path: each for path, each in found.items() if path.startswith(fields.SHARED)}


def source() -> str:
    """Return what `ranges.json` must hold, a command a line."""
    found = {"": shared_ranges()} | {command: row(endpoint) for command, endpoint in sorted(endpoints().items())}
    rows = [f"{json.dumps(command)}: {msgspec.json.encode(each).decode()}" for command, each in found.items() if each]
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(source(), "utf-8")
