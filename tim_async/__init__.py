"""Asyncio SDK for the server-side REST API of Tencent Cloud IM (TIM)."""

from ._version import __version__
from ._wire import decode, encode

__all__ = ["__version__", "decode", "encode"]
