"""A line and a struct are all that is written by hand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from tests.calls.modules import blocking_module, family_module
from tests.calls.names import Imports
from tests.renew import MODULES
from tim_async import UsageError
from tim_async._api.endpoint import Endpoint, Family, Rate
from tim_async._api.wire import Request, Result, always


class Wave(Request, kw_only=True):
    """Wave at accounts. Source: I1.

    They see it at once.

    Attributes:
        hands: 1 the left one, 2 both.
        to_account: who is waved at.
        seconds: seconds of waving, 1 to 60; absent is 5.
    """

    seconds: int | None = None
    hands: Literal[1, 2] = 2
    to_account: Sequence[str]


class Waved(Result, kw_only=True):
    """A wave that was seen. Source: I1.

    Attributes:
        seen: how many saw it.
    """

    seen: int = always(0)


class Greetings(Family, name="greetings"):
    """Greetings."""

    wave: Final = Endpoint("greet/wave", Wave, Waved, doc="I1", limits=(Rate(5),), repeat="always")
    """Wave at 1 to 9 accounts."""

    async def wave_all(self, accounts: Sequence[str], *, hands: Literal[1, 2] = 2) -> list[Waved]:
        """Wave at any number of accounts.

            await client.greetings.wave_all(accounts)

        They see it at once.
        """
        return [await self.wave(to_account=[each], hands=hands) for each in accounts]


@pytest.fixture(autouse=True)
def names_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are not part of the package, where names are searched."""
    monkeypatch.setattr("tests.calls.names.PACKAGE", "t")


SHOWN = '''\
    async def wave(
        self,
        *,
        to_account: Sequence[str],
        hands: Literal[1, 2] = 2,
        seconds: int | None = None,
    ) -> Waved:
        """Wave at 1 to 9 accounts.

        `greet/wave`.

        They see it at once.

        Args:
            to_account: who is waved at.
            hands: 1 the left one, 2 both.
            seconds: seconds of waving, 1 to 60; absent is 5.

        Returns:
            Waved: a wave that was seen.
                seen: how many saw it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s. A repeat is harmless.
        """
'''


def made(text: str) -> dict[str, Any]:
    """Run a generated module, whose imports are here already."""
    names: dict[str, Any] = {**globals(), "__name__": __name__}
    body = text.partition("\n\n\nclass ")[2]
    exec(f"from __future__ import annotations\n\nclass {body}", names)
    return names


def test_line_and_struct_make_the_method() -> None:
    text = family_module(Greetings)
    assert SHOWN in text
    call = made(text)["GreetingsCalls"].wave
    assert str(inspect.signature(call)).endswith("(self, *, to_account: Sequence[str], hands: Literal[1, 2] = 2, "
                                                 "seconds: int | None = None) -> Waved")  # fmt: skip


async def test_method_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Client:
        async def call(self, endpoint: object, request: object) -> Waved:
            asked.append((endpoint, request))
            return Waved(seen=3)

    family = made(family_module(Greetings))["GreetingsCalls"](Client())
    assert (await family.wave(to_account=["bob"])).seen == 3
    assert (await family.wave_all(["bob"]))[0].seen == 3
    assert [(endpoint, request.hands) for endpoint, request in asked] == [(Greetings.wave, 2)] * 2
    with pytest.raises(UsageError, match="unknown field 'hand'; did you mean 'hands'"):
        await family.wave(to_account=[], hand=1)


def test_twin_without_a_loop_is_made_of_the_same() -> None:
    text = blocking_module(Greetings)
    assert SHOWN.replace("async def", "def") in text
    assert text.endswith('''\
    def wave_all(
        self,
        accounts: Sequence[str],
        *,
        hands: Literal[1, 2] = 2,
    ) -> list[Waved]:
        """Wave at any number of accounts.

            client.greetings.wave_all(accounts)

        They see it at once.
        """
        return self.client.wait(self.family.wave_all, accounts, hands=hands)
''')


def test_names_are_imported_from_where_they_are_defined() -> None:
    imports = Imports()
    assert imports.annotation("Wave | None", __name__) == "Wave | None"
    assert imports.names == {__name__: {"Wave"}}
    assert imports.annotation("Sequence[Literal['a']]", __name__) == 'Sequence[Literal["a"]]'
    assert imports.names["collections.abc"] == {"Sequence"}


def test_one_command_writes_all_that_is_generated() -> None:
    text = Path(__file__).parents[2].joinpath("CONTRIBUTING.md").read_text("utf-8")
    steps = text.partition("## Add an endpoint\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`python -m (tests\.\w+)`", steps)) == {"tests.renew"}
    assert {"tests.calls", "tests.cli_catalogue", "tests.field_ranges"} <= set(MODULES)
    assert MODULES.index("tests.field_ranges") < MODULES.index("tests.calls")
