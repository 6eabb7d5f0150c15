"""The client for code without an event loop: Flask, Django, Celery, scripts.

from tim_async import TextElem
from tim_async.blocking import TimClient

with TimClient(sdk_app_id=1400000000, secret_key="...") as client:
    sent = client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

from ..usersig import generate_user_sig, verify_user_sig
from ._archives import UrlMessages, download, read_url
from .client import TimClient

if TYPE_CHECKING:
    from ._campaign import Campaign, SuppressionLists
    from ._webhooks import WebhookReceiver
else:

    def __getattr__(name: str) -> object:
        # Campaigns need the extra `bulk`; webhooks load all events.
        home = {"Campaign": "_campaign", "SuppressionLists": "_campaign", "WebhookReceiver": "_webhooks"}.get(name)
        if home is not None:
            return getattr(_import_module(f"{__name__}.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Campaign",
    "SuppressionLists",
    "TimClient",
    "UrlMessages",
    "WebhookReceiver",
    "download",
    "generate_user_sig",
    "read_url",
    "verify_user_sig",
]
