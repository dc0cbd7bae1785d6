"""Leaving the chat for good: what goes with a person, and what stays.

What was written stays, and so does the name, which nobody is given again: it says who wrote. Rights, devices,
friendships, open invites and the password go. Private chats stay, for the other one to read.
"""

from msgspec import structs

from server.archive.record import Draft, Header
from server.protocol.errors import Refusal
from server.state.bodies import UnregisterBody
from server.state.friendships import forget_friends
from server.state.invites import take_back_all
from server.state.state import GENERAL, OPERATOR, RoomKind, State
from server.state.told import Told
from server.state.users import may_decide, proof_of, sign_out_all


def judge_unregister(state: State, header: Header | Draft, body: UnregisterBody) -> Refusal | None:
    """Whoever knows the password; the last administrator stays, also in a merge: one there must be.

    A merge lets nobody go by a device that was revoked meanwhile.
    """
    device = state.devices.get(header.device)
    if device is None:
        return Refusal("not_signed_in")
    user = state.users[device.user]
    if user.has_left:
        # On both sides of a cut: the wish is fulfilled.
        return None
    if device.is_revoked:
        return Refusal("device_revoked")
    if user.id == OPERATOR:
        return Refusal("forbidden")
    if header.origin is None and body.proof != proof_of(user.password):
        return Refusal("wrong_password")
    if header.origin is None and not may_decide(state, device):
        return Refusal("forbidden")
    return Refusal("last_chat_administrator") if state.administrators() == [user] else None


def fold_unregister(state: State, header: Header, body: UnregisterBody) -> Told | None:  # noqa: ARG001 - the table's shape
    """Everybody is told. Who read what is kept, for those who ask how far their messages came."""
    user = state.users[state.devices[header.device].user]
    if user.has_left:
        return None
    rooms = [room for room in user.rooms if state.rooms[room].kind is not RoomKind.PRIVATE]
    for room in rooms:
        state.remove_member(room, user.id)
    forget_friends(state, user.id)
    take_back_all(state, user.id)
    sign_out_all(state, user.id)
    state.put_user(
        structs.replace(
            state.users[user.id], password="", is_admin=False, reset=b"", reset_until_ms=0, has_left=True
        )
    )
    left = tuple((room, user.id) for room in rooms)
    return Told(audience=GENERAL, left=left, signs_out=True)
