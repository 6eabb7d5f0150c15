"""Figures, archives, addresses and files. Source: I34886, I34885, I36742, C74775 to C74777.

Accounts and one-to-one messages are counted, by days in China; all other figures are 0. Of a file, only its blocked
state is stored.

An archive has one file, which is served at its URL. An hour that is not over or has no messages has none: 1004. The
file of an hour that began more than seven days ago has expired: 1005.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from ..._api.wire import encode
from ...families.operation import Operation
from ...models.common import Empty, NoFields
from ...models.history import ArchivedMsg, HistoryInfo
from ...models.operation import (
    AppFigures,
    AppInfo,
    Archive,
    ArchiveFile,
    ChatFile,
    GetAppInfo,
    GetHistory,
    IPList,
    SignedFile,
    SignedFiles,
    SignFiles,
)
from ..dispatch import Call, answers, handles
from ..state.archives import ARCHIVE_PATH, HOUR_S, KEPT_DAYS, Archives
from ..state.codes import CommonCode, MuteCode, OperationCode
from ..state.core import CHINA, DAY_S
from ..state.operation import Files
from ..state.refusal import Refusal
from ._filters import keep

_DAYS: Final = 30
_TEXTS: Final = {"app_id", "app_name", "company", "date"}
_NUMBERS: Final = tuple(name for name in AppFigures.__struct_fields__ if name not in _TEXTS)


def _day(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(CHINA).strftime("%Y%m%d")


@handles(Operation.get_app_info)
def get_app_info(call: Call) -> AppInfo:
    """Return the figures of the last 30 full days, newest first."""
    request = call.read(GetAppInfo, code=MuteCode.JSON_INVALID)
    registered = Counter(_day(account.imported_at) for account in call.state.accounts.values())
    sent = Counter(_day(message.msg_time_stamp) for message in call.state.messages(call.now))
    app = str(call.state.sdk_app_id)
    days: list[AppFigures] = []
    for back in range(1, _DAYS + 1):
        day = _day(call.now - back * DAY_S)
        figures = AppFigures(
            app_id=app, app_name="emulator", company="emulator", date=day, **dict.fromkeys(_NUMBERS, "0")
        )
        figures.regist_user_num_one_day = str(registered[day])
        figures.regist_user_num_total = str(sum(number for other, number in registered.items() if other <= day))
        figures.c2c_up_msg_num = figures.up_msg_num = str(sent[day])
        days.append(figures)
    return AppInfo(result=[keep(figures, request.request_field) for figures in days])


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@handles(Operation.get_history)
def get_history(call: Call) -> Archive:
    """Write the file of an hour's messages, and return its address."""
    request = call.read(GetHistory, code=OperationCode.PARAMS_INVALID)
    hour = datetime.strptime(request.msg_time, "%Y%m%d%H").replace(tzinfo=CHINA)
    start = int(hour.timestamp())
    if start < call.now - KEPT_DAYS * DAY_S:
        raise Refusal(OperationCode.FILE_EXPIRED, "the file of that hour has expired")
    archives = call.state.part(Archives)
    messages = archives.messages(request.chat_type, start, call.now) if call.now >= start + HOUR_S else []
    if not messages:
        raise Refusal(OperationCode.FILE_NOT_READY, "that hour has no file yet, or no messages")
    content = _content(call.state.sdk_app_id, request, messages)
    packed = gzip.compress(content, mtime=0)
    name = f"{call.state.sdk_app_id}_{request.chat_type}_{request.msg_time}.gz"
    path = f"{ARCHIVE_PATH}{_md5(packed)[:16]}/{name}"
    kept = archives.keep(path, packed, call.now)
    file = ArchiveFile(
        url=f"{call.state.base_url}{path}",
        expire_time=datetime.fromtimestamp(kept.expires_at, CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        file_size=len(content),
        file_md5=_md5(content),
        gzip_size=len(packed),
        gzip_md5=_md5(packed),
    )
    return Archive(file=[file])


def _content(sdk_app_id: int, request: GetHistory, messages: Sequence[ArchivedMsg]) -> bytes:
    """Return the file in the service's layout: the head, one message per line, the end."""
    info = HistoryInfo(sdk_app_id=sdk_app_id, chat_type=request.chat_type, msg_time=request.msg_time)
    head = encode(info).removesuffix(b"}") + b',"MsgList":['
    return b"%b\n%b\n]}" % (head, b",\n".join(encode(message) for message in messages))


@answers(Operation.get_ip_list, code=CommonCode.JSON_PARSE_FAILED)
def get_ip_list(_: NoFields) -> IPList:
    """Return the IP address from which webhooks are sent."""
    return IPList(ip_list=["127.0.0.1"])


@handles(Operation.forbid_file)
def forbid_file(call: Call) -> Empty:
    """Block a file."""
    call.state.part(Files).blocked.add(call.read(ChatFile, code=CommonCode.JSON_PARSE_FAILED).raw_url)
    return Empty()


@handles(Operation.allow_file)
def allow_file(call: Call) -> Empty:
    """Unblock a file."""
    call.state.part(Files).blocked.discard(call.read(ChatFile, code=CommonCode.JSON_PARSE_FAILED).raw_url)
    return Empty()


@handles(Operation.sign_files)
def sign_files(call: Call) -> SignedFiles:
    """Sign URLs; each that is not an https URL fails alone."""
    blocked = call.state.part(Files).blocked
    files: list[SignedFile] = []
    for item in call.read(SignFiles, code=CommonCode.JSON_PARSE_FAILED).raw_urls:
        if item.raw_url.startswith("https://"):
            signed = f"{item.raw_url}?sign=emulator&expires={int(call.now) + 900}"
            status = int(item.raw_url in blocked)
            files.append(SignedFile(resource_id=item.resource_id, pre_sig_url=signed, status=status))
        else:
            files.append(SignedFile(resource_id=item.resource_id, code=1, desc="RawURL is not an https URL"))
    return SignedFiles(pre_sig_urls=files)
