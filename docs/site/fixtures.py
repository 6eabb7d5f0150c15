"""The page of the pytest plugin: its fixtures and options, read from its source."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from .markup import block, table, text
from .words import Words

_PLUGIN: Final = "tim_async.testing.plugin"


class Fixture(NamedTuple):
    """A fixture.

    Attributes:
        name: its name.
        gives: the type of its value.
        meaning: its docstring.
    """

    name: str
    gives: str
    meaning: str


class Option(NamedTuple):
    """An option of pytest.

    Attributes:
        name: with its value, such as `--tim-report FILE`.
        meaning: its help.
    """

    name: str
    meaning: str


class Texts(NamedTuple):
    """What the page says in one language.

    Attributes:
        meanings: of fixtures and options, by name; those of the code where they are not here.
    """

    title: str
    intro: str
    fixtures: str
    fixture: str
    fixtures_text: str
    override: str
    options: str
    option: str
    options_text: str
    meanings: dict[str, str]


_EN: Final = Texts(
    title="Fixtures and options of pytest",
    intro=(
        '`python -m pip install "tim-async[testing]"` installs the plugin, and pytest loads it by itself. '
        "[Test your app](../../how-to/testing.md) shows how it is used."
    ),
    fixtures="Fixtures",
    fixture="Fixture",
    fixtures_text=(
        "They are new for every test, and work in asynchronous tests only: under pytest-asyncio in strict and in auto "
        "mode, and under anyio's plugin with the asyncio backend. Emulator and client run in the loop of the test, "
        "whatever its `loop_scope`; all examples of a hypothesis test share them."
    ),
    override="Two of them are there to be overridden, in a `conftest.py` or a test module:",
    options="Options",
    option="Option",
    options_text="They take part in runs of pytest-xdist.",
    meanings={},
)

_ZH: Final = Texts(
    title="pytest 的 fixture 和选项",
    intro=(
        '`python -m pip install "tim-async[testing]"` 会安装插件，pytest 自动加载。'
        "用法见[测试你的应用](../../how-to/testing.md)。"
    ),
    fixtures="fixture",
    fixture="fixture",
    fixtures_text=(
        "每个测试都是新的，只能用在异步测试里：pytest-asyncio 的 strict 和 auto 模式，以及 anyio 插件的 asyncio 后端。"
        "模拟器和客户端运行在测试自己的事件循环里，不论 `loop_scope` 是什么；hypothesis 测试的所有样例共用它们。"
    ),
    override="其中两个供你在 `conftest.py` 或测试模块里覆盖：",
    options="选项",
    option="选项",
    options_text="配合 pytest-xdist 也有效。",
    meanings={
        "tim_emulator_options": "`tim_emulator` 所用 `Emulator` 的参数；要修改就覆盖这个 fixture。",
        "tim_client_options": "`tim_client` 所用 `TimClient` 的配置项；要修改就覆盖这个 fixture。",
        "tim_emulator": "空的 `Emulator`，监听回环地址的端口，运行在测试的事件循环里。",
        "tim_client": "连接到 `tim_emulator` 的 `TimClient`。",
        "--tim-show": "测试失败时显示它的模拟器地址和最近的调用；在终端里，模拟器一直开着，直到按回车。",
        "--tim-report FILE": "把各个测试发给模拟器的内容写成 HTML 报告。",
    },
)

TEXTS: Final = {"en": _EN, "zh": _ZH}

_OVERRIDE: Final = """
from collections.abc import Mapping

import pytest


@pytest.fixture
def tim_emulator_options() -> Mapping[str, object]:
    return {"auto_import": True, "rate_limits": {"openim/sendmsg": 50}}


@pytest.fixture
def tim_client_options() -> Mapping[str, object]:
    return {"timeout": 1.0}
"""


def page(words: Words) -> str:
    """Return the page."""
    texts = TEXTS[words.folder]
    found = [
        [f"`{each.name}`<br><small>`{each.gives}`</small>", text(texts.meanings.get(each.name, each.meaning))]
        for each in fixtures()
    ]
    given = [[f"`{each.name}`", text(texts.meanings.get(each.name, f"{each.meaning}."))] for each in options()]
    return "".join(
        [
            f"(fixtures)=\n# {texts.title}\n\n{texts.intro}\n\n## {texts.fixtures}\n\n{texts.fixtures_text}\n\n",
            table([texts.fixture, words.meaning], found),
            f"{texts.override}\n\n{block('python', _OVERRIDE.strip())}",
            f"## {texts.options}\n\n{texts.options_text}\n\n",
            table([texts.option, words.meaning], given),
        ]
    )


def fixtures() -> list[Fixture]:
    """Return the fixtures of the plugin, in the order of its source."""
    return [
        Fixture(node.name, ast.unparse(node.returns) if node.returns else "", " ".join(_doc(node).split()))
        for node in ast.walk(_plugin())
        if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(each) for each in node.decorator_list)
    ]


def options() -> list[Option]:
    """Return the options that the plugin adds to pytest."""
    found = []
    for node in ast.walk(_plugin()):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "addoption":
            said = {each.arg: ast.literal_eval(each.value) for each in node.keywords}
            name = " ".join(filter(None, (ast.literal_eval(node.args[0]), said.get("metavar"))))
            found.append(Option(name, said["help"]))
    return found


def _plugin() -> ast.Module:
    spec = find_spec(_PLUGIN)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text("utf-8"))


def _doc(node: ast.FunctionDef) -> str:
    return ast.get_docstring(node) or ""
