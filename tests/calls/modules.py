"""The generated modules: one a family, one for all families, and the same again for code without a loop."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

import tim_async
from tests.calls.names import Imports, texts_below
from tests.calls.texts import call_text, indented, ordered
from tim_async._api.endpoint import Endpoint, Family
from tim_async.families._registry import FAMILIES, load_family

TARGET = Path(tim_async.__file__).parent / "_calls"
_MADE = "Made by `python -m tests.calls`; a test keeps it current."


def files() -> dict[Path, str]:
    """Return the text of every generated file."""
    found = {
        TARGET
        / "__init__.py": f'"""The families as clients have them, with the text that editors show.\n\n{_MADE}\n"""\n',
        TARGET / "families.py": families_module(),
        TARGET / "blocking" / "__init__.py": f'"""The families for code without a loop.\n\n{_MADE}\n"""\n',
        TARGET / "blocking" / "families.py": blocking_families_module(),
    }
    for name in FAMILIES:
        table = load_family(name)
        found[TARGET / f"{name}.py"] = family_module(table)
        found[TARGET / "blocking" / f"{name}.py"] = blocking_module(table)
    return found


def purpose(kind: type) -> str:
    """Return the first line of a class's docstring."""
    return inspect.cleandoc(kind.__doc__ or "").splitlines()[0]


def _head(text: str, off: str = "") -> str:
    comment = (
        f'\n# mypy: disable-error-code="{off}"\n# The code of a call is put in by `_api/calling.py`.\n' if off else ""
    )
    return f'"""{text}\n\n{_MADE}\n"""\n{comment}\nfrom __future__ import annotations\n\n'


def family_module(table: type[Family]) -> str:
    """Return the module of a family."""
    imports = Imports()
    imports.add(table.__module__, table.__name__)
    doc = purpose(table)
    lines = [f"class {table.__name__}Calls({table.__name__}):", f'    """{doc}"""']
    texts = texts_below(table.__module__, table.__name__)
    for line in table.endpoints.values():
        lines += ["", *_call(line, imports, texts[line.name], "async def")]
    return _head(doc, "empty-body,misc,override") + imports.source("..") + "\n\n" + "\n".join(lines) + "\n"


def blocking_module(table: type[Family]) -> str:
    """Return the module of a family for code without a loop."""
    imports = Imports()
    imports.add(table.__module__, table.__name__)
    imports.add("tim_async.families._blocking", "BlockingFamily")
    doc = purpose(table)
    name = table.__name__
    lines = [f"class Blocking{name}Calls(BlockingFamily[{name}], table={name}):", f'    """{doc}"""']
    texts = texts_below(table.__module__, name)
    for line in table.endpoints.values():
        lines += ["", *_call(line, imports, texts[line.name], "def")]
    for helper in helpers(table):
        lines += ["", *_blocking_helper(helper, imports)]
    return _head(doc, "empty-body") + imports.source("...") + "\n\n" + "\n".join(lines) + "\n"


def helpers(table: type[Family]) -> list[Any]:
    """Return the helpers of a family: its public functions."""
    return [each for name, each in vars(table).items() if inspect.isfunction(each) and not name.startswith("_")]


def _call(line: Endpoint[..., Any], imports: Imports, doc: str, keyword: str) -> Iterator[str]:
    """Yield the lines of the method for an endpoint."""
    imports.add(line.result.__module__, line.result.__name__)
    yield f"    {keyword} {line.name}("
    yield "        self,"
    given = {field.name: field for field in msgspec.structs.fields(line.request)}
    annotations = {name: _annotation(line.request, name, imports) for name in given}
    if given:
        yield "        *,"
    for field in ordered(line):
        yield f"        {field.name}: {annotations[field.name]}{_default(given[field.name])},"
    yield f"    ) -> {line.result.__name__}:"
    yield from _docstring(call_text(line, doc, annotations))


def _docstring(text: str) -> Iterator[str]:
    assert "\\" not in text
    assert '"""' not in text
    first, *rest = text.splitlines()
    if rest:
        yield f'        """{first}'
        yield from indented("\n".join(rest), 8)
        yield '        """'
    else:
        yield f'        """{first}"""'


def _annotation(struct: type, name: str, imports: Imports) -> str:
    for each in struct.__mro__:
        text = inspect.get_annotations(each).get(name)
        if text is not None:
            return imports.annotation(str(text), each.__module__)
    raise AssertionError(f"{struct.__name__} has no field {name}")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return ""
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return f" = {_written(value)}"


def _written(value: object) -> str:
    text = repr(value).replace("'", '"')
    ast.literal_eval(text)
    return text


