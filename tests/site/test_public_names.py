"""Every public class and function is on a page of the reference, and what makes an object is described.

Data of the service stands on the pages that are made from the code: what requests, answers and events consist of, by
endpoint and event, and the errors by their topics. Everything else is named by a directive of autodoc.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import pytest

from tests.site.blocks import LANGUAGES, written
from tim_async import TimError

pytestmark = pytest.mark.docs

PACKAGE: Final = "tim_async"
# Those that have names of others come last.
MODULES: Final = (
    PACKAGE,
    *(f"{PACKAGE}.{name}" for name in ("bulk", "cluster", "emulator", "history", "otel", "testing", "usersig")),
    *(f"{PACKAGE}.{name}" for name in ("webhooks", "blocking")),
)
# Those of the service's data, and the families, which have pages that are made from the code.
MADE: Final = (
    "tim_async.models.",
    "tim_async.families.",
    "tim_async._calls.",
    "tim_async.webhooks.events.",
    "tim_async.webhooks._message",
)

# What only the library makes: users get them, and read their attributes.
MADE_BY_THE_LIBRARY: Final = frozenset(
    {
        "tim_async.ClientStats",
        "tim_async.blocking.UrlMessages",
        "tim_async.emulator.AnswerFault",
        "tim_async.emulator.DelayFault",
        "tim_async.emulator.Fault",
        "tim_async.emulator.Faults",
        "tim_async.emulator.StallFault",
        "tim_async.emulator.StatusFault",
        "tim_async.history.FileMessages",
        "tim_async.history.UrlMessages",
        "tim_async.otel.CallTelemetry",
        "tim_async.testing.FakeSlot",
        "tim_async.webhooks.BeforeDecorator",
        "tim_async.webhooks.OnDecorator",
    }
)


class Public(NamedTuple):
    """A public class or function.

    Attributes:
        name: the first of the public modules that has it, and its name there.
        value: the class or function.
    """

    name: str
    value: Any

    @property
    def is_made(self) -> bool:
        """Whether a page that is made from the code has it."""
        module = self.value.__module__
        return module.startswith(MADE) or (inspect.isclass(self.value) and issubclass(self.value, TimError))


def public() -> Iterator[Public]:
    """Yield the public classes and functions, each by the first module that has it."""
    seen = set[int]()
    for module_name in MODULES:
        module = import_module(module_name)
        names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        for name in sorted(names):
            value = getattr(module, name)
            value = inspect.unwrap(value) if callable(value) else value
            if not (inspect.isclass(value) or inspect.isfunction(value)) or id(value) in seen:
                continue
            if "__all__" in vars(module) or value.__module__ == module_name:
                seen.add(id(value))
                yield Public(f"{module_name}.{name}", value)


OURS: Final = [each for each in public() if not each.is_made]


def documented(language: str) -> set[str]:
    """Return the names that the pages of the reference hand to autodoc."""
    pages = [text for page, text in written(language).items() if page.startswith("reference/")]
    return set(re.findall(r"^\.\. auto\w+:: ([\w.]+)", "\n".join(pages), re.MULTILINE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_public_class_and_function_is_on_a_page(language: str) -> None:
    assert {each.name for each in OURS} - documented(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_name_what_there_is(language: str) -> None:
    for name in documented(language):
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute), name


@pytest.mark.parametrize("each", [each for each in OURS if inspect.isclass(each.value)], ids=lambda each: each.name)
def test_every_argument_is_described(each: Public) -> None:
    if each.name in MADE_BY_THE_LIBRARY:
        assert undescribed(each.value)
    else:
        assert undescribed(each.value) == []


@pytest.mark.parametrize("each", OURS, ids=lambda each: each.name)
def test_defaults_can_be_read(each: Public) -> None:
    """A default that is a function is shown by its name; any other says what it is."""
    members = [vars(each.value)[name] for name in vars(each.value)] if inspect.isclass(each.value) else [each.value]
    for member in members:
        if inspect.isfunction(member):
            defaults = [*(member.__defaults__ or ()), *(member.__kwdefaults__ or {}).values()]
            assert [value for value in defaults if " at 0x" in repr(value) and not inspect.isroutine(value)] == []


def undescribed(value: type) -> list[str]:
    """Return the arguments of a class that its docstring does not describe."""
    doc = inspect.getdoc(value) or ""
    described = set(re.findall(r"^ +\*{0,2}(\w+): ", doc, re.MULTILINE))
    return [name for name in arguments(value) if name not in described and not name.startswith("_")]


def arguments(value: type) -> list[str]:
    """Return the names of what a class is made of; `Unpack`ed arguments are one."""
    if issubclass(value, msgspec.Struct):
        return list(value.__struct_fields__)
    code = getattr(vars(value).get("__init__"), "__code__", None)
    if code is None or Protocol in value.__bases__:  # an enumeration, a typed dictionary, or made of nothing
        return []
    count = code.co_argcount + code.co_kwonlyargcount
    return list(code.co_varnames[1 : count + bool(code.co_flags & inspect.CO_VARKEYWORDS)])
