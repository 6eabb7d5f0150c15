"""The error catalogue: its rows, and which row a service's code finds."""

import inspect
import json
import re
from pathlib import Path
from typing import get_args

import pytest

import tim_async
from tim_async import _codes
from tim_async._api.endpoint import Endpoint
from tim_async._codes.advice import ROWS as ADVICE
from tim_async._codes.advice_zh import TEXTS
from tim_async._codes.table import ROWS
from tim_async._core.client import TimClient
from tim_async.errors import ADVICE as ADVICE_OF_HINTS
from tim_async.errors import ADVICE_ZH
from tim_async.families._registry import load_family


def test_catalogue_has_the_rows_of_the_reference():
    """The file holds scope, code, name and hint of every row that was reviewed: a new code goes into both."""
    reviewed = [tuple(row) for row in json.loads((Path(__file__).parent / "wire/error_codes.json").read_text("utf-8"))]
    assert sorted(row[:4] for row in ROWS) == sorted(reviewed)


def test_scope_and_code_name_one_row():
    keys = [(scope, code) for scope, code, *_ in ROWS]
    assert len(set(keys)) == len(keys)


def test_rows_are_well_formed():
    hints = set(get_args(_codes.Hint))
    assert hints == {"none", "fix_request", "auth", "quota", "retry"}
    for scope, code, name, hint, meaning in ROWS:
        assert scope.isidentifier()
        assert isinstance(code, int)
        assert name.isidentifier()
        assert name == name.lower()
        assert hint in hints
        assert meaning
        assert meaning == meaning.strip()


def test_names_are_unique():
    names = [row[2] for row in ROWS]
    assert len(set(names)) == len(names)


def test_every_scope_of_a_service_has_rows():
    scopes = {row[0] for row in ROWS}
    assert {scope for listed in _codes._SCOPES.values() for scope in listed} <= scopes


@pytest.mark.parametrize("code", sorted(_codes.SLOW_DOWN_CODES))
def test_slow_down_code_is_a_quota(code):
    rows = _codes.find(code)
    assert rows
    assert {row.hint for row in rows} == {"quota"}


def test_slow_down_codes_are_those_of_the_documents():
    assert {60007, 60011, 60018, 60019, 10006, 10023, 90024, 90051, 90057} == _codes.SLOW_DOWN_CODES
    assert {60011, 60018, 60019} == _codes.APP_WIDE_CODES


def test_every_row_has_its_meaning_in_chinese_and_its_advice():
    assert [row[:2] for row in ADVICE] == [row[:2] for row in ROWS]
    for scope, code, meaning, advice in ADVICE:
        assert re.search("[\u4e00-\u9fff]", meaning), code
        assert not re.search("[\u4e00-\u9fff]", advice), code
        assert advice == advice.strip(" .")
        row = next(row for row in _codes.find(code) if row.scope == scope)
        assert (row.meaning_zh, row.advice) == (meaning, advice)


def test_every_advice_is_there_in_chinese_with_the_same_calls():
    english = {row[3] for row in ADVICE} - {""}
    assert set(TEXTS) == english
    assert set(ADVICE_OF_HINTS) == set(ADVICE_ZH)
    for text, chinese in (*TEXTS.items(), *((ADVICE_OF_HINTS[hint], ADVICE_ZH[hint]) for hint in ADVICE_ZH)):
        assert bool(re.search("[\u4e00-\u9fff]", chinese)) == bool(text), text
        for code in re.findall(r"[A-Za-z_.]+\([^()]*\)|\d+", text.replace(",", "")):
            assert code in chinese.replace(",", "").replace(" ", "") or code in chinese.replace(",", ""), (text, code)
    assert _codes.lookup("openim", 20003).advice_zh == TEXTS[_codes.lookup("openim", 20003).advice]


CALLS = sorted({call for row in ADVICE for call in re.findall(r"client\.([a-z0-9_]+(?:\.\w+)?)\(([^()]*)\)", row[3])})


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_call_that_an_advice_names_can_be_made(name, arguments):
    family, _, method = name.rpartition(".")
    if not family:
        assert inspect.signature(getattr(TimClient, method)).parameters
        return
    found = getattr(load_family(family), method)
    known = found.request.__struct_fields__ if isinstance(found, Endpoint) else inspect.signature(found).parameters
    assert set(re.findall(r"(\w+)=", arguments)) <= set(known)


