"""What the pages that are made from the code say, in both languages."""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """The words of one language, and the code that Sphinx has for it.

    Attributes:
        code: Sphinx's name of the language.
        units: how units of numbers are called, where that is not what the texts of fields call them.
        other: the folder of the other language.
        other_name: how the other language calls itself.
    """

    code: str
    other: str
    other_name: str
    site_title: str
    answer: str
    no_fields: str
    colon: str
    field: str
    attribute: str
    type: str
    meaning: str
    required: str
    filled_in: str
    one_of: str
    range: str
    at_least: str
    at_most: str
    elements: str
    offline_push: str
    units: dict[str, str]
    errors: str
    errors_text: str
    error_code: str
    to_do: str
    texts_in_english: str
    elements_title: str
    elements_text: str
    offline_push_title: str
    settings_title: str
    setting: str
    default: str
    events_title: str
    events_text: str
    errors_title: str
    broader: str
    narrower: str
    topic: str
    scopes: dict[str, str]

    @property
    def folder(self) -> str:
        """The folder of the language."""
        return "en" if self.code == "en" else "zh"

    @property
    def is_chinese(self) -> bool:
        """Whether titles and meanings are shown in Chinese where they are known."""
        return self.folder == "zh"

    def bounds(self, low: float | None, high: float | None) -> str:
        """Return the range of a number, of which at least one end is known."""
        form = self.range if None not in (low, high) else self.at_least if high is None else self.at_most
        return form.format(low=low, high=high)


_EN: Final = Words(
    code="en",
    other="zh",
    other_name="中文",
    site_title="tim-async",
    answer="Answer",
    no_fields="It has no fields.",
    colon=": ",
    field="Field",
    attribute="Attribute",
    type="Type",
    meaning="Meaning",
    required="required",
    filled_in="filled in by the library",
    one_of="one of {choices}",
    range="{low} to {high}",
    at_least="at least {low}",
    at_most="at most {high}",
    elements="message elements: see [Message elements](elements.md)",
    offline_push="see [Offline push](offline-push.md)",
    units={},
    errors="Error codes",
    errors_text=(
        "Every code of the service that is known, by the kind of command that answers with it. "
        "`tim-async explain CODE` says the same in a terminal."
    ),
    error_code="Code",
    to_do="What to do",
    texts_in_english="",
    elements_title="Message elements",
    elements_text=(
        "What a message consists of, by `MsgType`; the fields are those of `MsgContent`. "
        "Every kind has a class of the same fields in `tim_async`, such as `TextElem`; `RawElem` carries any other."
    ),
    offline_push_title="Offline push",
    settings_title="Settings",
    setting="Setting",
    default="Default",
    events_title="Webhook events",
    events_text="What the service sends to your webhook, by `CallbackCommand`, with the fields of the event's struct.",
    errors_title="Errors",
    broader="is a",
    narrower="narrower",
    topic="topic",
    scopes={
        "account": "Accounts and signatures",
        "common": "All commands",
        "conversation": "Conversations",
        "file": "Files",
        "global_mute": "App-wide mute",
        "group": "Groups",
        "moderation": "Moderation",
        "msg_ext": "Message extensions",
        "official_account": "Official accounts",
        "operation": "Operations",
        "profile": "Profiles",
        "push": "Push",
        "access": "Access to the service",
        "sendmsg": "One-to-one messages",
        "sns": "Friends and block list",
    },
)

_ZH: Final = Words(
    code="zh_CN",
    other="en",
    other_name="English",
    site_title="tim-async",
    answer="应答包字段",
    no_fields="没有字段。",
    colon="：",
    field="字段",
    attribute="属性",
    type="类型",
    meaning="说明",
    required="必填",
    filled_in="由本库填写",
    one_of="取值：{choices}",
    range="{low} 到 {high}",
    at_least="至少 {low}",
    at_most="最多 {high}",
    elements="消息元素，见[消息元素](elements.md)",
    offline_push="见[离线推送](offline-push.md)",
    units={
        "bytes": "字节",
        "degrees": "度",
        "items": "项",
        "pixels": "像素",
        "seconds": "秒",
        "unix seconds": "秒（UNIX 时间戳）",
    },
    errors="错误码",
    errors_text="服务端所有已知的错误码，按接口类别排列。在终端里用 `tim-async explain 错误码` 可以查到同样的内容。",
    error_code="错误码",
    to_do="处理方法",
    texts_in_english="字段说明为英文，中文说明见官方文档。",
    elements_title="消息元素",
    elements_text=(
        "消息由哪些元素组成，按 `MsgType` 排列，字段属于 `MsgContent`。"
        "`tim_async` 里有同名字段的类，例如 `TextElem`；其他类型用 `RawElem`。"
    ),
    offline_push_title="离线推送",
    settings_title="配置项",
    setting="配置项",
    default="默认值",
    events_title="回调事件",
    events_text="服务端发给第三方回调的事件，按 `CallbackCommand` 排列，以及对应结构体的字段。",
    errors_title="异常",
    broader="上级异常",
    narrower="下级异常",
    topic="名称",
    scopes={
        "account": "账号与签名",
        "common": "所有接口",
        "conversation": "会话",
        "file": "文件",
        "global_mute": "全局禁言",
        "group": "群组",
        "moderation": "云端审核",
        "msg_ext": "消息扩展",
        "official_account": "公众号",
        "operation": "运营管理",
        "profile": "资料",
        "push": "推送",
        "access": "接入",
        "sendmsg": "单聊消息",
        "sns": "关系链",
    },
)

LANGUAGES: Final = {"en": _EN, "zh": _ZH}
