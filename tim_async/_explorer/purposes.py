"""What each endpoint does, in a sentence."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Any

from .._api.endpoint import Endpoint
from .._api.fields import purpose_of
from ..families._registry import FAMILIES, endpoints


@cache
def purpose(endpoint: Endpoint[..., Any]) -> str:
    """Return what an endpoint does: as its request says, or as its call does where several have the same request."""
    if sum(each.request is endpoint.request for each in endpoints().values()) == 1:
        return purpose_of(endpoint.request)
    calls = import_module(f"tim_async._calls.{endpoint.family}")
    call = getattr(getattr(calls, f"{FAMILIES[endpoint.family]}Calls"), endpoint.name)
    return " ".join((inspect.getdoc(call) or "").partition("\n\n")[0].split())
