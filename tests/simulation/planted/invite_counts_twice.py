"""An invite with which two came in, on the two sides of a cut, counts three people after the merge."""

from typing import Final

import msgspec

from server.state.invites import use_invite
from server.state.state import State

TARGET: Final = "server.state.users.use_invite"
_real: Final = use_invite


def replacement(state: State, code: bytes, user: str) -> None:
    _real(state, code, user)
    invite = state.invites.get(code)
    if invite is not None and len(invite.used_by) > 1:
        state.invites[code] = msgspec.structs.replace(invite, used_by=(*invite.used_by, user))
