"""What an error shows to a tool that shows everything: its text, its chain, and the variables of every frame."""

from __future__ import annotations

import traceback
from types import TracebackType


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an error with all its causes and contexts, and theirs."""
    found: list[BaseException] = []
    pending = [error]
    while pending:
        each = pending.pop()
        if each is not None and each not in found:
            found.append(each)
            pending += [each.__cause__, each.__context__]
    return found


def shown(error: BaseException, *, skip_test: bool = True) -> str:
    """Return all that an error and its chain show; without the test's own frames, which know the secrets."""
    texts = []
    for each in chain(error):
        frames = _inside(each.__traceback__) if skip_test else each.__traceback__
        texts += [str(each), repr(each), repr(each.args), repr(vars(each))]
        texts += traceback.TracebackException(type(each), each, frames, capture_locals=True).format(chain=False)
    return "\n".join(texts)


def _inside(frame: TracebackType | None) -> TracebackType | None:
    while frame is not None and "tim_async" not in frame.tb_frame.f_code.co_filename:
        frame = frame.tb_next
    return frame
