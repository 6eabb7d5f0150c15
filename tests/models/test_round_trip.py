"""Random structs of every request and result type survive encode, decode, encode."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generated import structs
from tests.profiles import examples
from tim_async import decode, encode, endpoints

KINDS = sorted(
    {kind for endpoint in endpoints().values() for kind in (endpoint.request, endpoint.result)},
    key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__.rpartition('.')[2]}.{kind.__qualname__}")
@settings(max_examples=examples(20))
@given(data=st.data())
def test_struct_survives_encode_decode_encode(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    wire = encode(data.draw(structs(kind)))
    assert encode(decode(wire, kind)) == wire
