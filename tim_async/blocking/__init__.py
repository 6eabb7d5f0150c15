"""The client for code without an event loop: Flask, Django, Celery, scripts.

from tim_async import TextElem
from tim_async.blocking import TimClient

with TimClient(sdk_app_id=1400000000, secret_key="...") as client:
    sent = client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])
"""

from .client import TimClient

__all__ = ["TimClient"]
