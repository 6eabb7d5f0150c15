"""UserSig: agreement with the vendor's library in both directions, refusals with their codes, and no leaks."""

import base64
import json
import traceback
import tracemalloc
import zlib

import pytest
import TLSSigAPIv2
from hypothesis import given
from hypothesis import strategies as st

from tim_async.errors import UsageError, UserSigError
from tim_async.usersig import (
    DEFAULT_LIFETIME_S,
    MAX_USERBUF_BYTES,
    UserSigClaims,
    generate_user_sig,
    read_user_sig,
    verify_user_sig,
)

APP = 1400000000
KEY = "0123456789abcdef" * 4
NOW = 1_700_000_000

IDENTIFIERS = [
    pytest.param("xiaojun", id="ascii"),
    pytest.param("管理员", id="chinese"),
    pytest.param("😀😀😀😀😀😀😀😀", id="emoji-32-bytes"),
    pytest.param("é", id="latin"),
    pytest.param("@RBT#001", id="robot"),
    pytest.param('a"b\\c<&>/', id="json-escapes"),
    pytest.param("a\nb", id="line-break"),
    pytest.param("x" * 32, id="longest"),
]
USERBUFS = [
    pytest.param(None, id="no-userbuf"),
    pytest.param(b"", id="empty-userbuf"),
    pytest.param(b"abc", id="short-userbuf"),
    pytest.param(bytes(range(256)), id="every-byte"),
    pytest.param(b"\xff\xef\xbe", id="base64-with-plus-and-slash"),
]


@pytest.fixture
def oracle(monkeypatch):
    """The vendor's library with a stopped clock."""
    monkeypatch.setattr(TLSSigAPIv2.time, "time", lambda: NOW + 0.75)
    return TLSSigAPIv2.TLSSigAPIv2(APP, KEY)


def oracle_sign(oracle, identifier, expire, userbuf):
    if userbuf is None:
        return oracle.gen_sig(identifier, expire)
    return oracle.gen_sig_with_userbuf(identifier, expire, userbuf)


def inflate(user_sig):
    return zlib.decompress(TLSSigAPIv2.base64_decode_url(user_sig.encode()))


def deflate(fields):
    return TLSSigAPIv2.base64_encode_url(zlib.compress(json.dumps(fields).encode()))


