"""How signatures are shown on the site."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.docs


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param("(clock=<function wall_time at 0x7f00>)", "(clock=wall_time)", id="function"),
        pytest.param("(kind=<class 'tim_async.Message'>)", "(kind=Message)", id="class"),
        pytest.param(
            "(lanes: TypeAliasForwardRef('tim_async.bulk.Lanes'))", "(lanes: tim_async.bulk.Lanes)", id="alias"
        ),
        pytest.param(
            "(a: ~typing.Annotated[str, msgspec.Meta(extra={'choices': ('On', 'Off')})] | None = None)",
            "(a: ~typing.Literal['On', 'Off'] | None = None)",
            id="choices",
        ),
    ],
)
def test_signature_names_what_it_has(given: str, shown: str) -> None:
    pytest.importorskip("sphinx", reason="Sphinx is in the group `docs`")
    from docs.site.signatures import plain_signature

    assert plain_signature(given) == shown


def test_aliases_of_types_keep_their_names() -> None:
    pytest.importorskip("sphinx", reason="Sphinx is in the group `docs`")
    from docs.site.signatures import aliases

    found = aliases()
    assert found["Lanes"] == "tim_async.bulk.Lanes"
    assert "Campaign" not in found
