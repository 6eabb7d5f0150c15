"""The pages that are made from the code name all there is, in both languages."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from docs.site import pages, worker_metrics
from docs.site.command_line import commands
from docs.site.helpers import helpers_by_endpoint
from docs.site.ledger import PRINTED
from docs.site.ledger_words import EN, ZH
from docs.site.markup import intro, text
from docs.site.settings import VALUES, defaults_of
from docs.site.words import LANGUAGES, Words
from tim_async import Settings, TimClient, _codes, endpoints, errors
from tim_async._core.config import SETTING_NAMES
from tim_async.bulk import RecipientOutcome
from tim_async.bulk._ledger.schema import SCHEMA_VERSION, metadata
from tim_async.cli._topics import pages as topics
from tim_async.cluster._workers.metrics import described
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.emulator.dispatch import STATELESS
from tim_async.families._registry import FAMILIES, load_family
from tim_async.webhooks import EVENTS

pytestmark = pytest.mark.docs

ROOT: Final = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)


@lru_cache
def _made(language: str) -> dict[str, str]:
    return pages.made(LANGUAGES[language])


def made(words: Words) -> dict[str, str]:
    """Return the pages of a language."""
    return _made(words.folder)


def sections(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


@BOTH
def test_every_endpoint_has_a_section_with_both_titles(words: Words) -> None:
    every = made(words)
    found = [title for page in every.values() for title in sections(page) if " · " in title]
    assert len(found) == len(endpoints()) == 190
    for endpoint in endpoints().values():
        section = every[endpoint.family].partition(f"(call-{endpoint.family}-{endpoint.name}".replace("_", "-"))[2]
        section = section.partition("\n(call-")[0]
        assert section, endpoint
        for part in (endpoint.title, endpoint.title_zh, endpoint.command, endpoint.url, endpoint.url_zh):
            assert (part or "") in section
        for field in endpoint.fields:
            assert f"`{field.wire_name}`" in section
        assert f"await client.{endpoint.family}.{endpoint.name}(" in section
        assert f"tim-async call {endpoint.family}.{endpoint.name}" in section


def section(words: Words, path: str) -> str:
    """Return what a page says of an endpoint."""
    page = made(words)[path.partition(".")[0]]
    return page.partition(f"(call-{path.replace('.', '-').replace('_', '-')})=")[2].partition("\n(call-")[0]


@BOTH
def test_answers_have_no_required_fields_and_none_that_the_library_fills_in(words: Words) -> None:
    for endpoint in endpoints().values():
        answer = section(words, f"{endpoint.family}.{endpoint.name}").partition(f"**{words.answer}{words.colon}")[2]
        assert answer, endpoint
        assert f"*{words.required}*" not in answer
        assert words.filled_in not in answer
    request = section(words, "c2c.send").partition(f"**{words.answer}{words.colon}")[0]
    assert request.count(words.filled_in) == 2  # MsgSeq and MsgRandom
    assert f"*{words.required}*" in request


def test_each_endpoint_says_what_it_does() -> None:
    """Also those that have their request in common with others."""
    said = {
        path: section(LANGUAGES["en"], path).split("\n\n")[2]
        for path in (f"{each.family}.{each.name}" for each in endpoints().values())
    }
    assert said["group.destroy"] == "Disband a group and delete its data; this cannot be undone."
    assert said["push.clear_tags"] == "Remove all tags from 1 to 100 users."
    for family in FAMILIES:
        texts = [purpose for path, purpose in said.items() if path.startswith(f"{family}.")]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("path", "english", "chinese"),
    [
        ("account.delete", "It deletes stored data. This cannot be undone.", "此操作会删除数据，无法撤销。"),
        ("group_member.mute", "It shuts users out, or revokes their rights.", "此操作会限制用户或收回其权限。"),
        ("push.send", "It can reach every user of the app.", "此操作可能触达应用的全部用户。"),
    ],
    ids=["deletes", "excludes", "reaches-all"],
)
def test_warning_of_an_endpoint_is_that_of_the_explorer(path: str, english: str, chinese: str) -> None:
    """Only what deletes cannot be undone: a mute can be lifted."""
    asked = (ROOT / "tim_async/_explorer/static/request_pane.js").read_text("utf-8")
    for words, said in zip(LANGUAGES.values(), (english, chinese), strict=True):
        assert re.findall(r":::\{warning\}\n(.*)\n:::", section(words, path)) == [said]
        assert f'"{said}"' in asked


@BOTH
def test_table_of_endpoints_is_the_registry(words: Words) -> None:
    page = made(words)["endpoints"]
    rows = re.findall(
        r"^\| \[.*?\]\(#call-([\w-]+)\) \| `client\.(.*?)` \| `(.*?)` \| (.*?) \| (.*?) \| (.*?) \|$",
        page,
        re.MULTILINE,
    )
    assert [command for _, _, command, *_ in rows] == list(endpoints())
    for anchor, call, command, limits, document, kept in rows:
        endpoint = endpoints()[command]
        assert call == f"{endpoint.family}.{endpoint.name}"
        assert anchor == call.replace(".", "-").replace("_", "-")
        assert limits == (", ".join(map(str, endpoint.limits)) or {"en": "none known", "zh": "未知"}[words.folder])
        assert (endpoint.doc or endpoint.why_no_doc or "") in document
        assert (endpoint.not_read or "") in document
        assert kept in (("checked", "仅校验") if command in STATELESS else ("stateful", "有状态"))
    assert f"{len(endpoints())} " in page.partition("```")[0]


def test_listing_of_endpoints_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", intro("endpoints", "en"), re.DOTALL)
    assert source in intro("endpoints", "zh")
    exec(source, {})
    assert "https://cloud.tencent.com" not in capsys.readouterr().out.splitlines()[1]


@BOTH
def test_codes_of_an_endpoint_lead_to_their_rows(words: Words) -> None:
    every = made(words)
    anchors = set(re.findall(r"`\{#(code-[\w-]+)\}", every["error-codes"]))
    for family in {endpoint.family for endpoint in endpoints().values()}:
        found = re.findall(r"\(error-codes\.md#([\w-]+)\)", every[family])
        assert set(found) <= anchors
        listed = sum(len(each.codes) for each in endpoints().values() if each.family == family)
        assert len(found) == listed


def test_helpers_are_found_by_what_they_call() -> None:
    found = {path: [each.path for each in helpers] for path, helpers in helpers_by_endpoint().items()}
    assert found["c2c.send_batch"] == ["c2c.send_to_all"]
    assert found["follow.get"] == ["follow.iter_followers", "follow.iter_followings", "follow.iter_mutual"]
    methods = {
        f"{name}.{each}"
        for name in FAMILIES
        for each in vars(load_family(name))
        if not each.startswith("_") and each not in ("family", "endpoints", *load_family(name).endpoints)
    }
    assert {each for helpers in found.values() for each in helpers} == methods


@BOTH
def test_every_command_has_a_section_with_its_options(words: Words) -> None:
    page = made(words)["command-line"]
    found = commands()
    assert sections(page) == [f"tim-async {name}" for name in found]
    assert {"bulk suppress add", "worker", "doctor"} <= found.keys()
    for name, command in found.items():
        section = page.partition(f"\n## tim-async {name}\n")[2].partition("\n(command-")[0]
        named = set(re.findall(r"(?<![\w-])--[\w-]+", section))
        assert {opt for param in command.params for opt in param.opts if opt.startswith("--")} - {"--help"} <= named
        for variable in {param.envvar for param in command.params if getattr(param, "envvar", None)}:
            assert f"`{variable}`" in section
        assert (command.epilog or "") in section


def test_making_the_page_of_the_command_line_changes_no_command() -> None:
    """A command keeps the option for help that the first context asked for, in this process for good."""
    found = commands()
    for command in found.values():
        command._help_option = None
    pages.made(LANGUAGES["en"])
    for command in found.values():
        assert command._help_option is not None
        assert sorted(command._help_option.opts) == ["--help", "-h"]


@BOTH
def test_every_code_has_a_row(words: Words) -> None:
    page = made(words)["error-codes"]
    listed = set()
    for scope in words.scopes:
        part = page.partition(f"(codes-{scope})=")[2].partition("\n(codes-")[0]
        listed |= {(scope, int(code)) for code in re.findall(r"^\| `(-?\d+)`", part, re.MULTILINE)}
    assert listed == {(row.scope, row.code) for row in _codes.rows() if row.code}


@BOTH
def test_every_topic_and_every_event_has_a_section(words: Words) -> None:
    every = made(words)
    assert re.findall(r"^\(error-(.*)\)=$", every["errors"], re.MULTILINE) == [page.topic for page in topics()]
    assert sections(every["events"]) == list(EVENTS)


@BOTH
def test_tree_of_errors_is_the_tree(words: Words) -> None:
    """Each class stands below that from which it derives."""
    page = made(words)["errors"]
    above: list[type] = []
    found = []
    for indent, name, topic in re.findall(r"^( *)- \[(\w+)\]\(#error-([\w-]+)\)", page, re.MULTILINE):
        kind = getattr(errors, name)
        above = [*above[: len(indent) // 2], kind]
        assert len(above) == 1 or kind.__base__ is above[-2]
        assert kind.topic == topic
        found.append(name)
    classes = [name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")]
    assert sorted(found) == sorted(classes)


async def test_example_of_errors_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", intro("errors", "en"), re.DOTALL)
    assert source in intro("errors", "zh")
    names: dict[str, Any] = {"__name__": "shop"}
    exec(source, names)
    async with (
        Emulator() as emulator,
        TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client,
    ):
        emulator.add_accounts("bob")
        assert await names["notify"](client, "bob")
        assert not await names["notify"](client, "nobody")
    assert not await names["notify"](client, "bob")
    refused, closed = [record.getMessage() for record in caplog.records if record.name == "shop"]
    assert refused.startswith("openim/sendmsg refused with ")
    assert "client.account.import_account" in refused
    assert closed.endswith("may have arrived: False")


@BOTH
def test_tables_of_settings_are_the_settings(words: Words) -> None:
    page = made(words)["settings"]
    kinds: tuple[type[msgspec.Struct], ...] = (Settings, *VALUES)
    for kind in kinds:
        section = page if kind is Settings else page.partition(f"\n## {kind.__name__}\n")[2]
        table = section.partition("\n| ")[2].partition("\n\n")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
        assert list(rows) == list(defaults_of(kind))
    assert set(SETTING_NAMES) == set(defaults_of(Settings))
    for row in ("timeout` | `10.0", "rate_limits` | `{}", "retry` | `RetryPolicy()", "factor` | `2.0", "per` | `1.0"):
        assert f"| `{row}` | " in page


async def test_example_of_settings_makes_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_SECRET_KEY", DEFAULT_SECRET_KEY)
    (source,) = re.findall(r"```python\n(.*?)```", intro("settings", "en"), re.DOTALL)
    assert source in intro("settings", "zh")
    names: dict[str, Any] = {}
    exec(source, names)
    assert names["client"].settings.rate_limits == {"openim/sendmsg": 300}
    assert isinstance(names["impatient"], TimClient)


@pytest.mark.parametrize("name", ["errors", "error-codes", "settings"])
def test_chinese_page_says_it_in_chinese(name: str) -> None:
    """What to do, too: nothing is said in English alone, but for the attributes of errors."""
    page = re.sub(r"^(`{3,}).*?^\1$", "", made(LANGUAGES["zh"])[name], flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in page.splitlines() if re.search(r"[a-z]{3} [a-z]", line)]
    if name == "errors":
        lines = [line for line in lines if not line.startswith("| `")]
    assert [line for line in lines if not re.search(r"[一-鿿]", line)] == []
    if name == "error-codes":
        for row in _codes.rows():
            if row.code and row.advice_zh:
                assert f"| {text(row.advice_zh)} |" in page


@BOTH
def test_every_metric_has_a_row(words: Words) -> None:
    page = made(words)["worker-metrics"]
    assert sorted(re.findall(r"^\| `(tim_\w+)` \|", page, re.MULTILINE)) == sorted(each.name for each in described())
    assert set(worker_metrics._ZH.meanings) == {each.name for each in described()}


@BOTH
def test_every_column_of_a_ledger_has_a_row(words: Words) -> None:
    page = made(words)["ledger"]
    assert f" {SCHEMA_VERSION} " in page.replace("（", " ")
    for table in metadata.tables.values():
        section = page.partition(f"\n### {table.name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.*) \|$", section, re.MULTILINE))
        assert list(rows) == [column.name for column in table.columns]
        assert all(rows.values())
    exports = page.partition("(export)=")[2].partition("(json)=")[0]
    assert re.findall(r"^\| `(\w+)`", exports, re.MULTILINE) == list(RecipientOutcome.__struct_fields__)


def test_every_command_with_json_is_listed() -> None:
    folder = ROOT / "tim_async" / "cli" / "commands" / "bulk"
    modules = {
        path.relative_to(folder).with_suffix("").as_posix().replace("/", " ").replace("_", "-")
        for path in folder.rglob("*.py")
        if "JsonOption = False" in path.read_text("utf-8")
    }
    # `bulk suppress list` is in the module `show`.
    names = {name.replace("suppress show", "suppress list") for name in modules}
    assert {each.command.partition(" --")[0] for each in PRINTED} == names


def test_ledger_words_name_the_same_in_both_languages() -> None:
    for english, chinese in zip(EN, ZH, strict=True):
        if isinstance(english, dict) and isinstance(chinese, dict):
            assert list(english) == list(chinese)


def test_both_languages_say_everything() -> None:
    for words in LANGUAGES.values():
        assert all(value for name, value in words._asdict().items() if name not in ("texts_in_english", "units"))
    assert LANGUAGES["en"].scopes.keys() == LANGUAGES["zh"].scopes.keys()
