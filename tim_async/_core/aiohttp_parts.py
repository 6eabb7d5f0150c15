"""The list of aiohttp's undocumented parts that the pool uses, and a check whether the installed aiohttp has them.

`http_connection` reads answers through aiohttp's protocol, and the session's requests, responses and connector extend
aiohttp's own slightly (`http_session_exchange`, `http_session_connector`). A test checks the list against the installed
aiohttp. If a part that connections need is missing, a client sends its calls through aiohttp's session instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NamedTuple

import aiohttp

# aiohttp's own method, None if it had been replaced before this module was imported.
_REQUEST: Final = (
    aiohttp.ClientSession._request
    if inspect.isfunction(aiohttp.ClientSession._request)
    and aiohttp.ClientSession._request.__code__.co_filename == aiohttp.client.__file__
    else None
)


class Part(NamedTuple):
    """One name in aiohttp, and the parameters it must take.

    Attributes:
        owner: the class that has it, with its module.
        name: the attribute.
        parameters: parameter names that we pass.
        used_for: what would fail without it.
    """

    owner: str
    name: str
    parameters: tuple[str, ...]
    used_for: str


_HANDLER: Final = "aiohttp.client_proto.ResponseHandler"
_MESSAGE: Final = "aiohttp.http.RawResponseMessage"

# Needed by a connection of the pool.
CONNECTION_PARTS: Final = (
    Part("aiohttp.ClientRequest", "__init__", ("method", "url", "loop", "ssl"), "naming a host to connect to"),
    Part("aiohttp.TCPConnector", "connect", ("req", "traces", "timeout"), "opening a connection"),
    Part("aiohttp.connector.Connection", "protocol", (), "reading answers"),
    Part("aiohttp.connector.Connection", "transport", (), "writing requests"),
    Part("aiohttp.connector.Connection", "close", (), "returning a closed connection to the connector"),
    Part(_HANDLER, "set_response_params", ("read_until_eof", "auto_decompress"), "expecting an answer"),
    Part(_HANDLER, "read", (), "reading the head of an answer"),
    Part(_HANDLER, "should_close", (), "seeing whether data is left over after an answer"),
    Part(_HANDLER, "data_received", ("data",), "parsing an answer"),
    Part(_HANDLER, "eof_received", (), "parsing an answer that ends with its connection"),
    Part(_HANDLER, "connection_lost", ("exc",), "ending an exchange whose connection is lost"),
    Part(_MESSAGE, "code", (), "reading the head of an answer"),
    Part(_MESSAGE, "headers", (), "reading the head of an answer"),
    Part(_MESSAGE, "compression", (), "refusing a compressed answer"),
    Part(_MESSAGE, "chunked", (), "seeing the end of an answer"),
)
# Needed in addition for aiohttp's session.
SESSION_PARTS: Final = (
    Part("aiohttp.ClientSession", "_request", (), "noticing a replacement, such as aioresponses"),
    Part("aiohttp.ClientRequest", "send", ("conn",), "completing the request line without showing the UserSig"),
    Part(_HANDLER, "transport", (), "completing the request line without showing the UserSig"),
    Part("aiohttp.ClientResponse", "start", ("connection",), "raising errors that do not quote the answer"),
    Part("aiohttp.ClientResponse", "_headers", (), "hiding the UserSig in headers that repeat it"),
    Part("aiohttp.ClientResponse", "_raw_headers", (), "hiding the UserSig in headers that repeat it"),
    Part("aiohttp.TCPConnector", "__init__", ("socket_factory",), "counting the sockets that are open"),
    Part("aiohttp.TCPConnector", "_create_connection", ("req", "traces", "timeout"), "waiting for a place"),
)


def is_session_replaced() -> bool:
    """Return whether `ClientSession._request` is replaced, as aioresponses does in tests."""
    return aiohttp.ClientSession._request is not _REQUEST


def missing_part(parts: Sequence[Part] = CONNECTION_PARTS) -> str | None:
    """Return the first part that the installed aiohttp lacks, such as `...ResponseHandler.read`; None if none."""
    for owner, name, parameters, _ in parts:
        module, _, cls = owner.rpartition(".")
        holder = getattr(import_module(module), cls, None)
        if not hasattr(holder, name):
            return f"{owner}.{name}"
        if parameters:
            known = inspect.signature(getattr(holder, name)).parameters
            lacking = [parameter for parameter in parameters if parameter not in known]
            if lacking:
                return f"{owner}.{name}({lacking[0]}=)"
    return None
