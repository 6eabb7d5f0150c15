"""SendMsg: its checks, its identity, and its way through the wire."""

import json
import threading
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tim_async import decode
from tim_async.errors import BodyTooLargeError, UsageError
from tim_async.families.c2c import C2C
from tim_async.models import message as marks
from tim_async.models.c2c import SendMsg
from tim_async.models.elements import CustomElem, RawElem, RelayElem, RelayMsg, TextElem
from tim_async.models.message import next_msg_random, next_msg_seq
from tim_async.models.offline_push import OfflinePushInfo

SECRET = "a text that no error may show"
U32 = 2**32 - 1


def message(**fields):
    return SendMsg(**{"to_account": "bob", "msg_body": [TextElem(SECRET)], "cloud_custom_data": SECRET, **fields})


def sent(**fields):
    return json.loads(C2C.send.encode(message(**fields)))


def test_least_message_is_exact():
    body = C2C.send.encode(SendMsg(to_account="bob", msg_body=[TextElem("hi")]))
    assert body == b'{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"To_Account":"bob"}'


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("to_account", ["x", "x" * 32, "中" * 10, "😀" * 8], id="to-account"),
        pytest.param("from_account", ["x", "x" * 32], id="from-account"),
        pytest.param("sync_other_machine", [1, 2], id="sync"),
        pytest.param("online_only_flag", [0, 1], id="online-only"),
        pytest.param("support_message_extension", [0, 1], id="extension"),
        pytest.param("is_need_read_receipt", [0, 1], id="receipt"),
        pytest.param("msg_life_time", [0, 604_800], id="life-time"),
        pytest.param("msg_seq", [0, U32], id="seq"),
        pytest.param("msg_random", [0, U32], id="random"),
        pytest.param("msg_time_stamp", [0, 2**53], id="time-stamp"),
        pytest.param("cloud_custom_data", ["", "{}", "你好"], id="cloud-data"),
        pytest.param("send_msg_control", [[], ["NoUnread", "SomethingNew"], ("NoLastMsg",)], id="control"),
        pytest.param("forbid_callback_control", [["ForbidBeforeSendMsgCallback"]], id="forbid"),
        pytest.param("msg_body", [[CustomElem(data="x")], (TextElem("a"), CustomElem())], id="body"),
    ],
)
def test_values_at_the_edges_are_sent(name, values):
    for value in values:
        body = sent(**{name: value})
        if name != "msg_body":
            assert body[C2C.send.raw_field(name)] == (list(value) if isinstance(value, tuple) else value)