# For code without a loop: the parameters and the result of a helper there.
_PLAIN: Final = {
    "AsyncIterable": ("collections.abc", "Iterable"),
    "AsyncIterator": ("collections.abc", "Iterator"),
    "Items": ("collections.abc", "Iterable"),
    "MessageStream": ("tim_async.families._blocking", "BlockingStream"),
}


def _blocking_helper(helper: Any, imports: Imports) -> Iterator[str]:
    """Yield the lines of the method for a helper, which has the helper called in the client's loop."""
    module = helper.__module__
    signature = inspect.signature(helper)
    yield f"    def {helper.__name__}("
    yield "        self,"
    given = [f"self.family.{helper.__name__}"]
    has_star = False
    for name, parameter in list(signature.parameters.items())[1:]:
        value = f"self.client.feed({name})" if re.match(r"(Items|AsyncIterable)\b", parameter.annotation) else name
        text = imports.annotation(parameter.annotation, module, _PLAIN)
        if parameter.kind is parameter.VAR_KEYWORD:
            yield f"        **{name}: {text},"
            given.append(f"**{value}")
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            if not has_star:
                yield "        *,"
            has_star = True
            value = f"{name}={value}"
        default = "" if parameter.default is parameter.empty else f" = {_written(parameter.default)}"
        yield f"        {name}: {text}{default},"
        given.append(value)
    yield f"    ) -> {imports.annotation(signature.return_annotation, module, _PLAIN)}:"
    yield from _docstring(_without_loop(inspect.cleandoc(helper.__doc__)))
    if signature.return_annotation.startswith("MessageStream["):
        yield from _returned("BlockingStream", ["self.client", "\n".join(_called(given[0], given[1:], 12)).strip()])
    else:
        way = "walk" if signature.return_annotation.startswith("AsyncIterator[") else "wait"
        yield from _returned(f"self.client.{way}", given)


def _returned(function: str, given: list[str]) -> Iterator[str]:
    first, *rest = _called(function, given, 8)
    yield f"        return {first.strip()}"
    yield from rest


def _called(function: str, given: list[str], depth: int) -> list[str]:
    """Return the lines of a call, one argument per line if it is long."""
    line = f"{' ' * depth}{function}({', '.join(given)})"
    if len(line) <= 112 and "\n" not in line:
        return [line]
    return [f"{' ' * depth}{function}(", *(f"{' ' * (depth + 4)}{each}," for each in given), f"{' ' * depth})"]


def _without_loop(text: str) -> str:
    """Return the text of a helper with its examples as they are written without a loop."""
    return re.sub(r"\b(await|async) (?=[a-z])", "", text).replace("async iterable", "iterable")


# All families.


def families_module() -> str:
    """Return the module that has all families as attributes of a client."""
    lines = ["class Families(Caller):", '    """The families as attributes of a client."""']
    imports = []
    for name in FAMILIES:
        table = load_family(name)
        kind = f"{table.__name__}Calls"
        imports.append(f"    from .{name} import {kind}\n")
        lines += [
            "", "    @cached_property", f"    def {name}(self) -> {kind}:", f'        """{purpose(table)}"""',
            f"        from .{name} import {kind}", "", f"        return {kind}(self)",
        ]  # fmt: skip
    return _FAMILIES.format(
        doc=f'"""The families as attributes of a client. A family is imported when it is first used.\n\n{_MADE}\n"""',
        caller="from .._api.endpoint import Caller",
        imports="".join(imports),
        lines="\n".join(lines),
    )


def blocking_families_module() -> str:
    """Return the module that has all families as attributes of a client without a loop."""
    lines = _BLOCKING_FAMILIES.splitlines()
    imports = ["    from ..families import Families\n"]
    for name in FAMILIES:
        table = load_family(name)
        kind = f"Blocking{table.__name__}Calls"
        imports.append(f"    from .{name} import {kind}\n")
        lines += [
            "", "    @cached_property", f"    def {name}(self) -> {kind}:", f'        """{purpose(table)}"""',
            f"        from .{name} import {kind}", "", f"        return {kind}(self, self.families.{name})",
        ]  # fmt: skip
    return _FAMILIES.format(
        doc=f'"""The families of a client without a loop, each imported when it is first used.\n\n{_MADE}\n"""',
        caller="from ...families._blocking import BlockingCaller",
        imports="".join(imports),
        lines="\n".join(lines),
    )


_BLOCKING_FAMILIES: Final = '''class BlockingFamilies(BlockingCaller):
    """The families as attributes of a client without a loop.

    Attributes:
        families: the families with a loop, of the client that makes the calls.
    """

    families: Families
'''
_FAMILIES: Final = """{doc}

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

{caller}

if TYPE_CHECKING:
{imports}

{lines}
"""
