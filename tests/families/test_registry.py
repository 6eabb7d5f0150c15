"""The registry, the golden files, and which module may import which."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_origin

import msgspec
import pytest

import tim_async
from tim_async._api.endpoint import NOT_SEEN, Endpoint, Family, Rate
from tim_async._api.pages import pages
from tim_async._api.wire import PartialResult, Request, Result, encode
from tim_async.emulator.dispatch import ENDPOINTS
from tim_async.errors import UsageError
from tim_async.families._registry import FAMILIES, SERVICES, endpoints, find_endpoint, load_family
from tim_async.families.c2c import C2C
from tim_async.models.c2c import GetRoamMsgs, SendMsg

WIRE = Path(__file__).parents[1] / "wire"
PACKAGE = Path(tim_async.__file__).parent
ENVELOPE = {"ActionStatus", "ErrorInfo", "ErrorCode", "ErrorDisplay"}

GOLDEN = sorted(WIRE.glob("*/*.json"))
LINES = [pytest.param(endpoint, id=command) for command, endpoint in endpoints().items()]


def load(path):
    return json.loads(path.read_text("utf-8"))


golden = pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
every_line = pytest.mark.parametrize("endpoint", LINES)


# Golden files: typed from the documents, not from the structs.


@golden
def test_golden_request_decodes_and_encodes_to_the_same_value(path):
    content = load(path)
    endpoint = endpoints()[content["command"]]
    request = tim_async.decode(json.dumps(content["request"]), endpoint.request)
    body = endpoint.encode(request)
    assert json.loads(body) == content["request"]
    assert body.decode("utf-8").count("\\u") == json.dumps(content["request"], ensure_ascii=False).count("\\u")


@golden
def test_golden_reply_keeps_every_field(path):
    content = load(path)
    endpoint = endpoints()[content["command"]]
    result = endpoint.read_result(json.dumps(content["reply"]).encode())
    received = {name: value for name, value in content["reply"].items() if name not in ENVELOPE}
    assert isinstance(result, endpoint.result)
    assert json.loads(encode(result)) == received


@golden
def test_golden_file_has_the_three_parts_and_the_place_of_its_command(path):
    content = load(path)
    assert set(content) == {"command", "request", "reply"}
    endpoint = endpoints()[content["command"]]
    assert path.parent.name == endpoint.family
    assert path.name.partition(".")[0] == endpoint.command.partition("/")[2]
    assert {"ActionStatus", "ErrorCode"} <= set(content["reply"])


def collect(value, seen):
    """Note for every struct class below a value which of its fields held something."""
    if isinstance(value, msgspec.Struct):
        fields = seen.setdefault(type(value), set())
        for name in value.__struct_fields__:
            part = getattr(value, name)
            if part is not None:
                fields.add(name)
            collect(part, seen)
    elif isinstance(value, list | tuple):
        for part in value:
            collect(part, seen)


def test_golden_files_hold_every_field_of_the_structs():
    """A field missing in the golden files is either invented or was forgotten there."""
    seen = {}
    for path in GOLDEN:
        content = load(path)
        endpoint = endpoints()[content["command"]]
        collect(tim_async.decode(json.dumps(content["request"]), endpoint.request), seen)
        collect(endpoint.read_result(json.dumps(content["reply"]).encode()), seen)
    missing = {f"{kind.__name__}.{name}" for kind, got in seen.items() for name in set(kind.__struct_fields__) - got}
    assert not missing
    assert {kind for endpoint in endpoints().values() for kind in (endpoint.request, endpoint.result)} <= set(seen)


# The registry.


@every_line
def test_line_has_a_golden_file(endpoint):
    path = WIRE / endpoint.family / f"{endpoint.command.partition('/')[2]}.json"
    assert path.is_file()
    assert load(path)["command"] == endpoint.command


@every_line
def test_line_is_filed_under_its_command_and_names_its_document(endpoint):
    assert endpoints()[endpoint.command] is endpoint
    assert re.fullmatch(r"[A-Za-z0-9_]+/[A-Za-z0-9_]+", endpoint.command)
    assert endpoint.service == endpoint.command.partition("/")[0]
    if endpoint.doc is None:
        assert endpoint.why_no_doc
    else:
        assert re.fullmatch(r"[IC]\d+", endpoint.doc)
        assert endpoint.why_no_doc is None


@every_line
def test_line_is_emulated(endpoint):
    assert ENDPOINTS[endpoint.command] is endpoint


@every_line
def test_line_is_reachable_by_family_and_name(endpoint):
    family = load_family(endpoint.family)
    assert family.family == endpoint.family
    assert getattr(family, endpoint.name) is endpoint
    assert family.endpoints[endpoint.name] is endpoint
    assert endpoint.name in repr(endpoint)


@every_line
def test_line_has_structs_with_keyword_fields(endpoint):
    assert issubclass(endpoint.request, Request)
    assert issubclass(endpoint.result, Result)
    assert endpoint.request.__struct_config__.omit_defaults
    for struct in (endpoint.request, endpoint.result):
        parameters = inspect.signature(struct).parameters.values()
        assert {parameter.kind for parameter in parameters} <= {inspect.Parameter.KEYWORD_ONLY}


def _fields_below(type_, seen):
    """Yield struct and field for all fields of the structs a type is made of."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct) and type_ not in seen:
        seen.add(type_)
        for field in msgspec.structs.fields(type_):
            yield type_, field
            yield from _fields_below(field.type, seen)
    for part in get_args(type_):
        yield from _fields_below(part, seen)


