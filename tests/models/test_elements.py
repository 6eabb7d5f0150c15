"""Message elements: exact wire forms, open reading, strict sending."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tim_async import decode, encode
from tim_async._api.wire import validate, validator
from tim_async.errors import UsageError
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg
from tim_async.models.elements import (
    CustomElem,
    Element,
    FaceElem,
    FileElem,
    ImageElem,
    ImageInfo,
    LocationElem,
    RawElem,
    RelayElem,
    RelayMsg,
    SoundElem,
    StreamChunk,
    StreamElem,
    TextElem,
    VideoFileElem,
)

IMAGE = ImageElem(
    uuid="u", image_format=255, image_info_array=[ImageInfo(type=1, size=5, width=4, height=3, url="https://x/1")]
)
VIDEO = VideoFileElem(
    video_url="https://x/v",
    video_uuid="v",
    video_size=1,
    video_second=0,
    video_format="mp4",
    thumb_url="https://x/t",
    thumb_uuid="t",
    thumb_size=2,
    thumb_width=3,
    thumb_height=4,
    thumb_format="JPG",
)
RELAY = RelayElem(
    title="t",
    msg_num=1,
    compatible_text="c",
    abstract_list=["a"],
    msg_list=[RelayMsg(from_account="A", group_id="g", msg_seq=0, msg_body=[TextElem("你"), FaceElem(index=0)])],
)

# Element, kind and content exactly as the documents write them, in the order of the tables.
KINDS = [
    pytest.param(TextElem("hi"), "TIMTextElem", '{"Text":"hi"}', id="text"),
    pytest.param(TextElem(text=""), "TIMTextElem", '{"Text":""}', id="text-empty"),
    pytest.param(TextElem("你好 😀 é"), "TIMTextElem", '{"Text":"你好 😀 é"}', id="text-unicode"),
    pytest.param(TextElem('"\\/\n\x01'), "TIMTextElem", '{"Text":"\\"\\\\/\\n\\u0001"}', id="text-escapes"),
    pytest.param(
        LocationElem(desc="某地", latitude=29.340656774469956, longitude=116.77497920478824),
        "TIMLocationElem",
        '{"Desc":"某地","Latitude":29.340656774469956,"Longitude":116.77497920478824}',
        id="location",
    ),
    pytest.param(FaceElem(index=6, data="abc"), "TIMFaceElem", '{"Index":6,"Data":"abc"}', id="face"),
    pytest.param(FaceElem(index=0), "TIMFaceElem", '{"Index":0}', id="face-zero"),
    pytest.param(
        CustomElem(data="d", desc="n", ext="e", sound="s.aiff"),
        "TIMCustomElem",
        '{"Data":"d","Desc":"n","Ext":"e","Sound":"s.aiff"}',
        id="custom",
    ),
    pytest.param(CustomElem(), "TIMCustomElem", "{}", id="custom-empty"),
    pytest.param(
        SoundElem(url="https://x/s", uuid="u", size=62351, second=1),
        "TIMSoundElem",
        '{"Url":"https://x/s","UUID":"u","Size":62351,"Second":1,"Download_Flag":2}',
        id="sound",
    ),
    pytest.param(
        IMAGE,
        "TIMImageElem",
        '{"UUID":"u","ImageFormat":255,'
        '"ImageInfoArray":[{"Type":1,"Size":5,"Width":4,"Height":3,"URL":"https://x/1"}]}',
        id="image",
    ),
    pytest.param(
        FileElem(url="https://x/f", uuid="u", file_size=7, file_name="n.pdf"),
        "TIMFileElem",
        '{"Url":"https://x/f","UUID":"u","FileSize":7,"FileName":"n.pdf","Download_Flag":2}',
        id="file",
    ),
    pytest.param(
        VIDEO,
        "TIMVideoFileElem",
        '{"VideoUrl":"https://x/v","VideoUUID":"v","VideoSize":1,"VideoSecond":0,"VideoFormat":"mp4",'
        '"VideoDownloadFlag":2,"ThumbUrl":"https://x/t","ThumbUUID":"t","ThumbSize":2,"ThumbWidth":3,'
        '"ThumbHeight":4,"ThumbFormat":"JPG","ThumbDownloadFlag":2}',
        id="video",
    ),
    pytest.param(
        RELAY,
        "TIMRelayElem",
        '{"Title":"t","MsgNum":1,"CompatibleText":"c","AbstractList":["a"],"MsgList":[{"From_Account":"A",'
        '"GroupId":"g","MsgSeq":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"你"}},'
        '{"MsgType":"TIMFaceElem","MsgContent":{"Index":0}}]}]}',
        id="relay",
    ),
    pytest.param(RelayElem(json_msg_key="k"), "TIMRelayElem", '{"JsonMsgKey":"k"}', id="relay-key"),
    pytest.param(
        StreamElem(
            compatible_text="c", chunks=[StreamChunk(index=1, markdown="**a**", is_last=False)], stream_msg_id="id"
        ),
        "TIMStreamElem",
        '{"CompatibleText":"c","Chunks":[{"EventType":"data","Index":1,"Markdown":"**a**","IsLast":false}],'
        '"StreamMsgID":"id"}',
        id="stream",
    ),
    pytest.param(RawElem("TIMNewElem", {"A": [1, None, "你"]}), "TIMNewElem", '{"A":[1,null,"你"]}', id="raw"),
]

every_kind = pytest.mark.parametrize(("element", "msg_type", "content"), KINDS)


@every_kind
def test_wire_form_is_exact(element, msg_type, content):
    assert encode(element).decode() == f'{{"MsgType":"{msg_type}","MsgContent":{content}}}'
    assert element.msg_type == msg_type


@every_kind
def test_wire_form_is_read_back_as_the_same_element(element, msg_type, content):
    for type_ in (Element, type(element)):
        twin = decode(encode(element), type_)
        assert type(twin) is type(element)
        assert twin == element
        assert encode(twin) == encode(element)


@every_kind
def test_wire_form_passes_the_validator(element, msg_type, content):
    validate(validator(list[Element]), encode([element]))


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
@every_kind
def test_copies_are_equal(element, msg_type, content, clone):
    twin = clone(element)
    assert type(twin) is type(element)
    assert twin == element
    assert encode(twin) == encode(element)


@every_kind
def test_repr_names_class_and_given_fields_only(element, msg_type, content):
    shown = repr(element)
    assert shown.startswith(f"{type(element).__name__}(")
    if not isinstance(element, RawElem):
        assert "=None" not in shown.partition("[")[0]
        assert eval(shown) == element


def test_copy_of_a_raw_element_of_a_known_kind_stays_raw():
    raw = RawElem("TIMTextElem", {"Text": "a", "New": 1})
    twin = pickle.loads(pickle.dumps(raw))
    assert type(twin) is RawElem
    assert twin == raw


def test_different_elements_are_not_equal():
    assert TextElem("a") != TextElem("b")
    assert TextElem("a") != CustomElem(data="a")
    assert RawElem("A", {}) != RawElem("B", {})
    assert RawElem("A", {"X": 1}) == RawElem("A", {"X": 1})
    assert TextElem("a") != "a"
    assert len({TextElem("a"), TextElem("a"), TextElem("b")}) == 2


@pytest.mark.parametrize(
    ("element", "name"),
    [
        pytest.param(TextElem("a"), "text", id="field"),
        pytest.param(TextElem("a"), "msg_type", id="kind"),
        pytest.param(TextElem("a"), "txet", id="misspelt-field"),
        pytest.param(RawElem("TIMNewElem", {}), "msg_type", id="raw-kind"),
        pytest.param(RawElem("TIMNewElem", {}), "msg_content", id="raw-content"),
    ],
)
def test_elements_are_read_only(element, name):
    """An assignment that changes nothing on the wire must not pass in silence."""
    with pytest.raises(AttributeError):
        setattr(element, name, "b")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: TextElem(), "text", id="missing"),
        pytest.param(lambda: TextElem(txt="x"), "txt", id="misspelt"),
        pytest.param(lambda: SoundElem(url="x"), "uuid", id="missing-beside-preset"),
        pytest.param(lambda: FaceElem(1), "positional", id="positional"),
    ],
)
def test_wrong_arguments_are_type_errors(make, problem):
    with pytest.raises(TypeError, match=problem):
        make()


# Presets: fields that a new element has, and a decoded one only if they were sent.

PRESETS = [
    pytest.param(SoundElem(uuid="u"), ["download_flag"], ["Download_Flag"], id="sound"),
    pytest.param(FileElem(uuid="u"), ["download_flag"], ["Download_Flag"], id="file"),
    pytest.param(
        VideoFileElem(video_uuid="u"),
        ["video_download_flag", "thumb_download_flag"],
        ["VideoDownloadFlag", "ThumbDownloadFlag"],
        id="video",
    ),
]


@pytest.mark.parametrize(("element", "names", "wire_names"), PRESETS)
def test_new_media_element_says_fetch_from_the_address(element, names, wire_names):
    content = json.loads(encode(element))["MsgContent"]
    assert [getattr(element, name) for name in names] == [2] * len(names)
    assert [content[name] for name in wire_names] == [2] * len(names)


@pytest.mark.parametrize(("element", "names", "wire_names"), PRESETS)
def test_media_element_that_was_read_keeps_what_came(element, names, wire_names):
    wire = json.loads(encode(element))
    for name in wire_names:
        del wire["MsgContent"][name]
    read = decode(json.dumps(wire), Element)
    assert type(read) is type(element)
    assert [getattr(read, name) for name in names] == [None] * len(names)
    for twin in (read, copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert json.loads(encode(twin)) == wire
    for name in wire_names:
        wire["MsgContent"][name] = 1
    assert json.loads(encode(decode(json.dumps(wire), Element))) == wire


def test_given_flag_wins_over_the_preset():
    assert SoundElem(uuid="u", download_flag=1).download_flag == 1
    assert b"Download_Flag" not in encode(SoundElem(uuid="u", download_flag=None))


# Reading


def wire(msg_type, content):
    return json.dumps({"MsgType": msg_type, "MsgContent": content}, ensure_ascii=False).encode()


def test_file_name_in_the_tables_spelling_is_read_and_written_in_the_examples():
    read = decode(wire("TIMFileElem", {"UUID": "u", "fileName": "a.txt"}), Element)
    assert read == FileElem(uuid="u", file_name="a.txt", download_flag=None)
    assert json.loads(encode(read))["MsgContent"] == {"UUID": "u", "FileName": "a.txt"}


@pytest.mark.parametrize(
    ("msg_type", "content", "element"),
    [
        pytest.param("TIMFaceElem", {"Index": "7"}, FaceElem(index=7), id="integer"),
        pytest.param(
            "TIMLocationElem",
            {"Latitude": "1.5", "Longitude": 2},
            LocationElem(latitude=1.5, longitude=2.0),
            id="float",
        ),
        pytest.param(
            "TIMSoundElem", {"UUID": "u", "Size": "9", "Download_Flag": "2"}, SoundElem(uuid="u", size=9), id="optional"
        ),
        pytest.param(
            "TIMRelayElem",
            {"MsgList": [{"MsgSeq": "5", "MsgBody": [{"MsgType": "TIMFaceElem", "MsgContent": {"Index": "1"}}]}]},
            RelayElem(msg_list=[RelayMsg(msg_seq=5, msg_body=[FaceElem(index=1)])]),
            id="nested",
        ),
    ],
)
def test_numbers_may_come_as_text_but_are_not_sent_so(msg_type, content, element):
    data = wire(msg_type, content)
    assert decode(data, Element) == element
    with pytest.raises(UsageError, match="got `str`"):
        validate(validator(Element), data)


def test_unknown_fields_are_ignored_and_nulls_are_not_sent_on():
    data = b'{"MsgType":"TIMTextElem","MsgContent":{"Text":"a","New":[1,{}]},"Beside":null}'
    assert encode(decode(data, Element)) == encode(TextElem("a"))
    read = decode(wire("TIMCustomElem", {"Data": "d", "Desc": None, "Ext": None}), Element)
    assert json.loads(encode(read))["MsgContent"] == {"Data": "d"}


@pytest.mark.parametrize(
    "content", [{}, {"A": None, "B": [{"C": "你好"}]}, {"Text": 1}], ids=["empty", "deep", "field-of-a-known-kind"]
)
def test_unknown_kind_is_kept_as_it_is(content):
    read = decode(wire("TIMKindOfTomorrow", content), Element)
    assert read == RawElem("TIMKindOfTomorrow", content)
    assert (read.msg_type, read.msg_content) == ("TIMKindOfTomorrow", content)
    assert json.loads(encode(read)) == {"MsgType": "TIMKindOfTomorrow", "MsgContent": content}
    validate(validator(Element), encode(read))


WRONG_CONTENT = [
    pytest.param("TIMTextElem", {}, "", id="field-missing"),
    pytest.param("TIMTextElem", {"Text": 5}, ".Text", id="number-for-text"),
    pytest.param("TIMTextElem", {"Text": None}, ".Text", id="null-for-text"),
    pytest.param("TIMFaceElem", {"Index": "six"}, ".Index", id="text-for-number"),
    pytest.param("TIMFaceElem", {"Index": 1.5}, ".Index", id="fraction-for-integer"),
    pytest.param("TIMImageElem", {"UUID": "u", "ImageInfoArray": {}}, ".ImageInfoArray", id="object-for-list"),
    pytest.param(
        "TIMImageElem", {"UUID": "u", "ImageInfoArray": [{"Type": []}]}, ".ImageInfoArray[0].Type", id="inside-a-list"
    ),
]


@pytest.mark.parametrize(("msg_type", "content", "path"), WRONG_CONTENT)
def test_known_kind_with_wrong_content_is_read_raw(msg_type, content, path):
    read = decode(wire(msg_type, content), Element)
    assert read == RawElem(msg_type, content)
    assert json.loads(encode(read)) == {"MsgType": msg_type, "MsgContent": content}


@pytest.mark.parametrize(("msg_type", "content", "path"), WRONG_CONTENT)
def test_known_kind_with_wrong_content_is_not_sent(msg_type, content, path):
    request = SendMsg(to_account="bob", msg_body=[TextElem("a"), RawElem(msg_type, content)])
    with pytest.raises(UsageError) as caught:
        C2C.send.encode(request)
    assert caught.value.field.startswith("msg_body[1].msg_content")
    assert caught.value.field.replace("_", "").lower() == f"msgbody[1].msgcontent{path}".lower()


@pytest.mark.parametrize(("msg_type", "content", "path"), WRONG_CONTENT)
def test_reading_a_given_kind_refuses_wrong_content(msg_type, content, path):
    kind = {"TIMTextElem": TextElem, "TIMFaceElem": FaceElem, "TIMImageElem": ImageElem}[msg_type]
    with pytest.raises(UsageError) as caught:
        decode(wire(msg_type, content), kind)
    assert caught.value.field == f"MsgContent{path}"


def test_reading_a_given_kind_refuses_another():
    for other in ("TIMFaceElem", "TIMKindOfTomorrow"):
        with pytest.raises(UsageError, match=f"Invalid value '{other}'") as caught:
            decode(wire(other, {"Index": 1, "Text": "x"}), TextElem)
        assert caught.value.field == "MsgType"


def test_any_kind_can_be_read_raw():
    assert decode(wire("TIMTextElem", {"Text": "a"}), RawElem) == RawElem("TIMTextElem", {"Text": "a"})


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param(b"5", "[1]", id="number"),
        pytest.param(b"null", "[1]", id="null"),
        pytest.param(b"{}", "[1]", id="empty"),
        pytest.param(b'{"MsgType":"TIMTextElem"}', "[1]", id="no-content"),
        pytest.param(b'{"MsgContent":{}}', "[1]", id="no-kind"),
        pytest.param(b'{"MsgType":5,"MsgContent":{}}', "[1].MsgType", id="number-for-kind"),
        pytest.param(b'{"MsgType":"A","MsgContent":"x"}', "[1].MsgContent", id="text-for-content"),
        pytest.param(b'{"MsgType":"A","MsgContent":[]}', "[1].MsgContent", id="list-for-content"),
        pytest.param(b'{"MsgType":"A","MsgContent":null}', "[1].MsgContent", id="null-for-content"),
    ],
)
def test_what_is_no_element_is_refused_at_its_place(data, field):
    with pytest.raises(UsageError) as caught:
        decode(b"[" + encode(TextElem("a")) + b"," + data + b"]", list[Element])
    assert caught.value.field == field
    assert caught.value.__context__ is None


def test_answer_with_odd_elements_is_read_all_the_same():
    body = [
        {"MsgType": "TIMTextElem", "MsgContent": {"Text": 5}},
        {"MsgType": "TIMFaceElem", "MsgContent": {"Index": "7"}},
    ]
    answer = json.dumps({"ErrorCode": 0, "MsgList": [{"MsgBody": body}]}).encode()
    (message,) = C2C.get_roam_msgs.read_result(answer).msg_list
    assert message.msg_body == [RawElem("TIMTextElem", {"Text": 5}), FaceElem(index=7)]


# Relays


def nested(levels):
    element = TextElem("core")
    for _ in range(levels):
        element = RelayElem(msg_list=[RelayMsg(msg_body=[element])])
    return element


def test_relay_holds_elements_of_every_kind():
    body = [param.values[0] for param in KINDS]
    relay = RelayElem(msg_list=[RelayMsg(msg_body=body), RelayMsg(msg_body=[])])
    read = decode(encode(relay), Element)
    assert read == relay
    assert [type(element) for element in read.msg_list[0].msg_body] == [type(element) for element in body]


def test_relay_with_a_wrong_element_keeps_that_one_raw():
    inner = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": 5}}, {"MsgType": "TIMNew", "MsgContent": {}}]
    read = decode(wire("TIMRelayElem", {"MsgList": [{"MsgBody": inner}]}), Element)
    assert isinstance(read, RelayElem)
    assert read.msg_list[0].msg_body == [RawElem("TIMTextElem", {"Text": 5}), RawElem("TIMNew", {})]


def test_relay_with_a_wrong_element_is_not_sent():
    relay = RelayElem(msg_list=[RelayMsg(msg_body=[TextElem("a"), TextElem(5)])])
    with pytest.raises(UsageError) as caught:
        C2C.send.encode(SendMsg(to_account="bob", msg_body=[relay]))
    assert caught.value.field == "msg_body[0].msg_content.msg_list[0].msg_body[1].msg_content.text"


def test_relay_goes_as_deep_as_clients_allow():
    """Clients stop at 100 levels (8005)."""
    data = encode(nested(100))
    assert encode(decode(data, Element)) == data


def test_relay_of_absurd_depth_is_refused_in_order():
    levels = 20_000  # how deep Python follows differs between its versions, and none follows so deep
    inner = b'{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}'
    opening = b'{"MsgType":"TIMRelayElem","MsgContent":{"MsgList":[{"MsgBody":['
    data = opening * levels + inner + b"]}]}}" * levels
    with pytest.raises(UsageError):
        decode(data, Element)


# What can be sent


@pytest.mark.parametrize(
    ("element", "field"),
    [
        pytest.param(SoundElem(uuid="u"), "url", id="sound-url"),
        pytest.param(SoundElem(url="", uuid="u"), "url", id="sound-url-empty"),
        pytest.param(SoundElem(url="x", uuid=""), "uuid", id="sound-uuid-empty"),
        pytest.param(SoundElem(url="x", uuid="u", download_flag=1), "download_flag", id="sound-flag-1"),
        pytest.param(SoundElem(url="x", uuid="u", download_flag=None), "download_flag", id="sound-no-flag"),
        pytest.param(SoundElem(url="x", uuid="u", size=-1), "size", id="sound-size"),
        pytest.param(SoundElem(url="x", uuid="u", second=-1), "second", id="sound-second"),
        pytest.param(FileElem(uuid="u"), "url", id="file-url"),
        pytest.param(FileElem(url="x", uuid=""), "uuid", id="file-uuid"),
        pytest.param(FileElem(url="x", uuid="u", download_flag=0), "download_flag", id="file-flag-0"),
        pytest.param(FileElem(url="x", uuid="u", file_size=-1), "file_size", id="file-size"),
        *[
            pytest.param(
                VideoFileElem(
                    **{
                        "video_url": "x", "video_uuid": "u", "thumb_url": "x", "thumb_uuid": "u",
                        "thumb_width": 1, "thumb_height": 1, name: value,
                    }
                ),
                name,
                id=f"{name}-{value}",
            )
            for name, value in [
                ("video_url", None), ("video_uuid", ""), ("thumb_url", None), ("thumb_uuid", None),
                ("thumb_width", None), ("thumb_height", None), ("thumb_width", -1), ("thumb_height", -1),
                ("video_download_flag", 1), ("thumb_download_flag", None), ("video_size", -1), ("video_second", -1),
                ("thumb_size", -1),
            ]
        ],
        pytest.param(ImageElem(uuid="", image_info_array=IMAGE.image_info_array), "uuid", id="image-uuid"),
        pytest.param(ImageElem(uuid="u", image_info_array=[]), "image_info_array", id="image-no-sizes"),
        pytest.param(
            ImageElem(uuid="u", image_format=5, image_info_array=IMAGE.image_info_array),
            "image_format",
            id="image-format",
        ),
        *[
            pytest.param(
                ImageElem(
                    uuid="u",
                    image_info_array=[
                        ImageInfo(type=1, width=0, height=0, url="x"),
                        ImageInfo(**{"type": 2, "width": 0, "height": 0, "url": "x", name: value}),
                    ],
                ),
                f"image_info_array[1].{name}",
                id=f"image-{name}-{value}",
            )
            for name, value in [("type", 0), ("type", 4), ("url", None), ("url", ""), ("width", None), ("height", None)]
        ],
        pytest.param(RelayElem(title="t"), "msg_list", id="relay-nothing"),
        pytest.param(RelayElem(msg_list=[], json_msg_key="k"), "msg_list", id="relay-both"),
        pytest.param(RelayElem(msg_list=[RelayMsg(msg_body=[])]), "msg_list[0].msg_body", id="relay-empty-body"),
        pytest.param(
            RelayElem(msg_list=[RelayMsg(msg_body=[TextElem("a"), SoundElem(uuid="u")])]),
            "msg_list[0].msg_body[1].url",
            id="relay-incomplete",
        ),
        pytest.param(RawElem("", {}), "msg_type", id="raw-no-kind"),
    ],
)  # fmt: skip
def test_incomplete_element_is_refused_by_name(element, field):
    with pytest.raises(UsageError) as caught:
        C2C.send.encode(SendMsg(to_account="bob", msg_body=[TextElem("a"), element]))
    assert caught.value.field == f"msg_body[1].{field}"
    assert caught.value.__cause__ is None


@every_kind
def test_complete_element_can_be_sent(element, msg_type, content):
    body = C2C.send.encode(SendMsg(to_account="bob", msg_body=[element]))
    assert json.loads(body)["MsgBody"] == [json.loads(encode(element))]


# Any elements at all

texts = st.text(st.characters(codec="utf-8"))
numbers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def maybe(strategy):
    return st.none() | strategy


def elements(inner):
    relayed = st.builds(
        RelayMsg, from_account=maybe(texts), to_account=maybe(texts), group_id=maybe(texts), msg_seq=maybe(numbers),
        msg_random=maybe(numbers), msg_time_stamp=maybe(numbers), cloud_custom_data=maybe(texts),
        msg_body=st.lists(inner, max_size=3),
    )  # fmt: skip
    return st.builds(
        RelayElem, title=maybe(texts), msg_num=maybe(numbers), compatible_text=maybe(texts),
        abstract_list=maybe(st.lists(texts, max_size=3)), msg_list=maybe(st.lists(relayed, max_size=3)),
        json_msg_key=maybe(texts),
    )  # fmt: skip


leaves = st.one_of(
    st.builds(TextElem, texts),
    st.builds(LocationElem, desc=maybe(texts), latitude=floats, longitude=floats),
    st.builds(FaceElem, index=numbers, data=maybe(texts)),
    st.builds(CustomElem, data=maybe(texts), desc=maybe(texts), ext=maybe(texts), sound=maybe(texts)),
    st.builds(SoundElem, url=maybe(texts), uuid=texts, size=maybe(numbers), download_flag=maybe(numbers)),
    st.builds(FileElem, url=maybe(texts), uuid=texts, file_name=maybe(texts)),
    st.builds(
        ImageElem,
        uuid=texts,
        image_format=maybe(numbers),
        image_info_array=st.lists(
            st.builds(ImageInfo, type=numbers, url=maybe(texts), width=maybe(numbers)), max_size=3
        ),
    ),
    st.builds(VideoFileElem, video_uuid=texts, video_url=maybe(texts), thumb_width=maybe(numbers)),
    st.builds(StreamElem, chunks=st.lists(st.builds(StreamChunk, index=numbers, is_last=maybe(st.booleans())))),
    st.builds(RawElem, st.text(st.characters(codec="utf-8")).map("X-{}".format), st.dictionaries(texts, values)),
)


@given(st.lists(st.recursive(leaves, elements, max_leaves=6), max_size=5))
def test_any_elements_survive_the_wire(body):
    data = encode(body)
    read = decode(data, list[Element])
    assert read == body
    assert encode(read) == data
    assert pickle.loads(pickle.dumps(read)) == body
    validate(validator(list[Element]), data)


kinds = texts | st.sampled_from(["TIMTextElem", "TIMFaceElem", "TIMRelayElem"])
contents = st.dictionaries(texts | st.sampled_from(["Text", "Index", "MsgList"]), values)


@given(st.lists(st.fixed_dictionaries({"MsgType": kinds, "MsgContent": contents})))
def test_any_pairs_can_be_read_and_written(pairs):
    """For any contents, decoding does not fail, and encoding and decoding again gives the same."""
    read = decode(json.dumps(pairs), list[Element])
    assert [element.msg_type for element in read] == [pair["MsgType"] for pair in pairs]
    assert decode(encode(read), list[Element]) == read


def test_line_that_made_many_lists_makes_a_whole_element_too() -> None:
    """Python calls a class without its metaclass there."""

    def make(kind, value):
        return kind(value)

    for _ in range(1000):
        make(list, "hi")
    element = make(TextElem, "hi")
    assert element == TextElem("hi")
    assert element.text == "hi"
    assert encode(element) == b'{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}'
