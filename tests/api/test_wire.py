"""Names, encoding, reading, the envelope, merging, and what requests check."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tim_async import decode, encode
from tim_async._api.wire import (
    UNREADABLE,
    CustomType,
    Envelope,
    PartialResult,
    Request,
    Result,
    decode_envelope,
    decode_object,
    find_mapping,
    merge_extra,
    python_path,
    read_custom_strictly,
    reader,
    request_validator,
    validate,
    validator,
    wire_name,
)
from tim_async.errors import PartialFailureError, UsageError
from tim_async.families._registry import endpoints
from tim_async.models.account import (
    AccountItem,
    AccountResults,
    CheckAccounts,
    DeleteAccounts,
    ImportAccount,
    ImportAccounts,
    ImportAccountsResult,
    UserIDItem,
)
from tim_async.models.c2c import GetRoamMsgs, RoamMsg, RoamMsgs, SendMsgResult
from tim_async.models.elements import RawElem, TextElem
from tim_async.models.group import CreateGroup, FirstMember
from tim_async.models.group_attr import UpdateCounters
from tim_async.models.group_member import ListMembers

NAMES = [
    ("msg_body", "MsgBody"),
    ("from_account", "From_Account"),
    ("to_account", "To_Account"),
    ("operator_account", "Operator_Account"),
    ("peer_account", "Peer_Account"),
    ("account_list", "AccountList"),
    ("fail_accounts", "FailAccounts"),
    ("account_status", "AccountStatus"),
    ("accounts", "Accounts"),
    ("user_id", "UserID"),
    ("group_id", "GroupId"),
    ("msg_id", "MsgId"),
    ("stream_msg_id", "StreamMsgID"),
    ("uuid", "UUID"),
    ("video_uuid", "VideoUUID"),
    ("download_flag", "Download_Flag"),
    ("video_download_flag", "VideoDownloadFlag"),
    ("oppo_channel_id", "OPPOChannelID"),
    ("vivo_category", "VIVOCategory"),
    ("hua_wei_channel_id", "HuaWeiChannelID"),
    ("xiao_mi_channel_id", "XiaoMiChannelID"),
    ("google_channel_id", "GoogleChannelID"),
    ("raw_urls", "RawURLs"),
    ("c2cmsg_nospeaking_time", "C2CmsgNospeakingTime"),
    ("max_cnt", "MaxCnt"),
    ("complete", "Complete"),
]


@pytest.mark.parametrize(("python", "wire"), NAMES, ids=[wire for _, wire in NAMES])
def test_names_turn_into_wire_names_and_back(python, wire):
    assert wire_name(python) == wire
    assert python_path(wire) == python


def test_paths_turn_back_as_a_whole():
    path = "MsgBody[0].MsgContent.ImageInfoArray[12].URL"
    assert python_path(path) == "msg_body[0].msg_content.image_info_array[12].url"


@pytest.mark.parametrize("endpoint", endpoints().values(), ids=list(endpoints()))
def test_every_request_field_is_found_by_the_name_in_an_error(endpoint):
    struct = endpoint.request
    for python, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        assert python_path(wire) == python


class Sample(Request, kw_only=True):
    """A request."""

    number: int | None = None
    text: str | None = None
    texts: list[str] | None = None
    inner: "Sample | None" = None
    open: object = None


# Encoding


def test_text_goes_out_as_utf8():
    assert encode(Sample(text="你好 😀")) == '{"Text":"你好 😀"}'.encode()


def test_given_zero_and_empty_values_are_sent_and_absent_ones_are_not():
    assert encode(Sample(number=0, text="", texts=[])) == b'{"Number":0,"Text":"","Texts":[]}'
    assert encode(Sample()) == b"{}"
    assert encode(Sample(inner=Sample())) == b'{"Inner":{}}'


def circle():
    ring = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(object(), id="foreign-object"),
        pytest.param("secret text \ud800", id="lone-surrogate"),
        pytest.param({(1, 2): "x"}, id="tuple-as-key"),
        pytest.param([RawElem("A", {"x": object()})], id="inside-an-element"),
        pytest.param(circle(), id="circle"),
    ],
)
def test_what_has_no_wire_form_is_a_usage_error_that_names_the_field(value):
    with pytest.raises(UsageError, match="cannot encode open") as caught:
        encode(Sample(number=1, open=value))
    assert caught.value.field == "open"
    assert caught.value.__context__ is None
    assert "secret text" not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        encode(value)
    assert caught.value.field is None


# Reading


def test_results_put_up_with_missing_unknown_and_textual_fields():
    read = reader(SendMsgResult)
    assert read(b"{}") == SendMsgResult(msg_time=0, msg_key="", msg_id="")
    assert read(b'{"MsgTime":"5","MsgKey":"k","Unknown":[{}],"ErrorCode":0}') == SendMsgResult(msg_time=5, msg_key="k")
    assert reader(RoamMsgs)(b'{"MsgList":[{}]}').msg_list == [RoamMsg()]


def test_fields_with_a_stand_in_are_written_out_all_the_same():
    assert json.loads(encode(SendMsgResult())) == {"MsgTime": 0, "MsgKey": ""}
    assert json.loads(encode(RoamMsgs(complete=1))) == {"Complete": 1, "MsgCnt": 0, "LastMsgTime": 0, "LastMsgKey": ""}


def test_stand_ins_of_two_results_are_not_shared():
    first, second = RoamMsgs(), RoamMsgs()
    first.msg_list.append(RoamMsg())
    assert second.msg_list == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"[]", None, id="list"),
        pytest.param(b"{", None, id="truncated"),
        pytest.param(b"{}x", None, id="trailing"),
        pytest.param(b"\xff", None, id="no-json"),
        pytest.param(b'{"Text":"\xff"}', None, id="not-utf8"),
        pytest.param(b'{"Number":"x"}', "Number", id="no-number"),
        pytest.param(b'{"Inner":{"Texts":["a",5]}}', "Inner.Texts[1]", id="deep"),
    ],
)
def test_unreadable_data_is_a_usage_error_with_the_wire_path(data, field):
    with pytest.raises(UsageError, match="cannot read Sample") as caught:
        decode(data, Sample)
    assert caught.value.field == field
    assert caught.value.__context__ is None


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"Inner":' * 100_000], ids=["lists", "objects"])
@pytest.mark.parametrize("type_", [Sample, object, dict], ids=["struct", "object", "dict"])
def test_endless_nesting_is_a_usage_error(data, type_):
    with pytest.raises(UsageError):
        decode(data, type_)


def test_text_can_be_read_too():
    assert decode('{"Text":"你"}', Sample) == Sample(text="你")


def test_an_open_field_takes_any_json_value():
    for value in ({"a": [1, None, "你"]}, [1.5], "x", 5, True):
        data = json.dumps({"Open": value}).encode()
        assert decode(data, Sample) == Sample(open=value)
        validate(validator(Sample), data)


# Validating


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(b'{"Number":"5"}', "number", id="number-as-text"),
        pytest.param(b'{"Number":true}', "number", id="bool-as-number"),
        pytest.param(b'{"Number":5.0}', "number", id="float-as-integer"),
        pytest.param(b'{"Texts":["a",5]}', "texts[1]", id="inside-a-list"),
        pytest.param(b'{"Inner":{"Text":5}}', "inner.text", id="inside-a-struct"),
    ],
)
def test_validator_names_the_python_path(body, field):
    with pytest.raises(UsageError) as caught:
        validate(validator(Sample), body)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: Expected ")
    assert caught.value.__context__ is None


def test_validator_reports_a_missing_field():
    with pytest.raises(UsageError, match="missing required field `UserID`") as caught:
        validate(validator(ImportAccount), b"{}")
    assert caught.value.field is None


# The envelope


@pytest.mark.parametrize(
    ("data", "envelope"),
    [
        pytest.param(
            b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}',
            Envelope(error_code=0, error_info="", action_status="OK"),
            id="success",
        ),
        pytest.param(
            b'{"ErrorCode":70001,"ActionStatus":"FAIL","ErrorInfo":"\\u4f60","MsgList":[1],"ErrorDisplay":""}',
            Envelope(error_code=70001, error_info="你", action_status="FAIL"),
            id="failure-with-more",
        ),
        pytest.param(
            b'{"ActionStatus":"SomeError","ErrorCode":0}',
            Envelope(error_code=0, action_status="SomeError"),
            id="third-status",
        ),
        pytest.param(b' {"ErrorCode":"60007"} \n', Envelope(error_code=60007), id="code-as-text-no-info"),
        pytest.param(
            b'{"ErrorCode":0,"ErrorList":[{"ErrorCode":1},{"ErrorCode":2}],"A":"\\"ErrorCode\\""}',
            Envelope(error_code=0),
            id="codes-inside",
        ),
        pytest.param(b'{"ErrorCode":-302,"ErrorInfo":null}', Envelope(error_code=-302), id="negative-null-info"),
    ],
)
def test_envelope_is_read(data, envelope):
    assert decode_envelope(data) == envelope


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>502 Bad Gateway</html>", id="html"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no-code"),
        pytest.param(b'{"ActionStatus":"OK"}', id="status-only"),
        pytest.param(b'{"ErrorCode":null}', id="null-code"),
        pytest.param(b'{"ErrorCode":true}', id="bool-code"),
        pytest.param(b'{"ErrorCode":"zero"}', id="word-code"),
        pytest.param(b'{"ErrorCode":0', id="truncated"),
        pytest.param(b'{"ErrorCode":0}{"ErrorCode":0}', id="two-answers"),
        pytest.param(b'{"ErrorCode":0,"ErrorInfo":"\xff"}', id="not-utf8"),
        pytest.param(b'{"ErrorCode":0,"ErrorInfo":"\\ud800"}', id="lone-surrogate"),
        pytest.param(b'{"ErrorCode":0,"ErrorInfo":{}}', id="object-for-info"),
        pytest.param(b'{"ErrorCode":NaN}', id="nan"),
        pytest.param(b'{"ErrorCode":0,"A":Infinity}', id="infinity"),
        pytest.param(b'{"ErrorCode":1e400}', id="infinite-code"),
        pytest.param(b'{"ErrorCode":' + b"9" * 5000 + b"}", id="huge-code"),
        pytest.param(b'{"ErrorCode":1,"ErrorCode":0}', id="two-codes"),
        pytest.param(b'{"ErrorCode":0,"A":[{"ErrorCode":7}],"ErrorCode":0}', id="two-codes-and-more-inside"),
        pytest.param(b"[" * 100_000, id="nested-lists"),
        pytest.param(b'{"ErrorCode":0,"A":' + b"[" * 100_000, id="nested-beside-the-code"),
    ],
)
def test_what_is_no_envelope_is_unreadable(data):
    with pytest.raises(UNREADABLE):
        decode_envelope(data)


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["ErrorCode", "ErrorInfo", "ActionStatus", "X"]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_reading_an_envelope_raises_nothing_else(data):
    with suppress(UNREADABLE):
        assert isinstance(decode_envelope(data).error_code, int)


def test_plain_answer_is_read_as_a_dict():
    assert decode_object(b'{"A":{"B":[1,null]}}') == {"A": {"B": [1, None]}}
    with pytest.raises(msgspec.MsgspecError):
        decode_object(b"[]")


# Merging


def test_extra_fields_are_added_and_win():
    body = encode(Sample(number=1, text="你好"))
    merged = merge_extra(body, {"New": {"a": [1]}, "Number": 2})
    assert json.loads(merged) == {"Number": 2, "Text": "你好", "New": {"a": [1]}}
    assert "你好".encode() in merged
    assert merge_extra(body, {}) == body


def test_extra_fields_may_hold_our_own_values():
    merged = merge_extra(b'{"A":1.0}', {"MsgBody": [TextElem("x")]})
    assert merged == b'{"A":1.0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]}'


def test_extra_without_a_wire_form_is_refused():
    with pytest.raises(UsageError, match="objects of type object is unsupported"):
        merge_extra(b"{}", {"A": object()})


def test_misfit_is_named_where_it_is_a_field():
    class Wire(Request):
        text: object = None

    for value, field in ((Wire(text=object()), "text"), ({"text": object()}, None)):
        with pytest.raises(UsageError, match="cannot encode") as caught:
            encode(value)
        assert caught.value.field == field


def test_mapping_in_place_of_a_struct_is_found():
    class Wire(Request):
        item: object = None
        items: object = None

    assert find_mapping(Wire(item=1, items=["a", 2])) is None
    assert find_mapping(Wire(item={})) == "item"
    assert find_mapping(Wire(item="a", items=["a", {}])) == "items[1]"


def test_custom_type_that_cannot_be_read_says_so():
    with pytest.raises(ValueError, match="CustomType cannot be read"):
        read_custom_strictly(CustomType, 1)


# Accounts and history: what their requests check


def many(number):
    return [f"user-{index}" for index in range(number)]


def items(accounts):
    return [UserIDItem(user_id=account) for account in accounts]


def entries(accounts):
    return [AccountItem(user_id=account) for account in accounts]


HISTORY = {"operator_account": "a", "peer_account": "b", "max_cnt": 100, "min_time": 10, "max_time": 20}


def encoded(request):
    (endpoint,) = (line for line in endpoints().values() if line.request is type(request))
    return endpoint.encode(request)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(ImportAccount(user_id="x" * 32), id="import"),
        pytest.param(ImportAccounts(accounts=many(100)), id="import-100-names"),
        pytest.param(ImportAccounts(account_list=entries(many(100))), id="import-100"),
        pytest.param(DeleteAccounts(delete_item=items(many(100))), id="delete-100"),
        pytest.param(CheckAccounts(check_item=items(many(1))), id="check-1"),
        pytest.param(GetRoamMsgs(**HISTORY), id="history"),
        pytest.param(GetRoamMsgs(**{**HISTORY, "min_time": 0, "max_time": 0, "max_cnt": 1}), id="history-edges"),
    ],
)
def test_request_at_the_edges_passes(request_):
    assert encoded(request_)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        pytest.param(ImportAccount(user_id=""), "user_id", id="import-empty"),
        pytest.param(ImportAccount(user_id="x" * 33), "user_id", id="import-long"),
        pytest.param(ImportAccount(user_id=5), "user_id", id="import-number"),
        pytest.param(ImportAccount(user_id="a", nick=5), "nick", id="nick-number"),
        pytest.param(ImportAccounts(), "account_list", id="neither-form"),
        pytest.param(ImportAccounts(accounts=["a"], account_list=entries(["a"])), "account_list", id="both-forms"),
        pytest.param(ImportAccounts(accounts=[]), "accounts", id="names-0"),
        pytest.param(ImportAccounts(accounts=many(101)), "accounts", id="names-101"),
        pytest.param(ImportAccounts(accounts=["a", "x" * 33]), "accounts[1]", id="names-long"),
        pytest.param(ImportAccounts(accounts="abc"), "accounts", id="names-one-text"),
        pytest.param(ImportAccounts(account_list=[]), "account_list", id="entries-0"),
        pytest.param(ImportAccounts(account_list=entries(many(101))), "account_list", id="entries-101"),
        pytest.param(ImportAccounts(account_list=entries(["a", ""])), "account_list[1].user_id", id="entries-empty"),
        pytest.param(ImportAccounts(account_list=["a"]), "account_list[0]", id="entries-are-names"),
        pytest.param(ImportAccounts(account_list=[{"UserID": "a"}]), "account_list[0]", id="entries-are-mappings"),
        pytest.param(DeleteAccounts(delete_item=[]), "delete_item", id="delete-0"),
        pytest.param(DeleteAccounts(delete_item=items(many(101))), "delete_item", id="delete-101"),
        pytest.param(DeleteAccounts(delete_item=items(["a", ""])), "delete_item[1].user_id", id="delete-empty"),
        pytest.param(CheckAccounts(check_item=[]), "check_item", id="check-0"),
        pytest.param(CheckAccounts(check_item=items(many(101))), "check_item", id="check-101"),
        pytest.param(CheckAccounts(check_item=items(["x" * 33])), "check_item[0].user_id", id="check-long"),
        pytest.param(CheckAccounts(check_item=["a"]), "check_item[0]", id="check-names"),
        pytest.param(CheckAccounts(check_item=[{"UserID": "a"}]), "check_item[0]", id="check-mappings"),
        *[
            pytest.param(GetRoamMsgs(**{**HISTORY, name: value}), name, id=f"history-{name}-{value or 'empty'}")
            for name, value in [
                ("operator_account", ""),
                ("peer_account", ""),
                ("peer_account", "x" * 33),
                ("max_cnt", 0),
                ("max_cnt", 2**32),
                ("max_cnt", "5"),
                ("min_time", -1),
                ("max_time", 9),
                ("last_msg_key", 5),
            ]
        ],
    ],
)
def test_request_out_of_range_is_refused_by_field(request_, field):
    with pytest.raises(UsageError) as caught:
        encoded(request_)
    assert caught.value.field == field


# Results with an outcome per item


def test_failed_items_are_reported_and_raised():
    result = ImportAccountsResult(fail_accounts=["bob"])
    assert result.failed == ["bob"]
    with pytest.raises(PartialFailureError) as caught:
        result.raise_for_failed()
    assert caught.value.failed == ["bob"]
    ImportAccountsResult().raise_for_failed()


def test_account_results_sort_out_the_failed():
    data = (
        b'{"ResultItem":[{"UserID":"a","ResultCode":0,"AccountStatus":"Imported"},'
        b'{"UserID":"b","ResultCode":"70107","ResultInfo":"no"},{"UserID":"c","AccountStatus":"NotImported"}]}'
    )
    result = reader(AccountResults)(data)
    assert [item.is_imported for item in result.result_item] == [True, False, False]
    assert [item.user_id for item in result.failed] == ["b"]
    assert result.failed[0].result_code == 70107
    with pytest.raises(PartialFailureError) as caught:
        result.raise_for_failed()
    assert caught.value.failed == result.failed


def test_result_that_cannot_report_says_so():
    with pytest.raises(NotImplementedError):
        PartialResult().raise_for_failed()
    assert issubclass(PartialResult, Result)


def test_request_without_identity_is_its_own():
    request = ImportAccount(user_id="a")
    assert request.identified() is request


def test_history_flags_are_read():
    assert RoamMsg(msg_flag_bits=8).is_recalled
    assert RoamMsg(msg_flag_bits=9).is_recalled
    assert not RoamMsg(msg_flag_bits=4).is_recalled
    assert RoamMsgs(complete=1).is_complete
    assert not RoamMsgs().is_complete


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            UpdateCounters(group_id="g", group_counter=[], mode="increase"),
            "mode must be Set or Increase or Decrease, not 'increase'",
        ),
        (
            CreateGroup(
                type="Public",
                name="g",
                member_list=[FirstMember(member_account="a"), FirstMember(member_account="b", role="admin")],
            ),
            "member_list[1].role must be Owner or Admin or Member, not 'admin'",
        ),
        (
            ListMembers(group_id="g", limit=1, offset=0, member_role_filter=["Owner", "admin"]),
            "member_role_filter[1] must be Owner or Admin or Member, not 'admin'",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_that_is_not_a_choice_is_answered_with_the_choices(request_, message):
    with pytest.raises(UsageError) as caught:
        validate(request_validator(type(request_)), request_)
    assert str(caught.value) == message
    assert message.startswith(f"{caught.value.field} must be ")


@pytest.mark.parametrize("path", ["GroupId.Mode", "Nothing[3].Mode", "GroupCounter[3].Mode", "GroupId"])
def test_choices_that_are_not_found_are_left_out(path):
    """A path inside of an element names what the struct does not have."""

    def check(request_):
        raise msgspec.ValidationError(f"Invalid enum value 'x' - at `$.{path}`")

    with pytest.raises(UsageError, match=r": Invalid enum value 'x'$"):
        validate(check, UpdateCounters(group_id="g", group_counter=[]))
