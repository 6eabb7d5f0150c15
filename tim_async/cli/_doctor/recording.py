"""A limited run on an app: two temporary accounts write to each other and to a group, and everything is removed.

The same calls are made to the service and to the emulator, as plain JSON, and each answer is kept: the comparison shows
where the emulator is wrong, which only a real app can.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ..._core.client import TimClient
from ..._randomness import random_u32
from ...errors import ApiError, TimError

# Plus two calls for cleaning up.
MAX_CALLS: Final = 20
_CLEAN_UP_TIMEOUT_S: Final = 20.0
# The service shows a message in the history a moment after it accepted it.
_LOOKS: Final = 3
_NO_SUCH_ACCOUNT: Final = 70107
_LOOK_INTERVAL_S: Final = 1.0


class Step(NamedTuple):
    """One call of the run.

    Attributes:
        name: what it does.
        command: the command.
        body: makes the body from what is known so far.
        keeps: fields of the answer that later bodies need.
        until: items of a list in the answer to wait for briefly: the list's name and their number.
    """

    name: str
    command: str
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    keeps: tuple[str, ...] = ()
    until: tuple[str, int] | None = None


class Answer(NamedTuple):
    """The result of a step.

    Attributes:
        step: the step.
        code: the ErrorCode; None without an answer.
        fields: the answer's fields, also those of a refusal.
        took_s: how long it took.
        same: fields with the same value as in an earlier answer, such as the message of a repeat.
    """

    step: Step
    code: int | None
    fields: Mapping[str, Any]
    took_s: float
    same: frozenset[str] = frozenset()


def _text(sender: str, recipient: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda known: {
        "SyncOtherMachine": 2,
        "From_Account": known[sender],
        "To_Account": known[recipient],
        "MsgSeq": known["seq"],
        "MsgRandom": known[f"random of {sender}"],
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "tim-async doctor 你好 👋"}}],
        "OfflinePushInfo": {"PushFlag": 1},
    }


def _history(known: Mapping[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {
        "Operator_Account": known["b"],
        "Peer_Account": known["a"],
        "MaxCnt": 20,
        "MinTime": now - 900,
        "MaxTime": now + 900,
    }


_NO_ACCOUNT: Final = Step("a text to an account that does not exist", "openim/sendmsg", _text("a", "none"))
STEPS: Final = (
    Step("import two accounts", "im_open_login_svc/multiaccount_import", lambda known: {"Accounts": _both(known)}),
    Step(
        "check that they are imported",
        "im_open_login_svc/account_check",
        lambda known: {"CheckItem": [{"UserID": each} for each in _both(known)]},
    ),
    Step("a text", "openim/sendmsg", _text("a", "b"), keeps=("MsgKey",)),
    Step("the same text again, as a repeat", "openim/sendmsg", _text("a", "b")),
    Step("a text back", "openim/sendmsg", _text("b", "a")),
    _NO_ACCOUNT,
    Step("the history", "openim/admin_getroammsg", _history, until=("MsgList", 1)),
    Step(
        "recall the text",
        "openim/admin_msgwithdraw",
        lambda known: {"From_Account": known["a"], "To_Account": known["b"], "MsgKey": known.get("MsgKey", "")},
    ),
    Step("the history after that", "openim/admin_getroammsg", _history),
    Step(
        "make a group",
        "group_open_http_svc/create_group",
        lambda known: {
            "Owner_Account": known["a"],
            "Type": "Private",
            "Name": "tim-async doctor",
            "MemberList": [{"Member_Account": known["b"]}],
        },
        keeps=("GroupId",),
    ),
    Step(
        "a text to the group",
        "group_open_http_svc/send_group_msg",
        lambda known: {
            "GroupId": known.get("GroupId", ""),
            "From_Account": known["a"],
            "Random": known["random of a"],
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "tim-async doctor"}}],
        },
    ),
    Step(
        "the group's profile",
        "group_open_http_svc/get_group_info",
        lambda known: {"GroupIdList": [known.get("GroupId", "")]},
    ),
    Step(
        "the group's history",
        "group_open_http_svc/group_msg_get_simple",
        lambda known: {"GroupId": known.get("GroupId", ""), "ReqMsgNumber": 20},
        until=("RspMsgList", 1),
    ),
)
"""The run, in order."""
_CLEAN_UP: Final = (
    Step(
        "disband the group",
        "group_open_http_svc/destroy_group",
        lambda known: {"GroupId": known["GroupId"]},
    ),
    Step(
        "delete the accounts",
        "im_open_login_svc/account_delete",
        lambda known: {"DeleteItem": [{"UserID": each} for each in known["made"]]},
    ),
)


def _not_deleted(fields: Mapping[str, Any]) -> list[str]:
    """Return the accounts of an answer that still exist."""
    items = [item for item in fields.get("ResultItem", ()) if isinstance(item, dict)]
    return [str(item.get("UserID")) for item in items if item.get("ResultCode") not in (0, _NO_SUCH_ACCOUNT)]


def _both(known: Mapping[str, Any]) -> list[str]:
    return [known["a"], known["b"]]


class Run:
    """The calls to one app, and what exists until it is cleaned up.

    Attributes:
        answers: the result of each step so far, including cleaning up.
        left: accounts and groups that could not be removed.
        problem: what ended the run early, None for nothing.
    """

    def __init__(self, client: TimClient) -> None:
        name = f"tim-doctor-{secrets.token_hex(4)}"
        self._client = client
        self._known: dict[str, Any] = {
            "a": f"{name}-a",
            "b": f"{name}-b",
            "none": f"{name}-none",
            "made": [f"{name}-a", f"{name}-b"],
            "seq": 1,
            "random of a": random_u32(),
            "random of b": random_u32(),
        }
        self.answers: list[Answer] = []
        self.left: list[str] = []
        self.problem: TimError | None = None

    async def run(self) -> None:
        """Make the calls, and clean up in any case, even if cancelled."""
        may_have_begun = True
        try:
            for step in STEPS:
                await self._take(step)
        except TimError as error:
            self.problem = error
            may_have_begun = bool(self.answers) or error.maybe_delivered
        finally:
            if may_have_begun:
                await self._clean_up()

    async def _take(self, step: Step) -> None:
        for look in reversed(range(_LOOKS if step.until else 1)):
            answer = await self._ask(step)
            if step.until is None or len(answer.fields.get(step.until[0], ())) >= step.until[1] or not look:
                break
            await asyncio.sleep(_LOOK_INTERVAL_S)
        if step is _NO_ACCOUNT and not answer.code:  # the app creates any account that is written to
            self._known["made"].append(self._known["none"])
        self._known |= {name: answer.fields[name] for name in step.keeps if name in answer.fields}
        self.answers.append(answer)

    async def _ask(self, step: Step) -> Answer:
        began = time.monotonic()
        try:
            fields: Mapping[str, Any] = await self._client.request(step.command, step.body(self._known))
            code: int | None = 0
        except ApiError as error:
            if error.code is None:  # a gateway
                raise
            fields, code = {"ActionStatus": "FAIL", "ErrorCode": error.code, "ErrorInfo": error.info}, error.code
        same = frozenset(name for name in fields if name in self._known and fields[name] == self._known[name])
        return Answer(step, code, fields, time.monotonic() - began, same)

    async def _clean_up(self) -> None:
        """Remove what was created; a first Ctrl-C now does not prevent that, a second one does."""
        try:
            async with asyncio.timeout(_CLEAN_UP_TIMEOUT_S):
                for step, needs, things in (
                    (_CLEAN_UP[0], "GroupId", [f"group {self._known.get('GroupId')}"]),
                    (_CLEAN_UP[1], "made", [f"account {each}" for each in self._known["made"]]),
                ):
                    if needs in self._known:
                        self.left += things
                        answer = await self._ask(step)
                        self.answers.append(answer)
                        if not answer.code:
                            self.left[-len(things) :] = [f"account {each}" for each in _not_deleted(answer.fields)]
        except (TimError, TimeoutError) as error:
            self.problem = self.problem or (error if isinstance(error, TimError) else None)
