"""Sign and verify a UserSig, the signature in every REST call. Source: usersig, I34385.

    time and expire are seconds; a UserSig is valid while now <= time + expire
    text  = "TLS.identifier:...\\n" "TLS.sdkappid:...\\n" "TLS.time:...\\n" "TLS.expire:...\\n" ["TLS.userbuf:...\\n"]
    sig   = base64(HMAC-SHA256(secret key as it stands in the console, text))
    value = base64(zlib(JSON of the fields and sig)) with + / = written as * - _

The text is not canonical: JSON order, spacing and compression level are free. Compare fields, not strings.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
import zlib
from typing import Final

import msgspec

from ._api.checks import check_account, check_secret_key, check_whole
from ._hidden import Hidden, HiddenBytes, hide
from .errors import UsageError, UserSigError

DEFAULT_LIFETIME_S: Final = 180 * 86_400
# A UserSig unpacks to a few hundred bytes plus userbuf; a decompression bomb is refused long before it fills memory.
_MAX_UNPACKED_BYTES: Final = 65_536
MAX_USERBUF_BYTES: Final = 32_768
_TO_URL: Final = str.maketrans("+/=", "*-_")
_FROM_URL: Final = str.maketrans("*-_", "+/=")


class UserSigClaims(msgspec.Struct, frozen=True, kw_only=True, rename=lambda name: f"TLS.{name}"):
    """The contents of a UserSig.

    Attributes:
        identifier: the account it was made for.
        sdkappid: the app it was made for.
        time: when it was made, unix seconds.
        expire: how long it is valid, in seconds from `time`.
        userbuf: base64 of the extra signed bytes, None if there are none.
    """

    identifier: str
    sdkappid: int
    time: int
    expire: int
    userbuf: str | None = None

    @property
    def expires_at(self) -> int:
        """The last unix second at which it is valid."""
        return self.time + self.expire


class _Signed(UserSigClaims, frozen=True, kw_only=True, omit_defaults=True, rename=lambda name: f"TLS.{name}"):
    ver: str
    sig: str

    def claims(self) -> UserSigClaims:
        return UserSigClaims(
            identifier=self.identifier,
            sdkappid=self.sdkappid,
            time=self.time,
            expire=self.expire,
            userbuf=self.userbuf,
        )

    def __repr__(self) -> str:
        return f"<UserSig of {self.identifier!r}>"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Signed)


def _signature(key: HiddenBytes, claims: UserSigClaims) -> str:
    text = (
        f"TLS.identifier:{claims.identifier}\n"
        f"TLS.sdkappid:{claims.sdkappid}\n"
        f"TLS.time:{claims.time}\n"
        f"TLS.expire:{claims.expire}\n"
    )
    if claims.userbuf is not None:
        text += f"TLS.userbuf:{claims.userbuf}\n"
    return base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()


def generate_user_sig(
    sdk_app_id: int,
    secret_key: str,
    identifier: str,
    expire: int = DEFAULT_LIFETIME_S,
    *,
    userbuf: bytes | None = None,
    now: int | None = None,
) -> str:
    """Sign a UserSig.

    Args:
        sdk_app_id: the app's id.
        secret_key: the app's key, as the console shows it (not hex-decoded).
        identifier: the account to sign for, 1 to 32 bytes of UTF-8.
        expire: seconds of validity, at least 1; the service advises a day or longer, the default is 180 days.
        userbuf: extra bytes to sign; None and b"" differ.
        now: unix time in seconds to sign with, by default the current time.

    Raises:
        UsageError: an argument is out of range; the error names the argument and never the key.
    """
    hidden = hide(secret_key)
    del secret_key  # keep it out of tools that show the variables of a failed call
    check_whole("sdk_app_id", sdk_app_id, 1)
    check_account("identifier", identifier)
    check_whole("expire", expire, 1)
    if userbuf is not None and (not isinstance(userbuf, bytes) or len(userbuf) > MAX_USERBUF_BYTES):
        raise UsageError(f"userbuf must be bytes, at most {MAX_USERBUF_BYTES}", field="userbuf")
    key = _key(hidden)
    claims = UserSigClaims(
        identifier=identifier,
        sdkappid=sdk_app_id,
        time=int(time.time()) if now is None else now,
        expire=expire,
        userbuf=None if userbuf is None else base64.b64encode(userbuf).decode(),
    )
    signed = _Signed(
        ver="2.0",
        identifier=claims.identifier,
        sdkappid=claims.sdkappid,
        time=claims.time,
        expire=claims.expire,
        userbuf=claims.userbuf,
        sig=_signature(key, claims),
    )
    return base64.b64encode(zlib.compress(_encoder.encode(signed))).decode().translate(_TO_URL)


def _key(secret_key: Hidden | None) -> HiddenBytes:
    key = check_secret_key(Hidden() if secret_key is None else secret_key)
    try:
        return HiddenBytes(key.encode())
    except UnicodeEncodeError:  # a lone surrogate; the original error contains the text
        pass
    raise UsageError("secret_key is not valid Unicode text", field="secret_key")


def read_user_sig(user_sig: str) -> UserSigClaims:
    """Unpack a UserSig without checking its signature, to read its account and validity.

    Raises:
        UserSigError: it cannot be unpacked (code 70003), or is empty (70002).
    """
    return _unpack(user_sig).claims()


def _unpack(user_sig: str) -> _Signed:
    if not user_sig:
        raise UserSigError("the UserSig is empty", code=70002)
    signed = None
    try:
        inflater = zlib.decompressobj()
        packed = base64.b64decode(user_sig.translate(_FROM_URL), validate=True)
        unpacked = inflater.decompress(packed, _MAX_UNPACKED_BYTES)
        if inflater.eof:
            signed = _decoder.decode(unpacked)
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError):
        pass  # raised below, outside the handler: the original error would carry parts of the UserSig as context
    if signed is None:
        is_padded = user_sig[0].isspace() or user_sig[-1].isspace()
        problem = "has white space around it: pass only the UserSig" if is_padded else "cannot be decoded"
        raise UserSigError(f"the UserSig {problem}", code=70003)
    return signed


def verify_user_sig(
    user_sig: str,
    sdk_app_id: int,
    secret_key: str,
    identifier: str | None = None,
    *,
    userbuf: bytes | None = None,
    now: float | None = None,
) -> UserSigClaims:
    """Check a UserSig and return its contents.

    Args:
        user_sig: the text to check.
        sdk_app_id: the app it must be for.
        secret_key: the app's key.
        identifier: the account it must be for; None for any.
        userbuf: the extra bytes that must have been signed; None for none.
        now: unix time in seconds to check the validity at, by default the current time.

    Raises:
        UserSigError: with the service's code: 70002 empty, 70003 malformed, 70014 other app, 70013 other account,
            70009 wrong signature or other userbuf, 70001 expired.
    """
    hidden = hide(secret_key)
    del secret_key
    key = _key(hidden)
    signed = _unpack(user_sig)
    if signed.sdkappid != sdk_app_id:
        raise UserSigError("the UserSig is for another app", code=70014)
    if identifier is not None and signed.identifier != identifier:
        raise UserSigError("the UserSig is for another account", code=70013)
    if not hmac.compare_digest(_signature(key, signed).encode(), signed.sig.encode()):
        raise UserSigError("the signature is wrong: check that secret_key is the key of this app", code=70009)
    expected = None if userbuf is None else base64.b64encode(userbuf).decode()
    if signed.userbuf != expected:
        raise UserSigError("the UserSig was signed with another userbuf", code=70009)
    if (time.time() if now is None else now) > signed.expires_at:
        raise UserSigError("the UserSig has expired", code=70001)
    return signed.claims()
