"""The whole state as plain JSON values: accounts, messages, the data for recognizing repeats, and every part."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .conversation import Entry
from .core import Account, Part, State
from .duplicates import Duplicates
from .snapshot import Reader, Writer
from .traces import Traces


@contextmanager
def _no_collection() -> Iterator[None]:
    """Suspend garbage collection: millions of permanent objects are created, which would double the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def save(state: State) -> dict[str, object]:
    """Return everything that a state holds, except its settings."""
    writer = Writer()
    with _no_collection():
        # Entries come before the parts, which may refer to them.
        saved = {name: writer.write(value) for name, value in state.contents().items()}
        saved["parts"] = {
            type(part).__name__: {name: writer.write(value) for name, value in vars(part).items() if name != "state"}
            for part in state.parts()
        }
    return saved


def load(state: State, saved: Mapping[str, Any]) -> None:
    """Replace the contents of a state; raise `ValueError`, and change nothing, if they do not fit."""
    with _no_collection():
        _load(state, saved)


def _load(state: State, saved: Mapping[str, Any]) -> None:
    reader = Reader()
    kinds = {kind.__name__: kind for kind in Part.__subclasses__()}
    contents = {name: reader.read(_of(saved, name)) for name in state.contents()}
    _check("accounts", contents["accounts"], Account)
    _check("entries", contents["entries"], Entry)
    for name, kind in (("duplicates", Duplicates), ("traces", Traces), ("next_index", int), ("deleted", set)):
        if not isinstance(contents[name], kind):
            raise ValueError(f"{name} has the wrong type")  # noqa: TRY004 - it comes from a file
    saved_parts = _of(saved, "parts")
    if not isinstance(saved_parts, Mapping):
        raise ValueError("parts has the wrong type")  # noqa: TRY004
    parts = [_part(state, kinds, name, fields, reader) for name, fields in saved_parts.items()]
    state.restore(parts=parts, **contents)


def _part(
    state: State, kinds: Mapping[str, type[Part]], name: str, fields: Mapping[str, object], reader: Reader
) -> Part:
    kind = kinds.get(name)
    if kind is None:
        raise ValueError(f"unknown part {name[:60]!r}")
    part = kind(state)
    for field, first in list(vars(part).items()):
        if field != "state":
            value = reader.read(_of(fields, field))
            if type(value) is not type(first):
                raise ValueError(f"{field} of {name} has the wrong type")
            setattr(part, field, value)
    return part


def _of(saved: object, name: str) -> Any:  # noqa: ANN401 - plain JSON
    if not isinstance(saved, Mapping) or name not in saved:
        raise ValueError(f"{name} is missing")
    return saved[name]


def _check(name: str, values: object, kind: type) -> None:
    if not isinstance(values, list) or not all(isinstance(each, kind) for each in values):
        raise ValueError(f"{name} has unknown contents")
