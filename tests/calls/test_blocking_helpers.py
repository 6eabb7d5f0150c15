"""What the generated classes without a loop hand on to the helpers of the families."""

from __future__ import annotations

import importlib
import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from tests.calls.modules import helpers
from tim_async import TimClient
from tim_async._calls.blocking.families import BlockingFamilies
from tim_async.families._blocking import BlockingStream
from tim_async.families._registry import FAMILIES, load_family

HELPERS = [(name, helper) for name in FAMILIES for helper in helpers(load_family(name))]


class Client(BlockingFamilies):
    """Notes what it is to do in its loop."""

    def __init__(self) -> None:
        self.families = TimClient(1400000000, "0" * 64)

    def call(self, endpoint: Any, request: Any) -> Any:
        raise AssertionError("a helper makes its calls in the loop")

    def wait(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return "wait", function, args, kwargs

    def walk(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return "walk", function, args, kwargs

    def feed(self, items: Any) -> Any:
        return "fed", items


def family_without_a_loop(name: str, family: Any) -> Any:
    module = importlib.import_module(f"tim_async._calls.blocking.{name}")
    return getattr(module, f"Blocking{FAMILIES[name]}Calls")(Client(), family)


@pytest.mark.parametrize(("name", "helper"), HELPERS, ids=[f"{name}.{each.__name__}" for name, each in HELPERS])
def test_helper_gets_what_is_given(name: str, helper: Any) -> None:
    got: list[Any] = []
    family = SimpleNamespace(**{helper.__name__: lambda *args, **kwargs: got.append((args, kwargs))})
    own = getattr(family_without_a_loop(name, family), helper.__name__)
    args, kwargs, expected = [], {}, {}
    for each in list(inspect.signature(helper).parameters.values())[1:]:
        value: Any = f"<{each.name}>"
        is_fed = each.annotation.startswith(("Items[", "AsyncIterable["))
        if each.kind is each.VAR_KEYWORD:
            kwargs["further"] = expected["further"] = value
            continue
        expected[each.name] = ("fed", value) if is_fed else value
        if each.kind is each.KEYWORD_ONLY:
            kwargs[each.name] = value
        else:
            args.append(value)
    done = own(*args, **kwargs)
    if helper.__name__ == "stream":
        assert isinstance(done, BlockingStream)
        ((passed, named),) = got
    else:
        way, function, passed, named = done
        assert function is getattr(family, helper.__name__)
        assert way == ("walk" if helper.__annotations__["return"].startswith("AsyncIterator[") else "wait")
    bound = inspect.signature(helper).bind(None, *passed, **named).arguments
    del bound["self"]
    bound.update(bound.pop("options", {}))
    assert bound == expected
    assert ["self", *inspect.signature(own).parameters] == list(inspect.signature(helper).parameters)


@pytest.mark.parametrize("name", FAMILIES)
def test_family_is_made_once_and_has_the_one_with_a_loop(name: str) -> None:
    client = Client()
    family = getattr(client, name)
    assert getattr(client, name) is family
    assert type(family).__name__ == f"Blocking{FAMILIES[name]}Calls"
    assert family.client is client
    assert family.family is getattr(client.families, name)
    assert type(family.family).__name__ == f"{FAMILIES[name]}Calls"
