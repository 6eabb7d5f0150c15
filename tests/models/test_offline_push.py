"""OfflinePushInfo: wire names, ranges, and the paths its errors name."""

import json

import pytest

from tim_async import decode, encode
from tim_async._api.wire import python_path
from tim_async.errors import UsageError
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg
from tim_async.models.elements import TextElem
from tim_async.models.offline_push import (
    AndroidInfo,
    ApnsInfo,
    HarmonyInfo,
    LiveActivity,
    MultiLanguageContent,
    OfflinePushInfo,
)

# Typed from the tables of the documents.
WIRE_NAMES = [
    pytest.param(
        OfflinePushInfo,
        "PushFlag Title Desc Ext MultiLanguageContent AndroidInfo ApnsInfo HarmonyInfo BadgeAddNum BadgeSetNum "
        "PushTemplateId PushTemplateParam",
        id="top",
    ),
    pytest.param(MultiLanguageContent, "Language Title Desc", id="language"),
    pytest.param(
        AndroidInfo,
        "Sound PushStyle XiaoMiChannelID OPPOChannelID OPPOCategory OPPONotifyLevel OPPOPrivateMsgTemplateId "
        "OPPOPrivateTitleParameters OPPOPrivateContentParameters VIVOClassification VIVOCategory VIVONotifyType "
        "HuaWeiChannelID HuaWeiImportance HuaWeiCategory HuaWeiImage ExtAsHuaweiIntentParam HonorImportance "
        "HonorImage GoogleChannelID GoogleImage GooglePriority MeiZuNoticeMsgType",
        id="android",
    ),
    pytest.param(
        ApnsInfo,
        "Sound BadgeMode Title SubTitle Image MutableContent InterruptionLevel ContentAvailable IsVoipPush "
        "LiveActivity",
        id="apns",
    ),
    pytest.param(LiveActivity, "LaId Event ContentState DismissalDate", id="live-activity"),
    pytest.param(HarmonyInfo, "Title Category Image Sound SoundDuration", id="harmony"),
]


def body_of(info):
    return C2C.send.encode(SendMsg(to_account="bob", msg_body=[TextElem("hi")], offline_push_info=info))


def sent(info):
    return json.loads(body_of(info))["OfflinePushInfo"]


@pytest.mark.parametrize(("struct", "names"), WIRE_NAMES)
def test_wire_names_are_those_of_the_tables(struct, names):
    assert set(struct.__struct_encode_fields__) == set(names.split())


@pytest.mark.parametrize(("struct", "names"), WIRE_NAMES)
def test_wire_names_turn_back_into_python_names(struct, names):
    for python, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        assert python_path(wire) == python


@pytest.mark.parametrize("struct", [OfflinePushInfo, AndroidInfo, ApnsInfo, HarmonyInfo])
def test_nothing_is_sent_for_what_was_not_given(struct):
    assert encode(struct()) == b"{}"


def test_zero_and_empty_text_are_sent():
    info = OfflinePushInfo(push_flag=0, title="", badge_set_num=0, android_info=AndroidInfo(push_style=0))
    assert sent(info) == {"PushFlag": 0, "Title": "", "BadgeSetNum": 0, "AndroidInfo": {"PushStyle": 0}}


def test_ext_stays_text_and_numbers_stay_numbers():
    info = OfflinePushInfo(ext='{"key":"值"}', badge_add_num=5)
    assert sent(info) == {"Ext": '{"key":"值"}', "BadgeAddNum": 5}


