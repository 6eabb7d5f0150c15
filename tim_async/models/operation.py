"""Statistics, message archives, the service's IP addresses, and chat files.

Source: I34886, I34885, I36742; C74775 to C74777.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from .._api.checks import check_choice, check_given, check_items, check_list
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError

# A number in the statistics: documented as text, accepted as a number too.
Figure = str | int | None


class GetAppInfo(Request, kw_only=True):
    """Query the app's statistics of the last 30 days. Source: I34886.

    Attributes:
        request_field: wire names of the figures to return, such as `ActiveUserNum`; absent is all.
    """

    request_field: Sequence[str] | None = None

    def check(self) -> None:
        """Check that the names are given as a list."""
        check_list("request_field", self.request_field)


class AppFigures(WireStruct, kw_only=True):
    """The statistics of one day; those that were not requested are None.

    Attributes:
        apns_msg_num: notifications by Apple's push service.
        active_user_num: active users.
        app_id: the app.
        app_name: its name.
        c2c_apns_msg_num: notifications for one-to-one messages among them.
        c2c_down_msg_num: one-to-one messages delivered.
        c2c_send_msg_user_num: users who sent one-to-one messages.
        c2c_up_msg_num: one-to-one messages sent.
        call_back_req: webhook calls.
        call_back_rsp: answers to them.
        chain_decrease: friendships that ended.
        chain_increase: friendships that began.
        company: the company.
        date: the day, as in 20160607.
        down_msg_num: messages that were delivered.
        group_apns_msg_num: notifications for group messages among them.
        group_all_group_num: existing groups.
        group_destroy_group_num: disbanded groups.
        group_down_msg_num: group messages delivered.
        group_join_group_times: number of times a group was joined.
        group_new_group_num: groups created.
        group_quit_group_times: number of times a group was left.
        group_send_msg_group_num: groups with messages.
        group_send_msg_user_num: users who sent group messages.
        group_up_msg_num: group messages sent.
        login_times: the number of logins.
        login_user_num: users who logged in.
        max_online_num: maximum number of users online at the same time.
        regist_user_num_one_day: users who registered.
        regist_user_num_total: total number of users.
        send_msg_user_num: users who sent messages.
        up_msg_num: messages sent.
    """

    apns_msg_num: Figure = None
    active_user_num: Figure = None
    app_id: Figure = None
    app_name: str | None = None
    c2c_apns_msg_num: Figure = None
    c2c_down_msg_num: Figure = None
    c2c_send_msg_user_num: Figure = None
    c2c_up_msg_num: Figure = None
    call_back_req: Figure = None
    call_back_rsp: Figure = None
    chain_decrease: Figure = None
    chain_increase: Figure = None
    company: str | None = None
    date: Figure = None
    down_msg_num: Figure = None
    group_apns_msg_num: Figure = None
    group_all_group_num: Figure = None
    group_destroy_group_num: Figure = None
    group_down_msg_num: Figure = None
    group_join_group_times: Figure = None
    group_new_group_num: Figure = None
    group_quit_group_times: Figure = None
    group_send_msg_group_num: Figure = None
    group_send_msg_user_num: Figure = None
    group_up_msg_num: Figure = None
    login_times: Figure = None
    login_user_num: Figure = None
    max_online_num: Figure = None
    regist_user_num_one_day: Figure = None
    regist_user_num_total: Figure = None
    send_msg_user_num: Figure = None
    up_msg_num: Figure = None


class AppInfo(Result, kw_only=True):
    """The app's statistics. Source: I34886.

    Attributes:
        result: one entry per day.
    """

    result: list[AppFigures] = msgspec.field(default_factory=list)


class GetHistory(Request, kw_only=True):
    """Get the archive of an hour. Source: I34885.

    Attributes:
        chat_type: C2C for one-to-one messages, Group for group messages.
        msg_time: the hour in China time, such as 2015120121 for 21:00 to 22:00.
    """

    chat_type: Literal["C2C", "Group"]
    msg_time: str

    def check(self) -> None:
        """Check kind and hour."""
        check_choice("chat_type", self.chat_type, ("C2C", "Group"))
        if not _is_hour(self.msg_time):
            raise UsageError("msg_time must be an hour such as 2015120121: year, month, day, hour", field="msg_time")


def _is_hour(text: str) -> bool:
    if len(text) != 10 or not (text.isascii() and text.isdecimal()):
        return False
    try:
        datetime.strptime(text, "%Y%m%d%H")  # noqa: DTZ007 - only asked whether there is such an hour
    except ValueError:
        return False
    return True


class ArchiveFile(WireStruct, kw_only=True):
    """A file of an archive: gzipped JSON.

    Attributes:
        url: where to download it.
        expire_time: when the URL expires, as text.
        file_size: bytes before gzip.
        file_md5: MD5 before gzip.
        gzip_size: bytes of the file.
        gzip_md5: MD5 of the file.
    """

    url: str = msgspec.field(name="URL", default_factory=lambda: "")
    expire_time: str = always("")
    file_size: int = always(0)
    file_md5: str = always("")
    gzip_size: int = always(0)
    gzip_md5: str = always("")


class Archive(Result, kw_only=True):
    """The archive of an hour. Source: I34885.

    Attributes:
        file: its files.
    """

    file: list[ArchiveFile] = msgspec.field(default_factory=list)


class IPList(Result, kw_only=True):
    """The service's IP addresses. Source: I36742.

    Attributes:
        ip_list: IP addresses that webhooks come from.
    """

    ip_list: list[str] = msgspec.field(default_factory=list)


class ChatFile(Request, kw_only=True):
    """A chat file to block or unblock. Source: C74775, C74776.

    Attributes:
        raw_url: its URL, as in the message.
    """

    raw_url: str

    def check(self) -> None:
        """Check that the URL is given."""
        check_given("raw_url", self.raw_url)


class FileToSign(WireStruct, kw_only=True):
    """A file whose URL is to be signed.

    Attributes:
        resource_id: the caller's number for it.
        raw_url: its URL, as in the message.
    """

    resource_id: int
    raw_url: str


class SignFiles(Request, kw_only=True):
    """Get URLs for downloading files. Source: C74777.

    Attributes:
        raw_urls: the files.
    """

    raw_urls: Sequence[FileToSign]

    def check(self) -> None:
        """Check that there are files with URLs."""
        check_items("raw_urls", self.raw_urls, 1, 2**31)
        for index, item in enumerate(self.raw_urls):
            check_given(f"raw_urls[{index}].raw_url", item.raw_url)


class SignedFile(WireStruct, kw_only=True):
    """A file with its signed URL.

    Attributes:
        resource_id: the caller's number for it.
        code: 0 if it was signed.
        desc: the reason if it was not.
        pre_sig_url: the signed URL, valid for 15 minutes.
        status: 0 normal, 1 blocked.
    """

    resource_id: int = always(0)
    code: int = always(0)
    desc: str = always("")
    pre_sig_url: str = always("")
    status: int = always(0)


class SignedFiles(PartialResult, kw_only=True):
    """Files with their signed URLs. Source: C74777.

    Attributes:
        pre_sig_urls: one entry per file; find one by its `resource_id`.
    """

    pre_sig_urls: list[SignedFile] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[SignedFile]:
        """The files that were not signed."""
        return [file for file in self.pre_sig_urls if file.code != 0]
