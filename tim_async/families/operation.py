"""Figures, archives of messages, addresses of the service, and files of the chat."""

from __future__ import annotations

from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
from ..models.common import Empty, NoFields
from ..models.operation import AppInfo, Archive, ChatFile, GetAppInfo, GetHistory, IPList, SignedFiles, SignFiles


class Operation(Family, name="operation"):
    """Figures, archives of messages, addresses of the service, and files of the chat."""

    get_app_info: Final = Endpoint("openconfigsvr/getappinfo", GetAppInfo, AppInfo, doc="I34886", repeat="always")
    """Read the app's figures of the last 30 days."""
    get_history: Final = Endpoint(
        "open_msg_svc/get_history", GetHistory, Archive, doc="I34885", limits=(Rate(10),), repeat="always"
    )
    """Ask where the archive of an hour's messages can be fetched; 1004 when there is none, or not yet."""
    get_ip_list: Final = Endpoint("ConfigSvc/GetIPList", NoFields, IPList, doc="I36742", repeat="always")
    """Read the addresses of the service."""
    forbid_file: Final = Endpoint(
        "im_cos_msg/forbid_illegal_object", ChatFile, Empty, doc="C74775", repeat="always", danger="excludes"
    )
    """Block a file of the chat."""
    allow_file: Final = Endpoint("im_cos_msg/allow_banned_object", ChatFile, Empty, doc="C74776", repeat="always")
    """Let a file that was blocked be seen again."""
    sign_files: Final = Endpoint("im_cos_msg/get_cos_sig", SignFiles, SignedFiles, doc="C74777", repeat="always")
    """Ask for addresses by which files of the chat can be fetched for 15 minutes; `failed` names the others."""
