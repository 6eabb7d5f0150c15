"""The arguments of a client, and the errors about wrong ones; none of their texts shows the key."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tests import clock
from tests.scripted import SECRET_KEY, refusal, scripted
from tim_async import C2C, AuthError, Region, SendMsg, TextElem, TimClient, UsageError
from tim_async._core import config
from tim_async._core.http_pool import HttpPool
from tim_async._hidden import Hidden
from tim_async.emulator import DEFAULT_SECRET_KEY
from tim_async.testing import FakePool, Sent
from tim_async.usersig import generate_user_sig, verify_user_sig

HI = [TextElem(text="hi")]


def refused(make: Callable[[], object]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("name", ["singapore", "Singapore", "SINGAPORE ", Region.SINGAPORE])
def test_region_goes_by_its_name(name: Any) -> None:
    assert TimClient(14, SECRET_KEY, region=name).base_url == "https://adminapisgp.im.qcloud.com"


@pytest.mark.parametrize("name", ["silicon_valley", "Silicon Valley", "silicon-valley"])
def test_region_of_two_words_is_written_in_any_way(name: str) -> None:
    assert TimClient(14, SECRET_KEY, region=name).base_url == f"https://{Region.SILICON_VALLEY.hosts[0]}"


def test_unknown_region_names_the_nearest_and_all() -> None:
    error = refused(lambda: TimClient(14, SECRET_KEY, region="singapur"))
    assert str(error).startswith(
        "region is not the name of a region; did you mean 'singapore'? (the regions are china, "
    )
    assert all(region.value in str(error) for region in Region)
    assert error.field == "region"
    assert "did you mean" not in str(refused(lambda: TimClient(14, SECRET_KEY, region=SECRET_KEY)))
    assert "not 5" in str(refused(lambda: TimClient(14, SECRET_KEY, region=5)))  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["", "/", "/v4", "/v4/"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:8900", "https://gateway/tim"])
def test_base_url_is_taken_with_and_without_v4(address: str, end: str) -> None:
    client = TimClient(14, SECRET_KEY, base_url=address + end)
    assert client.base_url == address
    assert isinstance(client.pool, HttpPool)
    assert str(client.pool._hosts[0].url) == f"{address}/v4/"


@pytest.mark.parametrize(
    ("named", "start", "field"),
    [
        ({"to_acount": "bob", "msg_body": HI}, "unknown field 'to_acount'; did you mean 'to_account'? (", "to_acount"),
        ({"zzz": 1}, "unknown field 'zzz' (", "zzz"),
        ({"msg_body": HI}, "to_account must be given (", "to_account"),
        ({}, "msg_body and to_account must be given (", "msg_body"),
    ],
)
def test_wrong_field_of_a_call_names_the_nearest_and_all(named: dict[str, Any], start: str, field: str) -> None:
    client, _ = scripted()
    error = refused(lambda: client.c2c.send(**named))
    assert error.message.startswith(f"openim/sendmsg: {start}the fields are sync_other_machine, from_account, ")
    assert all(name in error.message for name in SendMsg.__struct_fields__)
    assert error.field == field


def test_fields_by_position_are_explained() -> None:
    client: Any = scripted()[0]
    text = str(refused(lambda: client.c2c.send("bob", HI)))
    assert text.startswith("openim/sendmsg: pass fields by name, such as msg_body=... (the fields are ")
    ready = SendMsg(to_account="bob", msg_body=HI)
    assert "client.call(endpoint, request)" in str(refused(lambda: client.c2c.send(ready)))
    text = str(refused(lambda: client.operation.get_ip_list("all")))
    assert text == "ConfigSvc/GetIPList: pass fields by name, such as field=... (it has no fields)"


def test_unknown_setting_names_the_nearest_and_all() -> None:
    error = refused(lambda: TimClient(14, SECRET_KEY, pool_sizes=3))  # type: ignore[call-arg]
    assert str(error).startswith("unknown setting 'pool_sizes'; did you mean 'pool_size'? (the settings are timeout, ")
    assert error.field == "pool_sizes"


@pytest.mark.parametrize(
    ("before", "after"), [("", "\n"), (" ", ""), ("\t", "\r\n"), ("\ufeff", ""), ("", "\u200b"), ("\xa0", "")]
)
def test_key_with_something_around_it_is_refused(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"{before}{SECRET_KEY}{after}"
    for make in (
        lambda: TimClient(14, key),
        lambda: generate_user_sig(14, key, "boss"),
        lambda: verify_user_sig("x", 14, key),
    ):
        error = refused(make)
        assert str(error).startswith("secret_key has white space or a byte order mark around it")
        assert error.field == "secret_key"
        assert SECRET_KEY not in str(error)
    monkeypatch.setenv("TIM_SDK_APP_ID", "14")
    monkeypatch.setenv("TIM_SECRET_KEY", key)
    assert refused(TimClient.from_env).field == "TIM_SECRET_KEY"


def test_odd_key_of_the_service_is_one_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "_odd_keys", set())
    with caplog.at_level(logging.WARNING, "tim_async"):
        for key in ("not hex", "not hex", SECRET_KEY[:-1], SECRET_KEY, SECRET_KEY.upper()):
            TimClient(14, key)
        TimClient(14, "not hex", base_url="https://console.tim.qq.com/v4/")
        TimClient(14, DEFAULT_SECRET_KEY, base_url="http://127.0.0.1:8900")
        TimClient(14, "any", pool=FakePool())
    assert [record.getMessage()[:42] for record in caplog.records] == ["secret_key is not 64 hexadecimal digits as"] * 2
    assert SECRET_KEY[:-1] not in caplog.text


def test_misspelt_command_of_a_limit_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    limits = {"openim/sendmgs": 300, "openim/sendmsg": 300, "newer_svc/something": 5, "*": 1000}
    with caplog.at_level(logging.WARNING, "tim_async"):
        TimClient(14, SECRET_KEY, rate_limits=limits)
    assert [record.getMessage() for record in caplog.records] == [
        "rate_limits has a limit for the unknown command 'openim/sendmgs'; did you mean 'openim/sendmsg'?"
    ]


class Path(str):
    """What a tool that shows variables does with a key that was given as something else."""


@pytest.mark.parametrize(
    "options",
    [
        {"sdk_app_id": 0},
        {"identifier": ""},
        {"region": "mars"},
        {"base_url": "ftp://x"},
        {"timeout": -1},
        {"pool_sizes": 3},
        {"settings": 5},
        {"secret_key": f"{SECRET_KEY}\n"},
        {"secret_key": SECRET_KEY.encode()},
        {"secret_key": [SECRET_KEY]},
        {"secret_key": Path(f" {SECRET_KEY}")},
    ],
    ids=lambda options: f"{next(iter(options))}-{type(next(iter(options.values()))).__name__}",
)
def test_constructor_that_failed_can_be_shown_without_the_key(options: dict[str, Any]) -> None:
    error = refused(lambda: TimClient(**{"sdk_app_id": 14, "secret_key": SECRET_KEY, **options}))
    assert SECRET_KEY not in shown(error)
    assert "TimClient, not made" in shown(error)


@pytest.mark.parametrize("variable", ["TIM_SDK_APP_ID", "TIM_REGION", "TIM_BASE_URL"])
def test_from_env_that_failed_shows_no_key(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TIM_SDK_APP_ID": "14", "TIM_SECRET_KEY": SECRET_KEY, variable: "x"}.items():
        monkeypatch.setenv(name, value)
    assert SECRET_KEY not in shown(refused(TimClient.from_env))


def test_signing_that_failed_shows_no_key() -> None:
    for make in (
        lambda: generate_user_sig(0, SECRET_KEY, "boss"),
        lambda: generate_user_sig(14, f"{SECRET_KEY}\ud800", "boss"),
        lambda: verify_user_sig("", 14, SECRET_KEY),
    ):
        assert SECRET_KEY not in shown(refused(make))


def shown(error: BaseException) -> str:
    """Return what a tool shows that prints the variables of every frame of ours, but for those of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    assert trace is not None
    lines = traceback.TracebackException(type(error), error, trace, capture_locals=True).format()
    return "".join(lines).replace("tests/", "")


@pytest.mark.parametrize(
    "encode",
    [
        lambda sig: "".join(f"%{byte:02x}" for byte in sig.encode()),
        lambda sig: sig.replace("*", "%2A").replace("-", "%2d").replace("_", "%5F"),
        lambda sig: "".join(f"%25{byte:02X}" for byte in sig.encode()),
        lambda sig: sig,
    ],
    ids=["all", "what a browser encodes", "twice", "plain"],
)
def test_user_sig_that_an_answer_echoes_is_hidden_however_it_is_encoded(encode: Callable[[str], str]) -> None:
    def echo(sent: Sent) -> bytes:
        return refusal(70003, f"100% bad usersig={encode(sent.query['usersig'])}&random=1")

    client, _ = scripted(echo)

    async def main() -> AuthError:
        with pytest.raises(AuthError) as caught:
            await client.call(C2C.send, SendMsg(to_account="bob", msg_body=HI))
        return caught.value

    assert clock.run(main()).info == "100% bad usersig=<hidden>&random=1"


def test_key_that_is_hidden_already_stays_one() -> None:
    client = TimClient(14, Hidden(SECRET_KEY))
    assert type(client.secret_key) is Hidden
    assert client.secret_key == SECRET_KEY