CUSTOM = CustomElem(data=SECRET)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"to_account": ""}, "to_account", id="to-empty"),
        pytest.param({"to_account": None}, "to_account", id="to-none"),
        pytest.param({"to_account": "x" * 33}, "to_account", id="to-33-bytes"),
        pytest.param({"to_account": "中" * 11}, "to_account", id="to-33-bytes-chinese"),
        pytest.param({"to_account": 12345678901}, "to_account", id="to-number"),
        pytest.param({"to_account": ["bob"]}, "to_account", id="to-list"),
        pytest.param({"to_account": b"bob"}, "to_account", id="to-bytes"),
        pytest.param({"to_account": UUID(int=5)}, "to_account", id="to-uuid"),
        pytest.param({"to_account": "\ud800"}, "to_account", id="to-not-unicode"),
        pytest.param({"from_account": ""}, "from_account", id="from-empty"),
        pytest.param({"from_account": "x" * 33}, "from_account", id="from-33-bytes"),
        pytest.param({"from_account": 5}, "from_account", id="from-number"),
        *[
            pytest.param({name: value}, name, id=f"{name}-{value!r}")
            for name, values in [
                ("sync_other_machine", (0, 3, "1", True, 1.0)),
                ("online_only_flag", (2, -1, "0", True, False, 0.0)),
                ("support_message_extension", (2, "1", True)),
                ("is_need_read_receipt", (2, "1", True)),
                ("msg_life_time", (-1, 604_801, "60", 60.5, True)),
                ("msg_seq", (-1, U32 + 1, "5", 5.0, True, 2**70)),
                ("msg_random", (-1, U32 + 1, "5", 5.0, True)),
                ("msg_time_stamp", (-1, 2**53 + 1, "5", 5.5)),
                ("cloud_custom_data", (5, {"a": 1})),
            ]
            for value in values
        ],
        pytest.param({"send_msg_control": "NoUnread"}, "send_msg_control", id="control-text"),
        pytest.param({"send_msg_control": ["NoUnread", 5]}, "send_msg_control[1]", id="control-number"),
        pytest.param({"forbid_callback_control": [None]}, "forbid_callback_control[0]", id="forbid-none"),
        pytest.param({"msg_body": []}, "msg_body", id="body-empty"),
        pytest.param({"msg_body": ()}, "msg_body", id="body-empty-tuple"),
        pytest.param({"msg_body": None}, "msg_body", id="body-none"),
        pytest.param({"msg_body": SECRET}, "msg_body", id="body-text"),
        pytest.param({"msg_body": TextElem(SECRET)}, "msg_body", id="body-one-element"),
        pytest.param({"msg_body": {"MsgType": "TIMTextElem"}}, "msg_body", id="body-mapping"),
        pytest.param({"msg_body": iter([TextElem(SECRET)])}, "msg_body", id="body-iterator"),
        pytest.param({"msg_body": [SECRET]}, "msg_body[0]", id="element-text"),
        pytest.param({"msg_body": [CUSTOM, {"MsgType": "A", "MsgContent": {}}]}, "msg_body[1]", id="element-mapping"),
        pytest.param({"msg_body": [CUSTOM, None]}, "msg_body[1]", id="element-none"),
        pytest.param({"msg_body": [CUSTOM, CUSTOM]}, "msg_body", id="two-custom"),
        pytest.param({"msg_body": [CUSTOM, RawElem("TIMCustomElem", {})]}, "msg_body", id="two-custom-one-raw"),
        pytest.param(
            {"msg_body": [RelayElem(msg_list=[RelayMsg(msg_body=[CUSTOM, CUSTOM])])]},
            "msg_body[0].msg_list[0].msg_body",
            id="two-custom-in-a-relay",
        ),
        pytest.param({"msg_body": [TextElem(5)]}, "msg_body[0].msg_content.text", id="text-number"),
        pytest.param({"msg_body": [TextElem(None)]}, "msg_body[0].msg_content.text", id="text-none"),
        pytest.param({"msg_body": [RawElem("A", SECRET)]}, "msg_body[0].msg_content", id="raw-text"),
        pytest.param({"msg_body": [RawElem(5, {})]}, "msg_body[0].msg_type", id="raw-kind-number"),
        pytest.param({"msg_body": [TextElem(SECRET + "\ud800")]}, "msg_body", id="text-not-unicode"),
        pytest.param({"offline_push_info": OfflinePushInfo(push_flag=5)}, "offline_push_info.push_flag", id="push"),
    ],
)
def test_wrong_message_is_refused_by_field_without_showing_its_content(fields, field):
    with pytest.raises(UsageError) as caught:
        C2C.send.encode(message(**fields))
    error = caught.value
    assert type(error) is UsageError
    assert not isinstance(error, BodyTooLargeError)
    assert error.field == field
    assert (error.attempts, error.maybe_delivered) == (0, False)
    last = field.rpartition(".")[2]
    assert last in str(error)
    while error is not None:
        for text in (str(error), repr(error), repr(error.args)):
            assert SECRET not in text
        error = error.__cause__ or error.__context__


def test_one_custom_element_beside_others_and_one_inside_each_relayed_message_pass():
    relayed = RelayMsg(msg_body=[CUSTOM])
    assert sent(msg_body=[CUSTOM, TextElem("a"), RelayElem(msg_list=[relayed, relayed])])


# MsgSeq


class Clock:
    """A stand-in for the time module."""

    def __init__(self, now):
        self.now = now

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(1_700_000_000.0)
    monkeypatch.setattr(marks, "time", clock)
    monkeypatch.setattr(marks, "_last_seq", 0)
    return clock


def test_seq_is_the_milliseconds_of_the_clock(clock):
    clock.now = 1_700_000_000.5
    assert next_msg_seq() == 1_700_000_000_500 % marks.SEQ_RANGE


def test_seq_grows_while_the_clock_stands(clock):
    first = next_msg_seq()
    assert [next_msg_seq() for _ in range(3000)] == list(range(first + 1, first + 3001))


def test_seq_grows_when_the_clock_jumps_back(clock):
    before = [next_msg_seq() for _ in range(3)]
    clock.now -= 3600
    after = [next_msg_seq() for _ in range(3)]
    assert before + after == list(range(before[0], before[0] + 6))


def test_seq_follows_a_clock_that_jumps_ahead_and_stays_there(clock):
    first = next_msg_seq()
    clock.now += 3600
    assert next_msg_seq() == first + 3_600_000
    clock.now -= 3600
    assert next_msg_seq() == first + 3_600_001


def test_seq_keeps_growing_with_a_clock_of_any_mood(clock):
    last = next_msg_seq()
    for step in (0.0, 0.0004, -5.0, 0.001, 12.0, -12.0, 0.25, -0.001, 0.0):
        clock.now += step
        seq = next_msg_seq()
        assert seq > last
        last = seq