@pytest.mark.parametrize("userbuf", USERBUFS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_fields_are_those_of_the_oracle(oracle, identifier, userbuf):
    ours = generate_user_sig(APP, KEY, identifier, 86_400, userbuf=userbuf)
    theirs = oracle_sign(oracle, identifier, 86_400, userbuf)
    assert json.loads(inflate(ours)) == json.loads(inflate(theirs))
    assert ("TLS.userbuf" in json.loads(inflate(ours))) == (userbuf is not None)


@pytest.mark.parametrize("userbuf", USERBUFS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_user_sig_of_the_oracle_verifies(oracle, identifier, userbuf):
    claims = verify_user_sig(oracle_sign(oracle, identifier, 60, userbuf), APP, KEY, identifier, userbuf=userbuf)
    encoded = None if userbuf is None else base64.b64encode(userbuf).decode()
    assert claims == UserSigClaims(identifier=identifier, sdkappid=APP, time=NOW, expire=60, userbuf=encoded)
    assert claims.expires_at == NOW + 60


@pytest.mark.parametrize("userbuf", USERBUFS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_our_user_sig_carries_the_signature_the_oracle_computes(oracle, identifier, userbuf):
    fields = json.loads(inflate(generate_user_sig(APP, KEY, identifier, 77, userbuf=userbuf, now=NOW)))
    sign = oracle._TLSSigAPIv2__hmacsha256
    expected = sign(fields["TLS.identifier"], fields["TLS.time"], fields["TLS.expire"], fields.get("TLS.userbuf"))
    assert fields["TLS.sig"].encode() == expected


@given(
    identifier=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    app=st.integers(1, 2**63 - 1),
    key=st.text(st.characters(codec="utf-8"), max_size=8).map(lambda text: f"k{text}k"),
    expire=st.integers(1, 10**9),
    userbuf=st.none() | st.binary(max_size=500),
)
def test_what_is_signed_verifies_and_is_url_safe(identifier, app, key, expire, userbuf):
    user_sig = generate_user_sig(app, key, identifier, expire, userbuf=userbuf, now=NOW)
    assert user_sig.isascii()
    assert user_sig.translate(str.maketrans("", "", "*-_")).isalnum()
    claims = verify_user_sig(user_sig, app, key, identifier, userbuf=userbuf, now=NOW + expire)
    assert read_user_sig(user_sig) == claims
    assert (claims.identifier, claims.sdkappid, claims.time, claims.expire) == (identifier, app, NOW, expire)


def test_lifetime_is_180_days_by_default_and_the_clock_is_cut_to_seconds(oracle):
    claims = read_user_sig(generate_user_sig(APP, KEY, "admin"))
    assert claims.time == NOW
    assert claims.expire == DEFAULT_LIFETIME_S == 180 * 86_400


def test_other_writers_forms_verify(oracle):
    """Compact JSON, other orders and unknown fields, stored blocks, and the line break of Go's encoder are all fine."""
    fields = json.loads(inflate(oracle.gen_sig("admin", 60)))
    text = json.dumps(dict(reversed(fields.items())) | {"TLS.new": [1]}, separators=(",", ":")) + "\n"
    user_sig = TLSSigAPIv2.base64_encode_url(zlib.compress(text.encode(), 0))
    assert verify_user_sig(user_sig, APP, KEY, "admin", now=NOW).identifier == "admin"


# Expiry


@pytest.mark.parametrize(
    ("now", "is_valid"),
    [
        pytest.param(NOW - 1000, True, id="clock-behind"),
        pytest.param(NOW, True, id="at-once"),
        pytest.param(NOW + 59, True, id="one-second-left"),
        pytest.param(NOW + 60, True, id="last-second"),
        pytest.param(NOW + 61, False, id="one-second-late"),
        pytest.param(NOW + 10**9, False, id="years-late"),
    ],
)
def test_expiry_is_exact_to_the_second(monkeypatch, now, is_valid):
    user_sig = generate_user_sig(APP, KEY, "admin", 60, now=NOW)
    monkeypatch.setattr("tim_async.usersig.time.time", lambda: float(now))
    for given_now in (now, None):
        if is_valid:
            assert verify_user_sig(user_sig, APP, KEY, now=given_now).expires_at == NOW + 60
        else:
            with pytest.raises(UserSigError) as caught:
                verify_user_sig(user_sig, APP, KEY, now=given_now)
            assert caught.value.code == 70001
            assert caught.value.field == "user_sig"


def test_reading_does_not_check_the_time():
    assert read_user_sig(generate_user_sig(APP, KEY, "admin", 1, now=5)).expires_at == 6


# Refusals. Each is checked for its class, its code, and for leaks.


def assert_no_secret(error, *secrets):
    """Search an error, its attributes and everything attached to it for secrets, in whole or in large part."""
    pieces = [secret for secret in secrets if len(secret) >= 8]
    pieces += [secret[start : start + 24] for secret in pieces for start in range(0, len(secret) - 24, 8)]
    chain, seen = [error], set()
    texts = ["".join(traceback.format_exception(error))]
    while chain:
        link = chain.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        texts += [repr(getattr(link, name)) for name in ("object", "doc") if hasattr(link, name)]
        chain += [link.__cause__, link.__context__]
    for text in texts:
        for piece in pieces:
            assert piece not in text


def make(**changes):
    arguments = {"sdk_app_id": APP, "secret_key": KEY, "identifier": "admin", "expire": 60, "now": NOW}
    return generate_user_sig(**{**arguments, **changes})


def with_field(name, value):
    fields = json.loads(inflate(make()))
    fields[name] = value
    return deflate(fields)


def without_field(name):
    fields = json.loads(inflate(make()))
    del fields[name]
    return deflate(fields)


def pack(raw):
    return TLSSigAPIv2.base64_encode_url(zlib.compress(raw))


@pytest.mark.parametrize(
    ("user_sig", "code"),
    [
        pytest.param("", 70002, id="empty"),
        pytest.param("*", 70003, id="one-character"),
        pytest.param("not a usersig!", 70003, id="not-base64"),
        pytest.param("你好", 70003, id="not-ascii"),
        pytest.param("\ud800", 70003, id="not-unicode"),
        pytest.param("AAAA", 70003, id="not-zlib"),
        pytest.param(make()[: len(make()) // 2 // 4 * 4], 70003, id="half"),
        pytest.param(make()[:-1], 70003, id="one-character-short"),
        pytest.param(make()[:-4], 70003, id="checksum-cut"),
        pytest.param(" " + make(), 70003, id="blank-in-front"),
        pytest.param(make()[:20] + "\n" + make()[20:], 70003, id="line-break-inside"),
        pytest.param(pack(b""), 70003, id="nothing-inside"),
        pytest.param(pack(b"[]"), 70003, id="a-list-inside"),
        pytest.param(pack(b"{}"), 70003, id="no-fields"),
        pytest.param(pack(b"\xff\xfe"), 70003, id="not-utf8-inside"),
        pytest.param(pack(b"[" * 50_000), 70003, id="deep-nesting"),
        pytest.param(pack(b'{"TLS.identifier":"\\ud800"}'), 70003, id="lone-surrogate-inside"),
        *[
            pytest.param(without_field(f"TLS.{name}"), 70003, id=f"no-{name}")
            for name in ("ver", "identifier", "sdkappid", "time", "expire", "sig")
        ],
        pytest.param(with_field("TLS.sdkappid", str(APP)), 70003, id="app-as-text"),
        pytest.param(with_field("TLS.sdkappid", APP + 1), 70014, id="app-changed"),
        pytest.param(with_field("TLS.identifier", "other"), 70013, id="identifier-changed"),
        pytest.param(with_field("TLS.time", NOW + 1), 70009, id="time-changed"),
        pytest.param(with_field("TLS.expire", 10**9), 70009, id="expiry-changed"),
        pytest.param(with_field("TLS.userbuf", ""), 70009, id="userbuf-added"),
        pytest.param(with_field("TLS.sig", ""), 70009, id="signature-empty"),
        pytest.param(with_field("TLS.sig", "签名"), 70009, id="signature-not-ascii"),
        pytest.param(with_field("TLS.sig", "A" * 43 + "="), 70009, id="signature-changed"),
        pytest.param(make(secret_key="another"), 70009, id="other-key"),
        pytest.param(make(secret_key=KEY.upper()), 70009, id="key-in-other-case"),
        pytest.param(make(sdk_app_id=APP + 1), 70014, id="other-app"),
        pytest.param(make(identifier="admin2"), 70013, id="other-identifier"),
        pytest.param(make(userbuf=b"x"), 70009, id="userbuf-not-asked-for"),
        pytest.param(make(now=NOW - 61), 70001, id="expired"),
    ],
)
def test_refusal_carries_its_code_and_no_secret(user_sig, code):
    with pytest.raises(UserSigError) as caught:
        verify_user_sig(user_sig, APP, KEY, "admin", now=NOW)
    error = caught.value
    assert type(error) is UserSigError
    assert (error.code, error.field) == (code, "user_sig")
    assert error.__cause__ is None
    assert error.__context__ is None
    assert_no_secret(error, KEY, user_sig)


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        pytest.param(None, b"", id="none-is-not-empty"),
        pytest.param(b"", None, id="empty-is-not-none"),
        pytest.param(b"abc", b"abd", id="other-bytes"),
        pytest.param(b"abc", None, id="unasked"),
        pytest.param(None, b"abc", id="missing"),
    ],
)
def test_other_userbuf_is_refused(signed, expected):
    with pytest.raises(UserSigError) as caught:
        verify_user_sig(make(userbuf=signed), APP, KEY, "admin", userbuf=expected, now=NOW)
    assert caught.value.code == 70009


def test_any_identifier_is_accepted_when_none_is_given():
    assert verify_user_sig(make(identifier="someone"), APP, KEY, now=NOW).identifier == "someone"


@pytest.mark.parametrize("replacement", ["A", "9", "*", "-", "_"])
def test_a_changed_character_never_changes_what_is_proven(replacement):
    """Base64 and deflate have a few unused bits; a change there may pass, but only with the same claims."""
    good = make(userbuf=b"abc")
    proven = verify_user_sig(good, APP, KEY, "admin", userbuf=b"abc", now=NOW)
    refused = []
    for place, character in enumerate(good):
        if character == replacement:
            continue
        bad = good[:place] + replacement + good[place + 1 :]
        try:
            assert verify_user_sig(bad, APP, KEY, "admin", userbuf=b"abc", now=NOW) == proven
        except UserSigError as error:
            refused.append(error.code)
            assert_no_secret(error, KEY, bad)
    assert set(refused) <= {70003, 70009, 70013, 70014}
    assert len(refused) >= len(good) * 0.9


@given(st.text())
def test_random_text_is_refused(text):
    for check in (read_user_sig, lambda sig: verify_user_sig(sig, APP, KEY)):
        with pytest.raises(UserSigError) as caught:
            check(text)
        assert caught.value.code == (70003 if text else 70002)


@pytest.mark.parametrize("form", ["{}\n", " {}", "{}\r\n"])
def test_white_space_around_is_named(form):
    """As a file or an answer of another service ends."""
    user_sig = generate_user_sig(1400000000, "key", "bob", 86_400)
    with pytest.raises(UserSigError, match=r"^the UserSig has white space around it: pass only the UserSig$") as caught:
        read_user_sig(form.format(user_sig))
    assert caught.value.code == 70003
    assert user_sig not in str(caught.value)


def test_a_bomb_is_refused_without_filling_memory():
    bomb = TLSSigAPIv2.base64_encode_url(zlib.compress(bytes(64 * 1024 * 1024), 9))
    tracemalloc.start()
    try:
        with pytest.raises(UserSigError) as caught:
            read_user_sig(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == 70003
    assert peak < 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"sdk_app_id": 0}, "sdk_app_id", id="app-zero"),
        pytest.param({"sdk_app_id": -1}, "sdk_app_id", id="app-negative"),
        pytest.param({"sdk_app_id": "1400000000"}, "sdk_app_id", id="app-text"),
        pytest.param({"secret_key": ""}, "secret_key", id="key-empty"),
        pytest.param({"secret_key": KEY + "\ud800"}, "secret_key", id="key-not-unicode"),
        pytest.param({"secret_key": f"{KEY}\n"}, "secret_key", id="key-with-newline"),
        pytest.param({"secret_key": KEY.encode()}, "secret_key", id="key-bytes"),
        pytest.param({"identifier": ""}, "identifier", id="identifier-empty"),
        pytest.param({"identifier": "x" * 33}, "identifier", id="identifier-33-bytes"),
        pytest.param({"identifier": "中" * 11}, "identifier", id="identifier-33-bytes-chinese"),
        pytest.param({"identifier": "\ud800"}, "identifier", id="identifier-not-unicode"),
        pytest.param({"expire": 0}, "expire", id="expire-zero"),
        pytest.param({"expire": -60}, "expire", id="expire-negative"),
    ],
)
def test_signing_refuses_wrong_arguments_without_naming_the_key(changes, field):
    with pytest.raises(UsageError) as caught:
        make(**changes)
    assert type(caught.value) is UsageError
    assert caught.value.field == field
    assert_no_secret(caught.value, KEY)


def test_verifying_with_a_key_that_is_no_text_does_not_show_it():
    user_sig = make()
    with pytest.raises(UsageError) as caught:
        verify_user_sig(user_sig, APP, KEY + "\ud800", now=NOW)
    assert_no_secret(caught.value, KEY, user_sig)


def test_reprs_show_no_signature():
    user_sig = make(userbuf=b"abc")
    signature = json.loads(inflate(user_sig))["TLS.sig"]
    from tim_async import usersig as module

    for value in (read_user_sig(user_sig), module._unpack(user_sig)):
        for text in (repr(value), str(value), f"{value}"):
            assert signature not in text
            assert user_sig not in text
            assert "admin" in text


@pytest.mark.parametrize("userbuf", ["text", b"x" * (MAX_USERBUF_BYTES + 1)], ids=["text", "too-large"])
def test_userbuf_must_be_bytes_within_its_limit(userbuf):
    with pytest.raises(UsageError, match=f"userbuf must be bytes, at most {MAX_USERBUF_BYTES}") as caught:
        generate_user_sig(APP, KEY, "bob", userbuf=userbuf)
    assert caught.value.field == "userbuf"
