"""Receipts: what a record of marks changes.

One number stands for everything before it, so a merge must not move it: behind the fork lie the other
server's messages, which nobody here had. A record of marks therefore says in which log they were made, and
they count as far as this log is the same one. What that cuts off is marked again by the clients, who are
told of every merge: no receipt is wrong, some are missing for a while.
"""

from server.archive.record import Draft, Header, end_of_epoch
from server.protocol.errors import Refusal
from server.state.bodies import MarksBody
from server.state.state import State
from server.state.told import Marked


def judge_marks(state: State, header: Header | Draft, body: MarksBody) -> Refusal | None:  # noqa: ARG001 - the table's shape
    """Never refused: marks that do not count any more change nothing."""
    return None


def fold_marks(state: State, header: Header, body: MarksBody) -> Marked:  # noqa: ARG001 - the table's shape
    """Raise the marks as far as this log is the one in which they were made."""
    end = shared_end(state, body)
    raised = []
    for person in body.people:
        user = state.users.get(person.user)
        if user is None:
            # A merge has not brought the person yet.
            continue
        is_higher = state.marks.deliver(user.id, person.since, min(person.delivered, end))
        for room, index in person.read:
            if room in user.rooms:
                is_higher |= state.marks.read(room, user.id, min(index, end))
        if is_higher:
            raised.append(user.id)
    return Marked(tuple(raised))


def shared_end(state: State, body: MarksBody) -> int:
    """Up to which index this log is the one that the marks are about.

    An epoch has one writer: two logs that share one agree up to where the shorter one leaves it.
    """
    for epoch, index in reversed(body.trail):
        end = end_of_epoch(state.spans, str(epoch), state.index)
        if end is not None:
            return min(index, end)
    return 0
