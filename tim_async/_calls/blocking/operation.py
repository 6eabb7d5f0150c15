"""Statistics, message archives, the service's IP addresses, and chat files.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families.operation import Operation
from ...models.common import Empty
from ...models.operation import AppInfo, Archive, FileToSign, IPList, SignedFiles


class BlockingOperationCalls(BlockingFamily[Operation], table=Operation):
    """Statistics, message archives, the service's IP addresses, and chat files."""

    def get_app_info(
        self,
        *,
        request_field: Sequence[str] | None = None,
    ) -> AppInfo:
        """Read the app's statistics of the last 30 days.

        Daily operation figures of the last 30 days, 拉取运营数据: `openconfigsvr/getappinfo`.

        Args:
            request_field: wire names of the figures to return, such as `ActiveUserNum`; absent is all.

        Returns:
            AppInfo: the app's statistics.
                result: one entry per day.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            130001: Global mute / operation data: the JSON body cannot be parsed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34886
        Page: https://cloud.tencent.com/document/product/269/4193
        """

    def get_history(
        self,
        *,
        chat_type: Literal["C2C", "Group"],
        msg_time: str,
    ) -> Archive:
        """Get the URLs of an hour's message archive; fails with 1004 if there is none, or not yet.

        Download one hour of message archives, 下载最近消息记录: `open_msg_svc/get_history`.

        Args:
            chat_type: C2C for one-to-one messages, Group for group messages.
            msg_time: the hour in China time, such as 2015120121 for 21:00 to 22:00; at most 10 bytes.

        Returns:
            Archive: the archive of an hour.
                file: its files.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            1001: The request URL is wrong.
            1002: Parameters invalid or caller not an admin.
            1004: The file is not made yet, or there were no messages in that hour.
            1005: The file has expired.

        Limits: 10/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34885
        Page: https://cloud.tencent.com/document/product/269/1650
        """

    def get_ip_list(
        self,
    ) -> IPList:
        """Read the service's IP addresses.

        Server IP list, 获取服务器 IP 地址: `ConfigSvc/GetIPList`.

        Returns:
            IPList: the service's IP addresses.
                ip_list: IP addresses that webhooks come from.

        Raises:
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/36742
        Page: https://cloud.tencent.com/document/product/269/45438
        """

    def forbid_file(
        self,
        *,
        raw_url: str,
    ) -> Empty:
        """Block a chat file.

        Block a chat file, 聊天文件封禁: `im_cos_msg/forbid_illegal_object`.

        Args:
            raw_url: its URL, as in the message.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://cloud.tencent.com/document/product/269/74775
        """

    def allow_file(
        self,
        *,
        raw_url: str,
    ) -> Empty:
        """Unblock a chat file.

        Unblock a chat file, 聊天文件解封: `im_cos_msg/allow_banned_object`.

        Args:
            raw_url: its URL, as in the message.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/74776
        """

    def sign_files(
        self,
        *,
        raw_urls: Sequence[FileToSign],
    ) -> SignedFiles:
        """Get URLs for downloading chat files within 15 minutes; `failed` lists the other files.

        Signed download URLs for chat files, 聊天文件签名: `im_cos_msg/get_cos_sig`.

        Args:
            raw_urls: the files.

        Returns:
            SignedFiles: files with their signed URLs.
                pre_sig_urls: one entry per file; find one by its `resource_id`.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/74777
        """
