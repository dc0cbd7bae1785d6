"""A message that a merge moves is judged anew, by the winner's rules: it may be refused."""

from typing import Final

from server.archive.record import Draft, Header
from server.protocol.errors import Refusal
from server.state.bodies import MessageBody
from server.state.fold import KINDS, Kind
from server.state.messages import fold_message, judge_message
from server.state.state import State

TARGET: Final = "server.state.fold.KINDS"


def _judge(state: State, header: Header | Draft, body: MessageBody) -> Refusal | None:
    if header.origin is not None:
        return Refusal("not_a_member", {"room": body.room})
    return judge_message(state, header, body)


replacement: Final = {**KINDS, "message": Kind(MessageBody, _judge, fold_message)}
