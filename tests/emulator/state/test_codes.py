"""The emulator's codes are those of the catalogue, under its names, and handlers write no numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tim_async import emulator as emulator_package
from tim_async._codes import table
from tim_async.emulator.state import codes

SCOPES = {
    codes.CommonCode: "common",
    codes.AccountCode: "account",
    codes.MessageCode: "sendmsg",
    codes.ExtensionCode: "msg_ext",
    codes.GroupCode: "group",
    codes.SnsCode: "sns",
    codes.ProfileCode: "profile",
    codes.ConversationCode: "conversation",
    codes.PushCode: "push",
    codes.ModerationCode: "moderation",
    codes.MuteCode: "global_mute",
    codes.OfficialAccountCode: "official_account",
    codes.OperationCode: "operation",
}
# The app's own range, of which the catalogue has no row (webhooks.md).
OWN = {("sns", 38000)}
NAMES = {(row[0], row[1]): row[2] for row in table.ROWS}
PACKAGE = Path(emulator_package.__file__).parent


def constants(scope: type) -> dict[str, int]:
    return {name: value for name, value in vars(scope).items() if name.isupper()}


def test_every_class_has_a_scope():
    found = {value for value in vars(codes).values() if isinstance(value, type)}
    assert found == set(SCOPES)


@pytest.mark.parametrize(("scope", "name"), SCOPES.items(), ids=SCOPES.values())
def test_codes_have_the_names_of_the_catalogue(scope, name):
    assert constants(scope)
    for constant, code in constants(scope).items():
        if (name, code) not in OWN:
            known = NAMES[name, code]
            assert known == constant.lower() or known.endswith(f"_{constant.lower()}"), (constant, code)


def numbers(path: Path) -> list[int]:
    """Return the numbers that are codes of a scope, wherever code names them: literals in sums and sizes are not."""
    known = {code for scope in SCOPES for code in constants(scope).values()}
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value in known
    ]


def test_no_module_writes_a_code_as_a_number():
    found = {str(path.relative_to(PACKAGE)): numbers(path) for path in PACKAGE.rglob("*.py") if path.name != "codes.py"}
    assert {path: codes for path, codes in found.items() if codes} == {}


def test_every_code_is_used():
    text = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "codes.py")
    named = {f"{scope.__name__}.{constant}" for scope in SCOPES for constant in constants(scope)}
    assert [name for name in sorted(named) if not re.search(rf"\b{re.escape(name)}\b", text)] == []