@every_line
def test_an_answer_is_read_whatever_it_lacks(endpoint):
    assert [(struct, field.name) for struct, field in _fields_below(endpoint.result, set()) if field.required] == []


FAILURE = re.compile(r"(^|_)code$|^result$")


def lists_failures(type_, *, in_list=False):
    """Return whether a result can name items that failed: a list of failures, or of items that each have a code."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        for field in msgspec.structs.fields(type_):
            is_list = list in (get_origin(part) or part for part in (field.type, *get_args(field.type)))
            if is_list and re.match("fail|error", field.name):
                return True
            if in_list and int in (field.type, *get_args(field.type)) and FAILURE.search(field.name):
                return True
            if lists_failures(field.type, in_list=in_list or is_list):
                return True
    return any(lists_failures(part, in_list=in_list) for part in get_args(type_))


# What they say of each device are the steps of a push that was made before, not outcomes of this call.
TRACES = {"timpush/all_member_push_trace", "timpush/normal_push_trace"}


@every_line
def test_result_that_names_failed_items_is_a_partial_result(endpoint):
    assert (
        issubclass(endpoint.result, PartialResult) or not lists_failures(endpoint.result) or endpoint.command in TRACES
    )


def test_almost_every_partial_result_is_found_by_its_fields():
    partial = {command for command, endpoint in endpoints().items() if issubclass(endpoint.result, PartialResult)}
    found = {command for command, endpoint in endpoints().items() if lists_failures(endpoint.result)} - TRACES
    assert partial - found == {
        "group_open_http_svc/send_group_msg",  # one message, which may be dropped: no list, but a reason
        "im_msg_audit_mgr/delete_cloud_audit_keywords",  # a flag for each word
        "openim/delete_c2c_msg_ramble",  # the keys alone
    }


class Item(Result, kw_only=True):
    account: str = ""
    result_code: int | None = None


class Items(Result, kw_only=True):
    items: list[Item] | None = None


class Nested(Result, kw_only=True):
    groups: list[Items] | None = None


class FailedAccounts(Result, kw_only=True):
    fail_account: list[str] | None = None


class OneCode(Result, kw_only=True):
    item: Item | None = None
    accounts: list[str] | None = None


@pytest.mark.parametrize(
    ("kind", "expected"), [(Item, False), (Items, True), (Nested, True), (FailedAccounts, True), (OneCode, False)]
)
def test_results_that_name_failed_items_are_found(kind, expected):
    assert lists_failures(kind) is expected


@every_line
def test_line_has_sane_limits(endpoint):
    assert endpoint.limits
    assert endpoint.repeat in ("never", "identity", "always")
    keyed = [rate.key is not None for rate in endpoint.limits]
    assert keyed == sorted(keyed, reverse=True), "the narrow rates come first"
    for rate in endpoint.limits:
        assert isinstance(rate, Rate)
        assert rate.limit >= rate.max_cost >= 1
        assert rate.per > 0
        for field in filter(None, (rate.cost, rate.key)):
            assert field.partition(".")[0] in endpoint.request.__struct_fields__


@every_line
def test_line_with_an_identity_can_fill_it_in(endpoint):
    identity = endpoint.request._identity
    assert set(identity) <= set(endpoint.request.__struct_fields__)
    assert identity or endpoint.repeat != "identity"
    fields: dict[str, object] = {}
    endpoint.identify(fields)
    assert set(fields) == {endpoint.raw_field(field) for field in identity}
    again = dict(fields)
    endpoint.identify(again)
    assert again == fields, "what is given stays"


@every_line
def test_line_documents_itself(endpoint):
    assert (endpoint.request.__doc__ or "").strip()
    for name in endpoint.request.__struct_fields__:
        assert f"{name}:" in endpoint.request.__doc__


@pytest.mark.parametrize(
    ("command", "limit", "repeat", "has_body_limit"),
    [
        pytest.param("openim/sendmsg", 200, "identity", True, id="sendmsg"),
        pytest.param("openim/admin_getroammsg", 200, "always", False, id="getroammsg"),
        pytest.param("im_open_login_svc/account_import", 200, "always", False, id="import"),
        pytest.param("im_open_login_svc/multiaccount_import", 100, "always", False, id="multi-import"),
        pytest.param("im_open_login_svc/account_delete", 100, "never", False, id="delete"),
        pytest.param("im_open_login_svc/account_check", 100, "always", False, id="check"),
    ],
)
def test_line_follows_the_documents(command, limit, repeat, has_body_limit):
    endpoint = endpoints()[command]
    assert endpoint.limits == (Rate(limit, 1.0),)
    assert (endpoint.repeat, endpoint.has_body_limit) == (repeat, has_body_limit)


def test_batch_line_counts_calls_and_deliveries():
    batch = endpoints()["openim/batchsendmsg"]
    assert batch.limits == (Rate(12_000, 60.0, cost="to_account", max_cost=500), Rate(200))
    assert (batch.repeat, batch.has_body_limit) == ("identity", True)


def test_every_family_is_listed_and_has_lines():
    modules = {path.stem for path in (PACKAGE / "families").glob("[!_]*.py")}
    assert set(FAMILIES) == modules
    for name in FAMILIES:
        assert load_family(name).endpoints
    assert sum(len(load_family(name).endpoints) for name in FAMILIES) == len(endpoints())


def test_every_endpoint_is_found_by_its_command_alone():
    for command, endpoint in endpoints().items():
        assert find_endpoint(command) is endpoint
    assert find_endpoint("openim/nothing") is None
    assert find_endpoint("nothing/nothing") is None
    families = {
        service: {line.family for line in endpoints().values() if line.service == service} for service in SERVICES
    }
    assert families == {service: set(names) for service, names in SERVICES.items()}


def test_a_raw_call_imports_no_more_families_than_it_must():
    code = (
        "import sys; from tim_async.families._registry import find_endpoint; find_endpoint('openim/sendmsg');"
        "print(*sorted(name for name in sys.modules if name.startswith('tim_async.families.') and '._' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.split() == ["tim_async.families.c2c"]


def test_every_documented_command_has_a_line():
    assert set(endpoints()) == {load(path)["command"] for path in GOLDEN}
    known = json.loads((PACKAGE / "_api" / "pages.json").read_text("utf-8"))
    assert set(endpoints()) == set(known)
    assert len(known) == 190


READS = re.compile(r"(^|_)(get|list|query|querystate|check|search)(_|$)|getroammsg|getnospeaking|getappinfo|GetIPList")


def test_no_read_is_without_fields():
    reads = {command: each for command, each in endpoints().items() if READS.search(command.partition("/")[2])}
    assert len(reads) > 60
    assert [command for command, each in reads.items() if not each.result.__struct_fields__] == []


READS = re.compile(r"(^|_)(get\w*|query\w*|check\w*|search|list|trace|statistics|loss)(_|$)", re.IGNORECASE)
CHANGES = re.compile(r"_(add|delete)$")


def test_what_reads_returns_what_it_read():
    reads = [
        endpoint
        for endpoint in endpoints().values()
        if READS.search(word := endpoint.command.partition("/")[2]) and not CHANGES.search(word)
    ]
    assert len(reads) > 60
    assert [endpoint for endpoint in reads if not endpoint.result.__struct_fields__] == []


@every_line
def test_line_has_a_title_in_both_languages(endpoint):
    assert re.fullmatch(r"[A-Z][ -~]{3,}[^.]", endpoint.title)
    assert re.search("[\u4e00-\u9fff]", endpoint.title_zh)


@every_line
def test_line_has_the_addresses_of_its_documents(endpoint):
    addresses = [address for address in (endpoint.url, endpoint.url_zh) if address]
    for address in addresses:
        assert re.fullmatch(r"https://((www|trtc)\.tencentcloud\.com|trtc\.io|cloud\.tencent\.com)/\S+", address)
    assert bool(addresses) == (endpoint.doc is not None and endpoint.not_read != NOT_SEEN)


def test_titles_that_no_page_showed_are_marked():
    made = {command for command, endpoint in endpoints().items() if endpoint.is_title_zh_made}
    assert made == {command for command, page in pages().items() if page.is_title_zh_made} & set(endpoints())
    assert {command for command, page in pages().items() if page.is_title_zh_made} == {
        "group_open_http_svc/add_topic_permission_group",
        "group_open_http_svc/delete_permission_group_member",
        "group_open_http_svc/delete_topic_permission_group",
        "million_group_open_http_svc/get_online_member_num",
        "timpush/all_member_push_loss",
        "timpush/all_member_push_statistics",
    }


def test_an_unknown_command_has_neither_title_nor_address():
    line = Endpoint("openim/nothing", GetRoamMsgs, Result, doc=None, why_no_doc="made up")
    assert (line.title, line.title_zh, line.is_title_zh_made, line.url, line.url_zh) == (None, None, False, None, None)


@pytest.mark.parametrize("family", FAMILIES)
def test_typing_tests_call_every_family(family):
    texts = [path.read_text("utf-8") for path in (WIRE.parent / "typing").glob("*.py")]
    assert any(re.search(rf"\bclient\.{family}\b", text) for text in texts)


def test_a_command_in_two_families_is_refused(monkeypatch):
    class Twin(Family, name="twin"):
        again = Endpoint("openim/sendmsg", SendMsg, C2C.send.result, doc="I34919")

    monkeypatch.setattr("tim_async.families._registry.FAMILIES", {"twin": "Twin", "c2c": "C2C"})
    monkeypatch.setattr("tim_async.families._registry.load_family", lambda name: Twin if name == "twin" else C2C)
    with pytest.raises(RuntimeError, match="openim/sendmsg is in two families: twin and c2c"):
        endpoints.__wrapped__()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param({"limit": 0}, "limit", id="no-calls"),
        pytest.param({"limit": 1.5}, "limit", id="half-calls"),
        pytest.param({"limit": 1, "per": 0}, "per", id="no-window"),
        pytest.param({"limit": 1, "per": float("nan")}, "per", id="nan-window"),
        pytest.param({"limit": 5, "max_cost": 6}, "max_cost", id="call-over-limit"),
        pytest.param({"limit": 5, "max_cost": 0}, "max_cost", id="free-call"),
    ],
)
def test_rate_refuses_what_can_never_be_granted(arguments, field):
    with pytest.raises(UsageError) as caught:
        Rate(**arguments)
    assert caught.value.field == field


class RecordingClient:
    def __init__(self):
        self.calls = []

    async def call(self, endpoint, request):
        self.calls.append((endpoint, request))
        return "answer"


async def test_bound_endpoint_builds_the_request_and_hands_it_to_the_client():
    client = RecordingClient()
    fields = {"operator_account": "a", "peer_account": "b", "max_cnt": 1, "min_time": 0, "max_time": 9}
    assert await C2C(client).get_roam_msgs(**fields) == "answer"
    assert client.calls == [(C2C.get_roam_msgs, GetRoamMsgs(**fields))]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param({"to_acount": "bob", "msg_body": []}, "to_acount", id="misspelt"),
        pytest.param({"to_account": "bob"}, "msg_body", id="missing"),
    ],
)
def test_bound_endpoint_refuses_wrong_arguments(arguments, problem):
    client = RecordingClient()
    with pytest.raises(UsageError, match=f"openim/sendmsg: .*{problem}") as caught:
        C2C(client).send(**arguments)
    assert caught.value.__context__ is None
    assert client.calls == []


def test_endpoint_refuses_the_request_of_another():
    wrong = GetRoamMsgs(operator_account="a", peer_account="b", max_cnt=1, min_time=0, max_time=0)
    with pytest.raises(UsageError, match="takes a SendMsg, not a GetRoamMsgs") as caught:
        C2C.send.encode(wrong)
    assert caught.value.field == "request"


@every_line
def test_raw_field_is_the_wire_name(endpoint):
    for python, wire in zip(endpoint.request.__struct_fields__, endpoint.request.__struct_encode_fields__, strict=True):
        assert endpoint.raw_field(python) == wire