@pytest.mark.parametrize(
    ("info", "wire"),
    [
        pytest.param(
            OfflinePushInfo(push_template_param={"name": "值", "count": 3, "deep": [{"a": None}]}),
            {"PushTemplateParam": {"name": "值", "count": 3, "deep": [{"a": None}]}},
            id="push-template",
        ),
        pytest.param(
            OfflinePushInfo(android_info=AndroidInfo(oppo_private_title_parameters={"a": 1})),
            {"AndroidInfo": {"OPPOPrivateTitleParameters": {"a": 1}}},
            id="oppo-title",
        ),
        pytest.param(
            OfflinePushInfo(android_info=AndroidInfo(oppo_private_content_parameters={"a": "x"})),
            {"AndroidInfo": {"OPPOPrivateContentParameters": {"a": "x"}}},
            id="oppo-content",
        ),
        pytest.param(
            OfflinePushInfo(
                apns_info=ApnsInfo(live_activity=LiveActivity(la_id="x", event="update", content_state={"n": 1.5}))
            ),
            {"ApnsInfo": {"LiveActivity": {"LaId": "x", "Event": "update", "ContentState": {"n": 1.5}}}},
            id="live-activity",
        ),
        pytest.param(
            OfflinePushInfo(android_info=AndroidInfo(vivo_notify_type="4")),
            {"AndroidInfo": {"VIVONotifyType": "4"}},
            id="vivo-text",
        ),
        pytest.param(
            OfflinePushInfo(android_info=AndroidInfo(vivo_notify_type=4)),
            {"AndroidInfo": {"VIVONotifyType": 4}},
            id="vivo-number",
        ),
    ],
)
def test_open_values_are_sent_and_read_back(info, wire):
    assert sent(info) == wire
    assert decode(encode(info), OfflinePushInfo) == info


SECRET = "not-to-be-shown-text"


def activity(la_id):
    return OfflinePushInfo(apns_info=ApnsInfo(live_activity=LiveActivity(la_id=la_id, event="end", content_state={})))


def android(**fields):
    return OfflinePushInfo(android_info=AndroidInfo(**fields), title=SECRET)


def apns(**fields):
    return OfflinePushInfo(apns_info=ApnsInfo(**fields), title=SECRET)


def in_range(name, *values):
    return [pytest.param(OfflinePushInfo(**{name: value}), id=f"{name}-{value}") for value in values]


@pytest.mark.parametrize(
    "info",
    [
        *in_range("push_flag", 0, 1),
        *in_range("badge_add_num", 1, 99),
        *in_range("badge_set_num", 0, 999),
        *in_range("ext", "{}", '"text"', "1", "null", "plain text", "", '{"broken": }'),
        pytest.param(OfflinePushInfo(android_info=AndroidInfo(oppo_notify_level=1)), id="oppo-no-category"),
        pytest.param(OfflinePushInfo(harmony_info=HarmonyInfo(sound_duration=5)), id="harmony-no-sound"),
        pytest.param(OfflinePushInfo(harmony_info=HarmonyInfo(sound="a", sound_duration=1)), id="harmony-1-s"),
        pytest.param(OfflinePushInfo(harmony_info=HarmonyInfo(sound="a", sound_duration=60)), id="harmony-60-s"),
        *[
            pytest.param(
                OfflinePushInfo(android_info=AndroidInfo(oppo_category="IM", oppo_notify_level=level)),
                id=f"oppo-{level}",
            )
            for level in (1, 2, 16)
        ],
        pytest.param(
            OfflinePushInfo(
                apns_info=ApnsInfo(live_activity=LiveActivity(la_id="x" * 64, event="end", content_state={}))
            ),
            id="live-activity-64-bytes",
        ),
    ],
)
def test_values_at_the_edges_pass(info):
    assert sent(info)


