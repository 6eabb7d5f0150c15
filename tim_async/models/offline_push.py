"""Offline push settings of a message. Source: I33527 (2023), I77715 (2026). Everything is optional."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from .._api.checks import check_choice, check_range
from .._api.lints import log_lints
from .._api.wire import WireStruct
from ..errors import UsageError


class MultiLanguageContent(WireStruct, kw_only=True):
    """Title and text for one language, selected by the device's language (SDK 8.5.6870 or later).

    Attributes:
        language: such as `zh` or `en`.
        title: notification title.
        desc: notification text.
    """

    language: str
    title: str | None = None
    desc: str | None = None


class AndroidInfo(WireStruct, kw_only=True):
    """Settings for the Android vendors.

    Attributes:
        sound: sound file name without suffix.
        push_style: 0 default, 1 large text (Huawei, Honor, OPPO).
        xiao_mi_channel_id: Xiaomi channel, overrides the console.
        oppo_channel_id: OPPO channel, overrides the console.
        oppo_category: OPPO message class, such as IM or MARKETING.
        oppo_notify_level: 1 bar, 2 bar and lock screen, 16 all; OPPO requires `oppo_category` with it.
        oppo_private_msg_template_id: OPPO private-message template.
        oppo_private_title_parameters: values for the template's title.
        oppo_private_content_parameters: values for the template's text.
        vivo_classification: 0 operation, 1 system (default).
        vivo_category: vivo message class, takes precedence over the classification.
        vivo_notify_type: "1" none, "2" ring, "3" vibrate, "4" both (default).
        hua_wei_channel_id: Huawei channel.
        hua_wei_importance: LOW or NORMAL.
        hua_wei_category: Huawei message class.
        hua_wei_image: https URL of an icon under 512 KB.
        ext_as_huawei_intent_param: 1 Ext as intent parameter, 0 as action (only in the 2023 table).
        honor_importance: LOW or NORMAL.
        honor_image: https URL of an icon under 512 KB.
        google_channel_id: FCM channel.
        google_image: URL of an image of at most 1 MB.
        google_priority: normal or high.
        mei_zu_notice_msg_type: 0 official, 1 private.
    """

    sound: str | None = None
    push_style: Literal[0, 1] | None = None
    xiao_mi_channel_id: str | None = None
    oppo_channel_id: str | None = None
    oppo_category: str | None = None
    oppo_notify_level: Literal[1, 2, 16] | None = None
    oppo_private_msg_template_id: str | None = None
    oppo_private_title_parameters: dict[str, object] | None = None
    oppo_private_content_parameters: dict[str, object] | None = None
    vivo_classification: Literal[0, 1] | None = None
    vivo_category: str | None = None
    vivo_notify_type: str | int | None = None
    hua_wei_channel_id: str | None = None
    hua_wei_importance: str | None = None
    hua_wei_category: str | None = None
    hua_wei_image: str | None = None
    ext_as_huawei_intent_param: Literal[0, 1] | None = None
    honor_importance: str | None = None
    honor_image: str | None = None
    google_channel_id: str | None = None
    google_image: str | None = None
    google_priority: str | None = None
    mei_zu_notice_msg_type: Literal[0, 1] | None = None


class LiveActivity(WireStruct, kw_only=True):
    """An iOS live activity.

    Attributes:
        la_id: at most 64 bytes.
        event: update or end.
        content_state: the activity's own data.
        dismissal_date: unix seconds, for `end`.
    """

    la_id: str
    event: str
    content_state: dict[str, object]
    dismissal_date: int | None = None


class ApnsInfo(WireStruct, kw_only=True):
    """Settings for Apple's push service.

    Attributes:
        sound: sound file with suffix, up to 30 s.
        badge_mode: 0 counts (default for chat), 1 does not.
        title: replaces the top title.
        sub_title: second line.
        image: image URL for the client.
        mutable_content: 1 turns on the iOS 10 extension.
        interruption_level: active, critical, passive or time-sensitive (iOS 15).
        content_available: 1 is a silent push.
        is_voip_push: 1 is a VoIP push; falls back to a normal one without a VoIP token.
        live_activity: update or end a live activity.
    """

    sound: str | None = None
    badge_mode: Literal[0, 1] | None = None
    title: str | None = None
    sub_title: str | None = None
    image: str | None = None
    mutable_content: Literal[0, 1] | None = None
    interruption_level: str | None = None
    content_available: Literal[0, 1] | None = None
    is_voip_push: Literal[0, 1] | None = None
    live_activity: LiveActivity | None = None


class HarmonyInfo(WireStruct, kw_only=True):
    """Settings for HarmonyOS.

    Attributes:
        title: replaces the top title.
        category: message class.
        image: https URL.
        sound: file under rawfile.
        sound_duration: 1 to 60 seconds, only with `sound`.
    """

    title: str | None = None
    category: str | None = None
    image: str | None = None
    sound: str | None = None
    sound_duration: int | None = None


class OfflinePushInfo(WireStruct, kw_only=True):
    """Offline push settings; they override those inside a custom element.

    Attributes:
        push_flag: 0 push (default), 1 no offline push.
        title: for iOS and Android.
        desc: text, overrides the elements' push text.
        ext: passthrough; any text, but some Android vendors drop a push whose text is not JSON; about 1 KB recommended.
        multi_language_content: titles and texts by language.
        android_info: Android vendors.
        apns_info: Apple.
        harmony_info: HarmonyOS.
        badge_add_num: 1 to 99, added to the badge; `badge_set_num` takes precedence.
        badge_set_num: badge value, 0 to 999 (vendors other than Apple: 0 to 99).
        push_template_id: template created in the console.
        push_template_param: values for the template's own variables.
    """

    push_flag: Literal[0, 1] | None = None
    title: str | None = None
    desc: str | None = None
    ext: str | None = None
    multi_language_content: list[MultiLanguageContent] | None = None
    android_info: AndroidInfo | None = None
    apns_info: ApnsInfo | None = None
    harmony_info: HarmonyInfo | None = None
    badge_add_num: int | None = None
    badge_set_num: int | None = None
    push_template_id: str | None = None
    push_template_param: dict[str, object] | None = None

    def check(self, field: str = "offline_push_info") -> None:
        """Check ranges; raise `UsageError` whose `field` is the path below the request."""
        check_choice(f"{field}.push_flag", self.push_flag, (0, 1))
        check_range(f"{field}.badge_add_num", self.badge_add_num, 1, 99)
        check_range(f"{field}.badge_set_num", self.badge_set_num, 0, 999)
        android, apns, harmony = self.android_info, self.apns_info, self.harmony_info
        if android is not None:
            where = f"{field}.android_info"
            check_choice(f"{where}.push_style", android.push_style, (0, 1))
            check_choice(f"{where}.oppo_notify_level", android.oppo_notify_level, (1, 2, 16))
            check_choice(f"{where}.vivo_classification", android.vivo_classification, (0, 1))
            check_choice(f"{where}.ext_as_huawei_intent_param", android.ext_as_huawei_intent_param, (0, 1))
            check_choice(f"{where}.mei_zu_notice_msg_type", android.mei_zu_notice_msg_type, (0, 1))
        if apns is not None:
            where = f"{field}.apns_info"
            for name in ("badge_mode", "mutable_content", "content_available", "is_voip_push"):
                check_choice(f"{where}.{name}", getattr(apns, name), (0, 1))
            if apns.live_activity is not None and not 1 <= len(apns.live_activity.la_id.encode()) <= 64:
                raise UsageError(
                    f"{where}.live_activity.la_id must have 1 to 64 bytes", field=f"{where}.live_activity.la_id"
                )
        if harmony is not None and harmony.sound_duration is not None:
            where = f"{field}.harmony_info"
            check_range(f"{where}.sound_duration", harmony.sound_duration, 1, 60)
        log_lints(self.lints())

    def lints(self) -> Iterator[str]:
        """Yield settings that the service accepts and a vendor may not (I33527, I77715, C133879)."""
        if self.ext is not None and not _is_json(self.ext):
            yield "the push's ext is not JSON: some Android vendors drop such a push"
        android, harmony = self.android_info, self.harmony_info
        if android is not None and android.oppo_notify_level is not None and android.oppo_category is None:
            yield "oppo_notify_level without oppo_category: OPPO requires both"
        if harmony is not None and harmony.sound_duration is not None and harmony.sound is None:
            yield "sound_duration without sound: HarmonyOS uses it for a sound of the app only"


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, TypeError):  # a value that is not text is refused by its type
        return False
    return True