def test_seq_turns_over_between_two_seconds_and_never_repeats(clock):
    """Inside each second it grows; the fall comes where a new second begins and the service orders by time."""
    turn = (1_700_000_000_000 // marks.SEQ_RANGE + 1) * marks.SEQ_RANGE
    assert turn % 1000 == 0
    seconds = {}
    for tick in range((turn - 1500) * 2, (turn + 1500) * 2, 3):
        clock.now = tick / 2000
        seconds.setdefault(int(clock.now), []).append(next_msg_seq())
    sequences = [seq for second in seconds.values() for seq in second]
    assert len(set(sequences)) == len(sequences)
    assert all(0 <= seq <= U32 for seq in sequences)
    assert min(sequences) < 5
    assert max(sequences) > marks.SEQ_RANGE - 5
    for second in seconds.values():
        assert second == sorted(second)
    assert max(seconds[turn // 1000]) < 1500


def test_seq_range_is_whole_seconds_below_u32():
    assert marks.SEQ_RANGE % 1000 == 0
    assert U32 - 1000 < marks.SEQ_RANGE <= U32 + 1


@pytest.mark.parametrize("now", [0.0, 1.0, 4_294_967.295, 4_294_967.296, 1e9, 1.7e9, 4e9, 1e11])
def test_seq_is_a_u32_at_any_time(clock, now):
    clock.now = now
    assert all(0 <= next_msg_seq() <= U32 for _ in range(10))


def test_seq_is_distinct_and_growing_in_every_thread():
    lists = [[] for _ in range(8)]
    start = threading.Barrier(len(lists))

    def work(mine):
        start.wait()
        mine.extend(next_msg_seq() for _ in range(2000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [seq for mine in lists for seq in mine]
    assert len(set(everything)) == 16_000
    for mine in lists:
        assert mine == sorted(mine)


def test_seq_takes_its_turn_under_the_lock(monkeypatch):
    """Two threads that read the clock at once must not get the same number: reading and counting are one step."""
    held = []

    class Lock:
        def __enter__(self):
            held.append("in")

        def __exit__(self, *_):
            held.append("out")

    monkeypatch.setattr(marks, "_seq_lock", Lock())
    monkeypatch.setattr(marks, "time", SimpleNamespace(time=lambda: held.append("clock") or 5.0))
    next_msg_seq()
    assert held == ["in", "clock", "out"]


def test_random_is_a_u32_and_differs():
    values = [next_msg_random() for _ in range(2000)]
    assert all(0 <= value <= U32 for value in values)
    assert len(set(values)) > 1990
    assert max(values) > 2**31
    assert min(values) < 2**31


# identified()


def test_identity_is_filled_in_on_a_copy(clock):
    original = message()
    ready = original.identified()
    assert ready is not original
    assert (original.msg_seq, original.msg_random) == (None, None)
    assert ready.msg_seq == int(clock.now * 1000) % marks.SEQ_RANGE
    assert 0 <= ready.msg_random <= U32
    for name in set(SendMsg.__struct_fields__) - {"msg_seq", "msg_random"}:
        assert getattr(ready, name) is getattr(original, name)
    assert ready.identified() is ready


@pytest.mark.parametrize("value", [0, 7, U32])
def test_identity_that_was_given_is_kept(value):
    assert message(msg_seq=value).identified().msg_seq == value
    assert message(msg_seq=value).identified().msg_random is not None
    assert message(msg_random=value).identified().msg_random == value
    assert message(msg_random=value).identified().msg_seq is not None
    whole = message(msg_seq=value, msg_random=value)
    assert whole.identified() is whole


def test_three_messages_one_after_another_are_in_order():
    seqs = [message().identified().msg_seq for _ in range(3)]
    assert seqs == sorted(set(seqs))


def test_filled_in_identity_is_what_goes_out():
    ready = message().identified()
    body = C2C.send.encode(ready)
    assert json.loads(body)["MsgSeq"] == ready.msg_seq
    assert json.loads(body)["MsgRandom"] == ready.msg_random
    assert C2C.send.encode(ready) == body


# Any text


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_any_text_comes_through(text, data):
    request = SendMsg(to_account="bob", msg_body=[TextElem(text)], cloud_custom_data=data, msg_seq=0, msg_random=0)
    body = C2C.send.encode(request)
    assert json.loads(body) == {
        "To_Account": "bob",
        "MsgSeq": 0,
        "MsgRandom": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
        "CloudCustomData": data,
    }
    read = decode(body, SendMsg)
    assert read == request
    assert C2C.send.encode(read) == body


@given(st.text())
def test_any_text_is_sent_or_refused_in_order(text):
    """Lone surrogates included, which have no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(UsageError) as caught:
            C2C.send.encode(SendMsg(to_account="bob", msg_body=[TextElem(text)]))
        assert caught.value.field == "msg_body"
    else:
        assert sent(msg_body=[TextElem(text)])["MsgBody"][0]["MsgContent"]["Text"] == text
