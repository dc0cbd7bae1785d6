"""Typists: who types at the moment, and who of the people in a room came and went; told, never archived."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from server.sessions.facts import PeerTyping
from server.sessions.receipts import is_small
from server.state.permissions import Act, refusal_of

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.reader import Reader
    from server.sessions.session import Session

# A failover takes a person from one server to the other within this: nobody is told of that.
_SETTLED_S: Final = 1.0
# So many people, and after what pause the next ones (s).
_TOLD_AT_ONCE: Final = 50
_NEXT_S: Final = 0.02


class Typists:
    """Those of one hub, and what changes of who is online. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        self._told_at_s: dict[Session, float] = {}
        self._told_online: frozenset[str] = frozenset()
        self._is_due = False

    def forget(self, session: "Session") -> None:
        """A client is gone."""
        self._told_at_s.pop(session, None)

    def typed(self, session: "Session", room: str) -> None:
        """A client of this server: told here and at the other one, at most now and then."""
        assert session.user is not None
        now = self._hub.now()
        if now - self._told_at_s.get(session, float("-inf")) < limits.TYPING_EVERY_S:
            return
        self._told_at_s[session] = now
        self.hear(PeerTyping(room, session.user.id))
        self._hub.tell_peer(PeerTyping(room, session.user.id))

    def hear(self, typing: PeerTyping) -> None:
        """Somebody types, here or at the other server: the others in the room are told."""
        state = self._hub.state
        user = state.users.get(typing.user)
        if user is None or refusal_of(state, Act.WRITE, typing.room, typing.user) is not None:
            return
        if not is_small(state, typing.room):
            return
        event = events.TypingNow(room=typing.room, user=user.id, name=user.name)
        readers = self._hub.delivery.readers_of(typing.room)
        _tell((reader for reader in readers if reader.user != user.id), encode_frame(event))

    def online_changed(self) -> None:
        """Somebody came or went, perhaps only to the other server: looked at in a moment."""
        if not self._is_due:
            self._is_due = True
            self._hub.call_later(_SETTLED_S, self._tell_online)

    def _tell_online(self) -> None:
        """Who is online now and was not, or was and is not: told to those who share a room with them."""
        hub, online = self._hub, self._hub.presence.online
        # A crowd that comes at once is told in pieces: messages go on in between.
        changed = sorted(online ^ self._told_online)
        told = frozenset(changed[:_TOLD_AT_ONCE])
        self._told_online = self._told_online ^ told
        self._is_due = len(changed) > len(told)
        if self._is_due:
            hub.call_later(_NEXT_S, self._tell_online)
        frames: dict[Reader, list[bytes]] = {}
        for user_id in sorted(told):
            user = hub.state.users.get(user_id)
            if user is None:
                continue
            rooms = [room for room in user.rooms if is_small(hub.state, room)]
            frame = encode_frame(events.PersonPresence(user=user_id, is_online=user_id in online))
            for reader in {reader for room in rooms for reader in hub.delivery.readers_of(room)}:
                if reader.user != user_id:
                    frames.setdefault(reader, []).append(frame)
        for reader, some in frames.items():
            _tell([reader], b"".join(some))


def tell_typing(hub: "Hub", session: "Session", request: requests.Typing) -> None:
    """The person types."""
    assert session.user is not None
    refusal = refusal_of(hub.state, Act.WRITE, request.room, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
    else:
        hub.typists.typed(session, request.room)
        session.tell(events.Noted(answer=request.id))


def _tell(readers: Iterable["Reader"], frame: bytes) -> None:
    for reader in readers:
        # Who takes nothing now need not hear later of what is over by then.
        if not reader.outlet.is_paused:
            reader.outlet.write(frame)