def test_advice_names_public_things():
    assert len(CALLS) > 40
    settings = inspect.signature(TimClient).parameters
    for *_, advice in ADVICE:
        assert set(re.findall(r"TimClient\((\w+)=", advice)) <= set(settings) | {"rate_limits"}
        for path in re.findall(r"tim_async\.([\w.]*\w)", advice):
            module, _, name = path.rpartition(".")
            assert hasattr(getattr(tim_async, module) if module else tim_async, name), path


# What the documents say to try again (rest-overview, "Which codes the docs say to try again").
TRY_AGAIN = [
    20004, 20005, 20018, 20028, 22002, 60008, 60014, 70169, 70202, 70500, 30006, 30007, 40006, 50004,
    50005, 90992, 90994, 90995, 91000, 10002, 110007, 93001, 2001,
]  # fmt: skip


@pytest.mark.parametrize("code", TRY_AGAIN)
def test_try_again_code_carries_the_retry_hint(code):
    assert code in _codes.codes_with_hint("retry")
    assert {row.hint for row in _codes.find(code)} == {"retry"}


@pytest.mark.parametrize(
    ("code", "hint"),
    [(1004, "none"), (30008, "none"), (51007, "fix_request"), (60004, "auth"), (60005, "auth")],
)
def test_code_whose_text_does_not_say_try_again_is_not_transient(code, hint):
    assert {row.hint for row in _codes.find(code)} == {hint}


def test_codes_with_hint_holds_the_codes_whose_every_meaning_has_it():
    for hint in get_args(_codes.Hint):
        expected = {code for _, code, *_ in ROWS if code and {row.hint for row in _codes.find(code)} == {hint}}
        assert _codes.codes_with_hint(hint) == expected
    assert 70001 in _codes.codes_with_hint("auth")
    # 130009 is a database error of one service and a refusal of another.
    assert 130009 not in _codes.codes_with_hint("retry")


@pytest.mark.parametrize(
    ("service", "code", "scope"),
    [
        pytest.param("group_open_http_svc", 10002, "group", id="10002-group"),
        pytest.param("openim_msg_ext_http_svc", 10002, "msg_ext", id="10002-extension"),
        pytest.param("group_open_attr_http_svc", 10004, "group", id="10004-group-attributes"),
        pytest.param("openim_msg_ext_http_svc", 10004, "msg_ext", id="10004-extension"),
        pytest.param("million_group_open_http_svc", 10008, "group", id="10008-community"),
        pytest.param("openim_msg_ext_http_svc", 10008, "msg_ext", id="10008-extension"),
        pytest.param("openim", 93000, "sendmsg", id="93000-message"),
        pytest.param("im_msg_audit", 93000, "moderation", id="93000-moderation"),
        pytest.param("openconfigsvr", 130002, "global_mute", id="130002-mute"),
        pytest.param("official_account_open_http_svc", 130002, "official_account", id="130002-official"),
        pytest.param("openconfigsvr", 130004, "global_mute", id="130004-mute"),
        pytest.param("official_account_open_http_svc", 130004, "official_account", id="130004-official"),
        pytest.param("openconfigsvr", 130005, "global_mute", id="130005-mute"),
        pytest.param("official_account_open_http_svc", 130005, "official_account", id="130005-official"),
        pytest.param("openconfigsvr", 130008, "global_mute", id="130008-mute"),
        pytest.param("official_account_open_http_svc", 130008, "official_account", id="130008-official"),
        pytest.param("open_msg_svc", 130009, "operation", id="130009-operation"),
        pytest.param("official_account_open_http_svc", 130009, "official_account", id="130009-official"),
        pytest.param("open_msg_svc", 130010, "operation", id="130010-operation"),
        pytest.param("official_account_open_http_svc", 130010, "official_account", id="130010-official"),
        pytest.param("openim", 60007, "common", id="common-from-any-service"),
        pytest.param("nobody_knows_svc", 70001, "account", id="account-from-any-service"),
        pytest.param("nobody_knows_svc", 20004, "sendmsg", id="single-meaning-from-any-service"),
    ],
)
def test_lookup_finds_the_row_of_the_service(service, code, scope):
    row = _codes.lookup(service, code)
    assert row is not None
    assert (row.scope, row.code) == (scope, code)


@pytest.mark.parametrize(
    ("service", "code"),
    [
        pytest.param("openim", 123456, id="unknown-code"),
        pytest.param("openim", 10004, id="two-meanings-none-of-this-service"),
        pytest.param("nobody_knows_svc", 10004, id="two-meanings-unknown-service"),
    ],
)
def test_lookup_does_not_guess(service, code):
    assert _codes.lookup(service, code) is None


def test_find_lists_every_meaning():
    assert {row.scope for row in _codes.find(10004)} == {"group", "msg_ext"}
    assert _codes.find(123456) == []
