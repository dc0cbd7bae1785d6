"""Messages: who may write where, and how long."""

from server.archive.erasing import ErasedBody
from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import MessageBody
from server.state.files import judge_file, judge_quota
from server.state.friendships import open_chat, partner_in
from server.state.permissions import Act, refusal_of
from server.state.state import State
from server.state.told import Told


def judge_message(state: State, header: Header | Draft, body: MessageBody | ErasedBody) -> Refusal | None:
    """A member of the room may write what is not empty and not too long.

    What was accepted before a merge stays accepted (P6): it was allowed when it was written. What is erased
    by now gets the verdict that it had: a server that folds it for the first time must count it alike.
    """
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if header.origin is not None and (body.room in state.rooms or partner_in(state, user.id, body.room)):
        return None
    refusal = refusal_of(state, Act.WRITE, body.room, user.id)
    if refusal is not None:
        return refusal
    if isinstance(body, ErasedBody):
        # As it was judged with its words: of all that is looked at, only this depends on more than them.
        return judge_quota(state.files, user.id, body.sha256, body.size) if body.sha256 else None
    if body.file is not None:
        refusal = judge_file(state.files, user.id, body.file)
        return refusal or judge_text(body.text, may_be_empty=True)
    return judge_text(body.text)


def judge_text(text: str, *, may_be_empty: bool = False) -> Refusal | None:
    """What a message may say."""
    if not text.strip() and not may_be_empty:
        return Refusal("empty_message")
    if len(text) > limits.MESSAGE_CHARACTERS_MAX:
        return Refusal("message_too_long", {"limit": limits.MESSAGE_CHARACTERS_MAX})
    return None


def fold_message(state: State, header: Header, body: MessageBody | ErasedBody) -> Told:
    """The running number of messages grows by one; what a merge brings may open its private chat."""
    state.number += 1
    person = state.devices[header.device].user
    joined = tuple[tuple[str, str], ...]()
    if body.room not in state.rooms:
        # A private chat of the other side of a cut, whose friendship did not begin on this one.
        other = partner_in(state, person, body.room)
        joined = open_chat(state, person, other) if other is not None else ()
    state.marks.wrote(body.room, header.index)
    sha256, size = _file_of(body)
    if sha256 and not state.is_deleted(header.device, header.counter):
        state.files.add(sha256, body.room, person, size)
    return Told(audience=body.room, number=state.number, joined=joined)


def _file_of(body: MessageBody | ErasedBody) -> tuple[str, int]:
    if isinstance(body, ErasedBody):
        return body.sha256, body.size
    return ("", 0) if body.file is None else (body.file.sha256, body.file.size)
