"""The error codes that the emulator answers with, named by service.

    raise Refusal(GroupCode.NOT_FOUND, f"group {group_id!r} does not exist")

A number means different things in different services, so each scope of the catalogue (`tim_async._codes`) has its own
class, with the names of the catalogue. Each handler's module says at the top which request is refused with which code.
Source: I34348 (the table of all codes), and the documents named at each class.
"""

from __future__ import annotations

from typing import Final


class CommonCode:
    """Codes of the gateway, which every service can answer with (rest-overview), and of webhooks (I34364)."""

    HTTP_PARSE_FAILED: Final = 60002
    JSON_PARSE_FAILED: Final = 60003
    REST_RATE_LIMITED: Final = 60007
    REST_TIMEOUT_OR_BAD_HTTP: Final = 60008
    UNKNOWN_RESOURCE: Final = 60009
    ADMIN_REQUIRED: Final = 60010
    SDKAPPID_MISSING: Final = 60012
    ACCOUNT_NOT_STRING: Final = 60015
    URL_PARAMS_INVALID: Final = 60025
    MESSAGE_TOO_LONG: Final = 80002
    BEFORE_SEND_WEBHOOK_FAILED: Final = 80003


class AccountCode:
    """Codes of accounts and UserSigs; those of a UserSig itself come from `usersig`."""

    SDKAPPID_NOT_FOUND: Final = 70020
    ACCOUNT_NOT_IMPORTED: Final = 70107
    PARAMS_INVALID: Final = 70402
    INTERNAL_ERROR: Final = 70500


class MessageCode:
    """Codes of one-to-one messages (I34919, I34920); history, receipts and pushes share some of them."""

    PACKET_INVALID: Final = 20001
    ACCOUNT_INVALID: Final = 20003
    WEBHOOK_FORBID: Final = 20006
    C2C_BLACKLISTED: Final = 20007
    RECALL_NOT_FOUND: Final = 20022
    ALREADY_RECALLED: Final = 20023
    JSON_INVALID: Final = 90001
    MSGBODY_INVALID: Final = 90002
    TO_ACCOUNT_INVALID: Final = 90003
    MSGSEQ_INVALID: Final = 90004
    MSGRANDOM_INVALID: Final = 90005
    MSGTIMESTAMP_INVALID: Final = 90006
    MSGBODY_NOT_ARRAY: Final = 90007
    FROM_ACCOUNT_INVALID: Final = 90008
    ADMIN_REQUIRED: Final = 90009
    FORMAT_INVALID: Final = 90010
    TOO_MANY_RECIPIENTS: Final = 90011
    TO_ACCOUNT_NOT_FOUND: Final = 90012
    MSGLIFETIME_INVALID: Final = 90026
    TO_ACCOUNT_NOT_ARRAY: Final = 90028
    TO_ACCOUNT_EMPTY: Final = 90029
    SYNCFROMOLDSYSTEM_INVALID: Final = 90030
    SYNCOTHERMACHINE_INVALID: Final = 90031
    OFFLINEPUSHINFO_INVALID: Final = 90043
    MSGLIFETIME_NOT_INTEGER: Final = 90044
    ACCOUNT_NOT_FOUND: Final = 90048
    MSGKEY_INVALID: Final = 90054
    BATCH_MESSAGE_RATE_LIMITED: Final = 90057
    INTERNAL_ERROR: Final = 91000
    JSON_TOO_LONG: Final = 93000


class ExtensionCode:
    """Codes of the key/value pairs of a message (I51194, I51195, I52169, I52170)."""

    PARAMS_INVALID: Final = 10004
    SEQ_CONFLICT: Final = 23001
    UNSUPPORTED: Final = 23002
    RATE_LIMITED: Final = 23003
    MESSAGE_NOT_FOUND: Final = 23004


class GroupCode:
    """Codes of groups and communities; chatbots and filter words, which have no table of their own, share some."""

    INTERNAL_ERROR: Final = 10002
    PARAMS_INVALID: Final = 10004
    TOO_MANY_ACCOUNTS: Final = 10005
    NO_PERMISSION: Final = 10007
    NOT_FOUND: Final = 10010
    JSON_INVALID: Final = 10011
    FULL: Final = 10014
    ID_INVALID: Final = 10015
    WEBHOOK_REJECTED: Final = 10016
    SENDER_MUTED: Final = 10017
    ANSWER_TOO_LONG: Final = 10018
    ACCOUNT_NOT_FOUND: Final = 10019
    ID_TAKEN: Final = 10021
    MESSAGE_RATE_LIMITED: Final = 10023
    ID_TAKEN_BY_OWNER: Final = 10025
    RECALL_NOT_FOUND: Final = 10030
    RECALL_TOO_LATE: Final = 10031
    RECALL_UNSUPPORTED: Final = 10032
    MEMBER_LIMIT: Final = 10038
    ATTR_KEY_TOO_LONG: Final = 10045
    ATTR_VALUE_TOO_LONG: Final = 10046
    ATTR_TOO_MANY_KEYS: Final = 10047
    ATTR_TOTAL_TOO_LONG: Final = 10048
    ATTR_RATE_LIMITED: Final = 10049
    ATTR_NOT_FOUND: Final = 10050
    AT_LIMIT: Final = 10053
    RECEIPT_TOO_MANY_MEMBERS: Final = 10060
    RECEIPT_ONLINE_MESSAGE: Final = 10061
    RECEIPT_NOT_FOUND: Final = 10062
    COUNTER_LIMIT: Final = 10063
    TOPIC_DELETED: Final = 110003
    PERMISSION_GROUP_NOT_FOUND: Final = 110006


