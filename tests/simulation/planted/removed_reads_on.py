"""Who was put out of a room reads it again behind the next failover: only the room forgets the member."""

from typing import Final

import msgspec

from server.state.state import State

TARGET: Final = "server.state.state.State.remove_member"
_real: Final = State.remove_member


def replacement(self: State, room_id: str, user_id: str) -> None:
    _real(self, room_id, user_id)
    user = self.users[user_id]
    self.put_user(msgspec.structs.replace(user, rooms=(*user.rooms, room_id)))
