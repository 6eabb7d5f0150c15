"""Random values of any struct, from the types of its fields."""

from __future__ import annotations

import collections.abc
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from tim_async import CustomElem, Element, FaceElem, LocationElem, RawElem, TextElem

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ELEMENTS = st.one_of(
    # Not TEXTS.map(TextElem): CPython bypasses a class's metaclass at call sites that often called built-in classes.
    st.builds(TextElem, TEXTS),
    st.builds(FaceElem, index=NUMBERS, data=TEXTS),
    st.builds(LocationElem, desc=TEXTS, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)),
    st.builds(CustomElem, data=TEXTS, desc=TEXTS),
    st.builds(RawElem, st.just("TIMNewElem"), st.dictionaries(TEXTS, SCALARS, max_size=2)),
)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: NUMBERS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    object: SCALARS,
    Any: SCALARS,
    Element: ELEMENTS,
}


def structs(kind: type[msgspec.Struct], depth: int = 4) -> st.SearchStrategy[Any]:
    """Build structs of a kind; optional fields may be absent, nested structs go `depth` deep."""
    fields = msgspec.structs.fields(kind)
    needed = {field.name: values(field.type, depth) for field in fields if field.required}
    others = {field.name: values(field.type, depth) for field in fields if not field.required}
    return st.fixed_dictionaries(needed, optional=others).map(lambda given: kind(**given))


def values(type_: Any, depth: int) -> st.SearchStrategy[Any]:
    """Build values of a field's type."""
    plain = PLAIN.get(type_)
    if plain is not None:
        return plain
    origin, parts = get_origin(type_), get_args(type_)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is Annotated:  # the values that are known of a set to which the service may add
        return st.sampled_from(type_.__metadata__[0].extra["choices"]) | values(parts[0], depth)
    if origin in (Union, types.UnionType):
        return st.one_of([values(part, depth) for part in parts])
    if origin in (list, collections.abc.Sequence):
        return st.lists(values(parts[0], depth), max_size=2 if depth > 0 else 0)
    if origin in (dict, collections.abc.Mapping):
        return st.dictionaries(TEXTS, values(parts[1], depth), max_size=2)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return st.deferred(lambda: structs(type_, depth - 1))
    raise AssertionError(f"no values are known for {type_}")