class SnsCode:
    """Codes of friends, block lists and follows."""

    PARAMS_INVALID: Final = 30001
    ACCOUNT_NOT_FOUND: Final = 30003
    ADD_FORBIDDEN: Final = 30009
    FRIEND_LIMIT: Final = 30010
    GROUP_LIMIT: Final = 30011
    PENDING_LIMIT: Final = 30012
    BLACKLIST_LIMIT: Final = 30013
    PEER_FRIEND_LIMIT: Final = 30014
    PEER_IN_OWN_BLACKLIST: Final = 30515
    PEER_DENIES_ALL: Final = 30516
    IN_PEER_BLACKLIST: Final = 30525
    PENDING_CONFIRM: Final = 30539
    NOT_FRIEND: Final = 31704
    # 38000 to 39000 are the app's own (webhooks, "custom refusal codes"); this one means a refusal without a code.
    WEBHOOK_REJECTED: Final = 38000


class ProfileCode:
    """Codes of profiles."""

    PARAMS_INVALID: Final = 40001
    ACCOUNT_MISSING: Final = 40002
    ACCOUNT_NOT_FOUND: Final = 40003
    TAG_UNKNOWN: Final = 40009
    VALUE_TOO_LONG: Final = 40601
    VALUE_INVALID: Final = 40605
    VALUE_TYPE_INVALID: Final = 40610


class ConversationCode:
    """Codes of conversation lists, conversation groups and marks."""

    ACCOUNT_NOT_FOUND: Final = 50001
    PARAMS_INVALID: Final = 50002
    MARK_COUNT_INVALID: Final = 51006
    GROUP_CHECK_FAILED: Final = 51007
    MARKED_LIMIT: Final = 51008
    GROUP_NOT_FOUND: Final = 51009
    GROUP_LIMIT: Final = 51010
    GROUP_NAME_TOO_LONG: Final = 51011
    PIN_LIMIT: Final = 51012


class PushCode:
    """Codes of pushes, their attributes and tags (I37166 to I37175, I67553, I78841)."""

    TOO_MANY_ACCOUNTS: Final = 90018
    TAG_TOO_LONG_50: Final = 90020
    TAGS_OR_AND_DUPLICATE: Final = 90022
    TOO_FREQUENT: Final = 90024
    TOO_MANY_TAGS: Final = 90032
    ATTRIBUTE_INVALID: Final = 90033
    TAG_TOO_LONG: Final = 90034
    TAG_AND_ATTRIBUTE_TOGETHER: Final = 90039
    TAG_EMPTY: Final = 90040
    DAILY_LIMIT: Final = 90047
    TASK_NOT_FOUND: Final = 90049
    ALREADY_RECALLED: Final = 90050
    RECALL_RATE_LIMITED: Final = 90051
    RECALL_TOO_LATE: Final = 90052
    BODY_TOO_LONG: Final = 90056
    SCHEDULE_INVALID: Final = 90104
    SCHEDULE_DISPATCHED: Final = 90107


class ModerationCode:
    """Codes of moderation and its word lists (I77827, I77831, C94302)."""

    PARAMS_INVALID: Final = 2003
    UNAUTHORIZED: Final = 2004
    TOO_MANY_KEYWORDS: Final = 2016
    KEYWORD_DELETE_FAILED: Final = 2100
    CONTENT_TOO_LONG: Final = 93000
    INTERNAL_ERROR: Final = 93001
    BATCH_KIND: Final = 93005
    BATCH_DUPLICATE_ID: Final = 93007
    BATCH_TOO_MANY: Final = 93008


class MuteCode:
    """Codes of the app-wide mute (I34923, I34924) and of the figures of the app (I34886), which share a service."""

    JSON_INVALID: Final = 130001
    GET_ACCOUNT_MISSING: Final = 130002
    GET_ACCOUNT_INVALID: Final = 130003
    SET_ACCOUNT_MISSING: Final = 130004
    SET_ACCOUNT_INVALID: Final = 130005
    TIMES_MISSING: Final = 130008
    SYSTEM_ERROR: Final = 130014


class OfficialAccountCode:
    """Codes of official accounts."""

    NOT_FOUND: Final = 130004
    ID_INVALID: Final = 130007
    ID_TAKEN: Final = 130008
    NOT_SUBSCRIBED: Final = 131003


class OperationCode:
    """Codes of the archive of messages (I34885)."""

    PARAMS_INVALID: Final = 1002
    SYSTEM_ERROR: Final = 1003
    FILE_NOT_READY: Final = 1004
    FILE_EXPIRED: Final = 1005
