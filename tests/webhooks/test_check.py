"""Whether a webhook comes from the service, in time, and for us."""

from __future__ import annotations

import pytest

from tim_async import UsageError
from tim_async.errors import SignatureError, StaleRequestError, WebhookError, WrongAppError
from tim_async.webhooks import WebhookParams, sign
from tim_async.webhooks._check import Checker

NOW = 1_669_872_112
APP = 1_400_000_000
TOKEN = "xxxxyyyy"
SIGN = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
GOOD = {
    "SdkAppid": str(APP),
    "CallbackCommand": "C2C.CallbackAfterSendMsg",
    "contenttype": "json",
    "ClientIP": "1.2.3.4",
    "OptPlatform": "macOS",
    "RequestTime": str(NOW),
    "Sign": SIGN,
}


def check(query, *, token=TOKEN, window=60.0, now=NOW):
    return Checker(APP, token, window, lambda: now).check(query)


def test_sign_is_as_the_document_shows():
    assert sign(TOKEN, str(NOW)) == SIGN


def test_good_request():
    assert check(GOOD) == WebhookParams(
        sdk_app_id=APP,
        command="C2C.CallbackAfterSendMsg",
        client_ip="1.2.3.4",
        opt_platform="macOS",
        request_time=NOW,
    )


def test_what_pushes_leave_out_is_empty():
    query = {name: value for name, value in GOOD.items() if name not in ("ClientIP", "OptPlatform")}
    params = check(query)
    assert (params.client_ip, params.opt_platform) == ("", "")


@pytest.mark.parametrize("verdict", [True, False])
def test_signs_are_compared_in_constant_time(monkeypatch, verdict):
    """Only by the one comparison function, for every token."""
    compared = []

    def compare(one, other):
        compared.append({one, other})
        return verdict

    monkeypatch.setattr("tim_async.webhooks._check.hmac.compare_digest", compare)
    given = {**GOOD, "Sign": "0" * 64} if verdict else GOOD
    if verdict:
        check(given, token=[TOKEN, "other"])
    else:
        with pytest.raises(SignatureError):
            check(given, token=[TOKEN, "other"])
    assert compared == [{sign(token, str(NOW)).encode(), given["Sign"].encode()} for token in (TOKEN, "other")]


BAD = {
    "no sign": ({"Sign": None}, SignatureError),
    "empty sign": ({"Sign": ""}, SignatureError),
    "forged": ({"Sign": "0" * 64}, SignatureError),
    "upper case": ({"Sign": SIGN.upper()}, SignatureError),
    "padded": ({"Sign": f"{SIGN} "}, SignatureError),
    "not ASCII": ({"Sign": "签" * 64}, SignatureError),
    "surrogate": ({"Sign": "\udcff" * 64}, SignatureError),
    "sign of another time": ({"RequestTime": str(NOW + 1)}, SignatureError),
    "no time": ({"RequestTime": None}, SignatureError),
    "time of text": ({"RequestTime": "now"}, SignatureError),
    "time with a sign": ({"RequestTime": f"+{NOW}"}, SignatureError),
    "time in other digits": ({"RequestTime": "１６６９８７２１１２"}, SignatureError),
    "endless time": ({"RequestTime": "9" * 5000}, SignatureError),
    "another app": ({"SdkAppid": "1400000001"}, WrongAppError),
    "no app": ({"SdkAppid": None}, WrongAppError),
    "app with a zero": ({"SdkAppid": f"0{APP}"}, WrongAppError),
    "spelled as in the REST API": ({"SdkAppid": None, "sdkappid": str(APP)}, WrongAppError),
}


@pytest.mark.parametrize(("change", "kind"), BAD.values(), ids=BAD)
def test_bad_request(change, kind):
    query = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(WebhookError) as caught:
        check(query)
    assert type(caught.value) is kind
    assert caught.value.status == (403 if kind is WrongAppError else 401)
    assert TOKEN not in str(caught.value)
    assert SIGN not in str(caught.value)


@pytest.mark.parametrize(("off", "is_good"), [(-61, False), (-60, True), (0, True), (60, True), (61, False)])
def test_window(off, is_good):
    if is_good:
        assert check(GOOD, now=NOW + off).request_time == NOW
        return
    with pytest.raises(StaleRequestError) as caught:
        check(GOOD, now=NOW + off)
    assert (caught.value.age, caught.value.window, caught.value.status) == (off, 60.0, 401)


def test_window_is_a_setting():
    assert check(GOOD, window=3600, now=NOW + 3600)


def test_tokens_overlap_while_one_is_changed():
    assert check(GOOD, token=["new-token", TOKEN])
    with pytest.raises(SignatureError):
        check(GOOD, token=["new-token", "other"])


def test_without_a_token_only_the_app_is_checked():
    query = {**GOOD, "Sign": "forged", "RequestTime": "nonsense"}
    assert check(query, token=None).request_time is None
    with pytest.raises(WrongAppError):
        check({**query, "SdkAppid": "1"}, token=None)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"app": 0}, "sdk_app_id"),
        ({"app": "1400000000"}, "sdk_app_id"),
        ({"app": True}, "sdk_app_id"),
        ({"token": ""}, "token"),
        ({"token": []}, "token"),
        ({"token": ["a", ""]}, "token"),
        ({"token": [1]}, "token"),
        ({"window": 0}, "window_s"),
        ({"window": float("nan")}, "window_s"),
        ({"window": "60"}, "window_s"),
    ],
    ids=str,
)
def test_wrong_settings_are_named(arguments, field):
    settings = {"app": APP, "token": TOKEN, "window": 60.0, **arguments}
    with pytest.raises(UsageError) as caught:
        Checker(settings["app"], settings["token"], settings["window"], lambda: NOW)
    assert caught.value.field == field
    assert TOKEN not in str(caught.value)
