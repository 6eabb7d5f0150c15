"""Statistics, message archives, the service's IP addresses, and chat files."""

from __future__ import annotations

from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
from ..models.common import Empty, NoFields
from ..models.operation import AppInfo, Archive, ChatFile, GetAppInfo, GetHistory, IPList, SignedFiles, SignFiles


class Operation(Family, name="operation"):
    """Statistics, message archives, the service's IP addresses, and chat files."""

    get_app_info: Final = Endpoint("openconfigsvr/getappinfo", GetAppInfo, AppInfo, doc="I34886", repeat="always")
    """Read the app's statistics of the last 30 days."""
    get_history: Final = Endpoint(
        "open_msg_svc/get_history", GetHistory, Archive, doc="I34885", limits=(Rate(10),), repeat="always"
    )
    """Get the URLs of an hour's message archive; fails with 1004 if there is none, or not yet."""
    get_ip_list: Final = Endpoint("ConfigSvc/GetIPList", NoFields, IPList, doc="I36742", repeat="always")
    """Read the service's IP addresses."""
    forbid_file: Final = Endpoint(
        "im_cos_msg/forbid_illegal_object", ChatFile, Empty, doc="C74775", repeat="always", danger="excludes"
    )
    """Block a chat file."""
    allow_file: Final = Endpoint("im_cos_msg/allow_banned_object", ChatFile, Empty, doc="C74776", repeat="always")
    """Unblock a chat file."""
    sign_files: Final = Endpoint("im_cos_msg/get_cos_sig", SignFiles, SignedFiles, doc="C74777", repeat="always")
    """Get URLs for downloading chat files within 15 minutes; `failed` lists the other files."""
