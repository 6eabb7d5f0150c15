"""Decoding answers: first the envelope, then the result of a success.

An answer is decoded strictly. If that fails, its damaged texts are repaired (`_api.damage`) and it is decoded once
more, so that one cut character costs neither the code of a refusal nor a page of a conversation. Anything else wrong
with it raises `ReplyDecodeError`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from .._api.damage import repair
from .._api.wire import UNREADABLE, Envelope, decode_envelope
from ..errors import ReplyDecodeError
from .call import Call, ClientState

R = TypeVar("R")

logger = logging.getLogger("tim_async")


def read_envelope(call: Call, reply: bytes) -> tuple[Envelope | str, bytes]:
    """Return the envelope of an answer, or a text saying what is wrong with it; and the answer with repaired texts."""
    try:
        return decode_envelope(reply), reply
    except UNREADABLE as error:
        problem = str(error)
    if not reply.strip():
        return "is empty", reply
    repaired = repair(reply)
    if repaired is not None:
        try:
            envelope = decode_envelope(repaired)
        except UNREADABLE as error:
            problem = str(error)
        else:
            _warn(call, problem)
            return envelope, repaired
    return f"is not JSON with an ErrorCode, as the service sends it: {problem}", reply


def read_reply(call: Call, reply: bytes, decode: Callable[[bytes], R]) -> R:
    """Decode the result of a successful answer; raise `ReplyDecodeError` if it cannot be decoded."""
    try:
        return decode(reply)
    except UNREADABLE as error:
        problem = str(error)
    repaired = repair(reply)
    if repaired is not None:
        try:
            result = decode(repaired)
        except UNREADABLE as error:
            problem = str(error)
        else:
            _warn(call, problem)
            return result
    failure = ReplyDecodeError(
        f"the request succeeded, but its answer cannot be read: {problem}", status=200, size=len(reply)
    )
    del reply, repaired  # they may quote the URL, and this frame is part of the error
    call.maybe_delivered = True
    call.sign(failure)
    call.stats.count_error(type(failure).__name__)
    if call.watch is not None:
        call.watch.end(type(failure).__name__, call.attempts)
    raise failure


def warn_without_key(state: ClientState, call: Call) -> None:
    """Log, once per command, that a message was accepted without a MsgKey: is this the service?"""
    if call.command not in state.keyless:
        state.keyless.add(call.command)
        logger.warning(
            "%s: the answer says success but has no MsgKey, which the service returns for every message; "
            "check that the base URL is the service's. Later answers of this kind are not logged",
            call.command,
        )


def _warn(call: Call, problem: str) -> None:
    logger.warning(
        "%s: a text in the answer is damaged (%s); it was repaired, with U+FFFD for what is lost", call.command, problem
    )
