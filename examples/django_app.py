"""A Django project in one file that sends messages, with one client that all of its threads share.

Shows where the client lives (an attribute of the app's configuration, created when Django starts), a view, and a
middleware that turns errors into HTTP answers by the library's table (`tim_async.HTTP_STATUS`).

`python examples/django_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID and TIM_SECRET_KEY and run `gunicorn --chdir examples --workers 4 --threads 16 django_app:application`.
An asynchronous view has an event loop: use `tim_async.TimClient` there.
"""

import json
import logging
from collections.abc import Callable

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import path

from tim_async import HostRateLimiter, TextElem, TimError, error_response
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator


class Messages:
    """The project's own app, with the client, created once per process."""

    client: TimClient | None = None

    @classmethod
    def open(cls) -> TimClient:
        if cls.client is None:
            cls.client = TimClient.from_env(limiter=HostRateLimiter(), deadline=2.0)
        return cls.client


def send(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)
    sent = Messages.open().c2c.send(to_account=body["to"], msg_body=[TextElem(text=body["text"])])
    return JsonResponse({"msg_key": sent.msg_key})


class TimErrors:
    """Middleware that turns an error of a call into an HTTP answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TimError):
            return None
        answer = error_response(error)
        return JsonResponse(answer.body, status=answer.status, headers=answer.headers)


urlpatterns = [path("messages", send)]

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.TimErrors"], LOGGING_CONFIG=None
)
django.setup()
application = WSGIHandler()


def main() -> None:
    logging.getLogger("django.request").disabled = True  # the answers are printed here instead
    with Emulator() as emulator:
        emulator.add_accounts("bob")
        with TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, deadline=2.0) as Messages.client:
            browser = Client()
            for what, to, text in (
                ("a text", "bob", "你好, Bob! 👋"),
                ("an account that is not imported", "nobody", "hi"),
                ("a text that is too long", "bob", "长" * 3_000),
            ):
                answer = browser.post("/messages", {"to": to, "text": text}, content_type="application/json")
                print(f"{what}: HTTP {answer.status_code}", answer.json())


if __name__ == "__main__":
    main()