@pytest.mark.parametrize(
    ("info", "field"),
    [
        pytest.param(OfflinePushInfo(push_flag=2), "push_flag", id="push-flag"),
        pytest.param(OfflinePushInfo(push_flag="0"), "push_flag", id="push-flag-text"),
        pytest.param(OfflinePushInfo(push_flag=True), "push_flag", id="push-flag-bool"),
        pytest.param(OfflinePushInfo(title=5), "title", id="title-number"),
        pytest.param(OfflinePushInfo(badge_add_num=0), "badge_add_num", id="badge-add-0"),
        pytest.param(OfflinePushInfo(badge_add_num=100), "badge_add_num", id="badge-add-100"),
        pytest.param(OfflinePushInfo(badge_set_num=-1), "badge_set_num", id="badge-set-negative"),
        pytest.param(OfflinePushInfo(badge_set_num=1000), "badge_set_num", id="badge-set-1000"),
        pytest.param(OfflinePushInfo(badge_set_num="7"), "badge_set_num", id="badge-set-text"),
        pytest.param(OfflinePushInfo(ext={"a": 1}), "ext", id="ext-object"),
        pytest.param(OfflinePushInfo(push_template_param="x"), "push_template_param", id="template-text"),
        pytest.param(android(push_style=2), "android_info.push_style", id="push-style"),
        pytest.param(
            android(oppo_notify_level=3, oppo_category="IM"), "android_info.oppo_notify_level", id="oppo-level"
        ),
        pytest.param(android(vivo_classification=2), "android_info.vivo_classification", id="vivo-classification"),
        pytest.param(android(ext_as_huawei_intent_param=2), "android_info.ext_as_huawei_intent_param", id="huawei"),
        pytest.param(android(mei_zu_notice_msg_type=2), "android_info.mei_zu_notice_msg_type", id="meizu"),
        pytest.param(android(oppo_channel_id=7), "android_info.oppo_channel_id", id="oppo-channel-number"),
        pytest.param(android(hua_wei_channel_id=7), "android_info.hua_wei_channel_id", id="huawei-channel-number"),
        pytest.param(apns(badge_mode=2), "apns_info.badge_mode", id="badge-mode"),
        pytest.param(apns(mutable_content=2), "apns_info.mutable_content", id="mutable-content"),
        pytest.param(apns(content_available=2), "apns_info.content_available", id="content-available"),
        pytest.param(apns(is_voip_push=2), "apns_info.is_voip_push", id="voip"),
        pytest.param(activity(""), "apns_info.live_activity.la_id", id="activity-empty"),
        pytest.param(activity("x" * 65), "apns_info.live_activity.la_id", id="activity-65-bytes"),
        pytest.param(activity("你" * 22), "apns_info.live_activity.la_id", id="activity-66-bytes-chinese"),
        pytest.param(activity(5), "apns_info.live_activity.la_id", id="activity-number"),
        pytest.param(
            OfflinePushInfo(harmony_info=HarmonyInfo(sound="a", sound_duration=0)),
            "harmony_info.sound_duration",
            id="harmony-0-s",
        ),
        pytest.param(
            OfflinePushInfo(harmony_info=HarmonyInfo(sound="a", sound_duration=61)),
            "harmony_info.sound_duration",
            id="harmony-61-s",
        ),
        pytest.param(
            OfflinePushInfo(multi_language_content=[MultiLanguageContent(language=1)]),
            "multi_language_content[0].language",
            id="language-number",
        ),
    ],
)
def test_refusal_names_the_path_and_shows_no_text(info, field):
    with pytest.raises(UsageError) as caught:
        body_of(info)
    assert caught.value.field == f"offline_push_info.{field}"
    assert f"offline_push_info.{field}".rpartition(".")[2] in str(caught.value)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    "info",
    [{"Title": "x"}, {}, "text", 5, [OfflinePushInfo()]],
    ids=["mapping", "empty-mapping", "text", "number", "list"],
)
def test_push_info_that_is_no_struct_is_refused(info):
    """A mapping with the right wire names included: it would go out unchecked."""
    with pytest.raises(UsageError) as caught:
        body_of(info)
    assert caught.value.field == "offline_push_info"


@pytest.mark.parametrize(
    ("info", "said"),
    [
        pytest.param(OfflinePushInfo(ext=SECRET), "ext is not JSON", id="ext"),
        pytest.param(android(oppo_notify_level=1), "oppo_notify_level without oppo_category", id="oppo"),
        pytest.param(
            OfflinePushInfo(harmony_info=HarmonyInfo(sound_duration=5)), "sound_duration without sound", id="harmony"
        ),
    ],
)
def test_what_a_vendor_may_not_take_is_sent_and_logged_once(info, said, caplog, monkeypatch):
    monkeypatch.setattr("tim_async._api.lints._logged", set())
    for _ in range(3):
        assert sent(info)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("tim_async", "WARNING")
    assert said in record.message
    assert SECRET not in record.message


def test_push_that_every_vendor_takes_is_not_worth_a_line(caplog):
    sent(OfflinePushInfo(ext="{}", android_info=AndroidInfo(oppo_notify_level=1, oppo_category="IM")))
    sent(OfflinePushInfo(harmony_info=HarmonyInfo(sound="a", sound_duration=5)))
    assert caplog.records == []
