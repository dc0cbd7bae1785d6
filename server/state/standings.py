"""How people stand in the chat, and who may do what about all of it: one table, evaluated by the fold (pure).

For what happens in a room see `permissions`. A test is generated from the table: every cell is tried, and a
new one without an expectation fails.
"""

import enum
from typing import Final

from server.protocol.errors import Refusal
from server.state.state import OPERATOR, State, User


class Standing(enum.StrEnum):
    """What a person is in the chat; of several words the strongest counts. The operator is nobody in it."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"
    DISABLED = "disabled"
    BANNED = "banned"
    LEFT = "left"
    OPERATOR = "operator"


class ChatAct(enum.StrEnum):
    """What can be done about the chat. One's own invites are one's own: these acts are about those of others.

    To see is to be told of everybody's account and invites, and of what administrators did.
    """

    SEE = "see"
    INVITE = "invite"
    TAKE_BACK = "take_back"
    STAND = "stand"
    RESET = "reset"
    SET = "set"


_ADMINISTRATORS: Final = frozenset({Standing.ADMINISTRATOR, Standing.OPERATOR})
_ALL_WHO_ARE_IN: Final = _ADMINISTRATORS | {Standing.MEMBER}

# By whether the settings let members invite.
TABLE: Final[dict[ChatAct, dict[bool, frozenset[Standing]]]] = {
    **{act: dict.fromkeys((False, True), _ADMINISTRATORS) for act in ChatAct},
    ChatAct.INVITE: {False: _ADMINISTRATORS, True: _ALL_WHO_ARE_IN},
}


def standing_of(user: User) -> Standing:
    """How somebody stands."""
    # No table: it is asked of every message in a room that one does not administer.
    if user.id == OPERATOR:
        return Standing.OPERATOR
    if user.has_left:
        return Standing.LEFT
    if user.is_disabled:
        return Standing.BANNED if user.is_banned else Standing.DISABLED
    return Standing.ADMINISTRATOR if user.is_admin else Standing.MEMBER


def may(state: State, act: ChatAct, user_id: str) -> bool:
    """Whether somebody may do this; not one whom a merge is just bringing back."""
    user = state.users.get(user_id)
    return user is not None and standing_of(user) in TABLE[act][state.settings.members_invite]


def refusal_of_act(state: State, act: ChatAct, device: str) -> Refusal | None:
    """Why whoever is behind a device may not do this; None: it is allowed."""
    user = state.user_of_device(device)
    if user is None:
        return Refusal("not_signed_in")
    if not may(state, act, user.id):
        return Refusal("forbidden")
    # A merge brings it, and the device was signed out on the other side of the cut: a thief's, perhaps.
    return Refusal("device_revoked") if state.devices[device].is_revoked else None
