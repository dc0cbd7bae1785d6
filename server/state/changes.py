"""Changes of messages: who may edit, delete and react to what, and what is deleted for good.

A message is named by (device, counter), which no merge changes. The server that takes a request has seen
that the message is there, and writes its room into the record; who wrote it the state knows.
"""

from server.archive.blocks import Change
from server.archive.erasing import ERASABLE, ErasedBody, target_of
from server.archive.record import Draft, Header, Record
from server.protocol.emoji import is_emoji
from server.protocol.errors import Refusal
from server.state.bodies import DeleteBody, EditBody, ReactBody
from server.state.messages import judge_text
from server.state.permissions import Act, refusal_of
from server.state.state import State
from server.state.told import Told


def judge_edit(state: State, header: Header | Draft, body: EditBody | ErasedBody) -> Refusal | None:
    """Whoever wrote it, as long as it is there. What was accepted before a merge stays accepted."""
    refusal = _judge_change(state, header, body)
    if refusal is not None:
        return refusal
    if state.devices[header.device].user != state.devices[body.device].user:
        return Refusal("forbidden")
    if header.origin is not None or isinstance(body, ErasedBody):
        return None
    return judge_text(body.text)


def judge_delete(state: State, header: Header | Draft, body: DeleteBody) -> Refusal | None:
    """Whoever wrote it, and who administers the room. Deleted on both sides of a cut: it is fulfilled."""
    refusal = _judge_change(state, header, body, Act.READ)
    if refusal is not None:
        return refusal
    user = state.devices[header.device].user
    if header.origin is not None or user == state.devices[body.device].user:
        # A deletion that was accepted has erased what it deleted: rights that changed since undo nothing.
        return None
    return Refusal("forbidden") if refusal_of(state, Act.MODERATE, body.room, user) else None


def judge_react(state: State, header: Header | Draft, body: ReactBody) -> Refusal | None:
    """Any member of the room."""
    refusal = _judge_change(state, header, body)
    if refusal is not None or header.origin is not None:
        return refusal
    return None if is_emoji(body.emoji) else Refusal("bad_emoji")


def fold_edit(state: State, header: Header, body: EditBody | ErasedBody) -> Told:  # noqa: ARG001 - the table's shape
    """The state holds no texts."""
    return Told(audience=body.room, change=Change("edit", body.device, body.counter))


def fold_delete(state: State, header: Header, body: DeleteBody) -> Told:  # noqa: ARG001 - the table's shape
    """It is deleted for good, and carries no file any more."""
    if not state.is_deleted(body.device, body.counter):
        state.put_deleted(body.device, body.counter)
        if body.sha256:
            state.files.drop(body.sha256, body.room, state.devices[body.device].user)
    return Told(audience=body.room, change=Change("delete", body.device, body.counter))


def fold_react(state: State, header: Header, body: ReactBody) -> Told:  # noqa: ARG001 - the table's shape
    """The state holds no reactions."""
    return Told(audience=body.room, change=Change("react", body.device, body.counter))


def is_to_erase(state: State, record: Record) -> bool:
    """Whether a record holds words of a message that was deleted before it: by a merge, or after a race.

    Or of one that may be deleted later: nobody sees what a void edit says, and no table would find it then.
    """
    kind = record.header.kind
    if kind == "edit" and record.id in state.voids:
        return True
    if kind not in ERASABLE or not state.deleted:
        return False
    target = record.id if kind == "message" else target_of(kind, record.body)
    return target is not None and state.is_deleted(*target)


def _judge_change(
    state: State,
    header: Header | Draft,
    body: EditBody | DeleteBody | ReactBody | ErasedBody,
    act: Act = Act.WRITE,
) -> Refusal | None:
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if body.room not in state.rooms:
        return Refusal("unknown_room", {"room": body.room[:64]})
    if body.device not in state.devices:
        return Refusal("unknown_message")
    if header.origin is not None:
        return None
    refusal = refusal_of(state, act, body.room, user.id)
    if refusal is None and state.is_deleted(body.device, body.counter):
        return Refusal("deleted_message")
    return refusal
