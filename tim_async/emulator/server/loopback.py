"""The addresses that the emulator may listen on."""

from __future__ import annotations

import ipaddress

from ...errors import UsageError


def loopback(host: str, *, allow_remote: bool) -> str:
    """Return the address to listen on; raise `UsageError` for one that other machines can reach, unless allowed."""
    if host == "localhost":
        return "127.0.0.1"  # the name may resolve to two addresses, with two ports
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback and not allow_remote:
        raise UsageError(f"host {host!r} is not a loopback address; allow_remote=True permits it", field="host")
    return host
