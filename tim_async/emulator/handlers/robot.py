"""Chatbots and their streamed answers. Source: I55280 to I55282, I71131.

A chatbot is an account like any other: it can send and receive messages. A streamed answer is in the history of both
sides as one TIMStreamElem, with all chunks so far.

Where the documents are silent: every refusal is 10004: for an existing chatbot, the 21st one, a sender that is not a
chatbot, and a chunk for a message that is unknown, has ended or belongs to another conversation.
"""

from __future__ import annotations

from ...families.robot import Robot
from ...models.c2c import RoamMsg
from ...models.common import Empty
from ...models.elements import StreamChunk, StreamElem
from ...models.robot import MAX_ROBOTS, CreateRobot, DeleteRobot, Robots, SendRobotStreamMsg, StreamedMsg
from ..dispatch import Call, handles
from ..state.codes import GroupCode
from ..state.refusal import Refusal
from ..state.robot import Chatbots, Stream


@handles(Robot.get_all)
def get_all(call: Call) -> Robots:
    """Return the chatbots."""
    return Robots(robot_account=list(call.state.part(Chatbots).accounts))


@handles(Robot.create)
def create(call: Call) -> Empty:
    """Create a chatbot, and its account with it."""
    request = call.read(CreateRobot, code=GroupCode.PARAMS_INVALID)
    robots = call.state.part(Chatbots)
    if request.user_id in robots.accounts:
        raise Refusal(GroupCode.PARAMS_INVALID, f"chatbot {request.user_id!r} already exists")
    if len(robots.accounts) >= MAX_ROBOTS:
        raise Refusal(GroupCode.PARAMS_INVALID, f"the app already has {MAX_ROBOTS} chatbots")
    robots.accounts[request.user_id] = None
    call.state.import_account(request.user_id, call.now, nick=request.nick, face_url=request.face_url)
    return Empty()


@handles(Robot.delete)
def delete(call: Call) -> Empty:
    """Delete a chatbot and its account."""
    request = call.read(DeleteRobot, code=GroupCode.PARAMS_INVALID)
    _check_robot(call, request.robot_account)
    call.state.delete_account(request.robot_account)
    return Empty()


@handles(Robot.send_stream_msg)
def send_stream_msg(call: Call) -> StreamedMsg:
    """Start a message with its first chunk, or add a chunk to it."""
    request = call.read(SendRobotStreamMsg, code=GroupCode.PARAMS_INVALID)
    robots = call.state.part(Chatbots)
    _check_robot(call, request.from_account)
    if not request.msg_key:
        key = _begin(call, request)
    else:
        key = request.msg_key
        known = robots.streams.get(key)
        if known is None or known.is_finished:
            raise Refusal(GroupCode.PARAMS_INVALID, "the message does not exist, or has ended")
        if (known.message.from_account, known.message.to_account) != (request.from_account, request.to_account):
            raise Refusal(GroupCode.PARAMS_INVALID, "the message belongs to another conversation")
    _add(robots.streams[key], request)
    return StreamedMsg(msg_key=key)


def _check_robot(call: Call, account: str) -> None:
    if account not in call.state.part(Chatbots).accounts:
        raise Refusal(GroupCode.PARAMS_INVALID, f"{account!r} is not a chatbot")


def _begin(call: Call, request: SendRobotStreamMsg) -> str:
    if not call.state.knows(request.to_account, call.now):
        raise Refusal(GroupCode.PARAMS_INVALID, f"To_Account {request.to_account!r} is not imported")
    robots = call.state.part(Chatbots)
    number, second = next(robots.numbers), int(call.now)
    key = call.state.free_key(f"{number}_0_{second}", request.from_account, [request.to_account])
    message = RoamMsg(
        from_account=request.from_account,
        to_account=request.to_account,
        msg_seq=number,
        msg_time_stamp=second,
        msg_key=key,
    )
    call.state.store(message, hidden_from=set(), now=call.now, is_unread=True)
    robots.streams[key] = Stream(message=message, chunks=[])
    return key


def _add(stream: Stream, request: SendRobotStreamMsg) -> None:
    stream.is_finished = request.finish == 1
    chunk = StreamChunk(index=len(stream.chunks) + 1, markdown=request.chunk, is_last=stream.is_finished)
    stream.chunks.append(chunk)
    stream.message.msg_body = [StreamElem(chunks=list(stream.chunks))]
