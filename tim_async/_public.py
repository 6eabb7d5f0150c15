"""The public names of the package, which `tim_async` has as its own from the first use of one."""

import logging as _logging

from ._api.endpoint import Endpoint, Rate
from ._api.wire import decode, encode
from ._core.client import TimClient
from ._core.config import Region, Settings
from ._core.observer import CallObserver, Observer
from ._core.pool import ConnectionSlot
from ._core.rate_limits import BucketCost, Claim, LocalRateLimiter, RateLimiter
from ._core.retry import TRANSIENT_CODES, RetryPolicy
from ._core.stats import CommandStats
from ._version import __version__
from .errors import (
    ApiError,
    AuthError,
    BodyTooLargeError,
    ClusterError,
    ConnectError,
    ConnectionLostError,
    InvalidRequestError,
    LedgerError,
    LimiterSetupError,
    LimiterUnavailableError,
    PartialFailureError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    ServiceBusyError,
    TimError,
    TransportError,
    UsageError,
    UserSigError,
    WaitTooLongError,
    may_have_been_delivered,
)
from .families._registry import endpoints
from .models.elements import (
    CustomElem,
    Element,
    FaceElem,
    FileElem,
    ImageElem,
    ImageInfo,
    LocationElem,
    RawElem,
    RelayElem,
    RelayMsg,
    SoundElem,
    StreamChunk,
    StreamElem,
    TextElem,
    VideoFileElem,
)
from .models.offline_push import (
    AndroidInfo,
    ApnsInfo,
    HarmonyInfo,
    LiveActivity,
    MultiLanguageContent,
    OfflinePushInfo,
)

# Where an app sets up no logging, Python would print every warning of ours to its standard error.
_logging.getLogger("tim_async").addHandler(_logging.NullHandler())

__all__ = [
    "TRANSIENT_CODES",
    "AndroidInfo",
    "ApiError",
    "ApnsInfo",
    "AuthError",
    "BodyTooLargeError",
    "BucketCost",
    "CallObserver",
    "Claim",
    "ClusterError",
    "CommandStats",
    "ConnectError",
    "ConnectionLostError",
    "ConnectionSlot",
    "CustomElem",
    "Element",
    "Endpoint",
    "FaceElem",
    "FileElem",
    "HarmonyInfo",
    "ImageElem",
    "ImageInfo",
    "InvalidRequestError",
    "LedgerError",
    "LimiterSetupError",
    "LimiterUnavailableError",
    "LiveActivity",
    "LocalRateLimiter",
    "LocationElem",
    "MultiLanguageContent",
    "Observer",
    "OfflinePushInfo",
    "PartialFailureError",
    "Rate",
    "RateLimitedError",
    "RateLimiter",
    "RawElem",
    "Region",
    "RelayElem",
    "RelayMsg",
    "ReplyDecodeError",
    "ReplyTimeoutError",
    "RetryPolicy",
    "ServiceBusyError",
    "Settings",
    "SoundElem",
    "StreamChunk",
    "StreamElem",
    "TextElem",
    "TimClient",
    "TimError",
    "TransportError",
    "UsageError",
    "UserSigError",
    "VideoFileElem",
    "WaitTooLongError",
    "__version__",
    "decode",
    "encode",
    "endpoints",
    "may_have_been_delivered",
]
